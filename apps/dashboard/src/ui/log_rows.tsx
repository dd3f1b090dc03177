// The lines of a log view: rows of one height, of which those in sight are in the document.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";
import type { Line } from "../state/log_rings.ts";
import { levelOfLine, plainOf } from "../state/log_rings.ts";
import type { LogView, Row } from "../state/log_view.ts";
import { parseAnsi } from "../text/ansi.ts";
import type { Matcher } from "../text/find.ts";
import { clockTime, plural } from "../text/formats.ts";
import { cut, Spans } from "./spans.tsx";

export const rowHeight = 20;
const overscan = 10;
const longest = 4000;
/** A scroll so soon after a wheel, a key or a finger is theirs. */
const handMs = 700;

export interface RowsProps {
  view: LogView;
  search: Matcher | null;
  /** Scrolls along with the end. */
  follow: boolean;
  onFollow: (is: boolean) => void;
  /** The row that is looked at: a match or an incident. */
  current: number;
  /** By instance, where there are several. */
  colours: ReadonlyMap<string, number>;
  times: boolean;
  tinted: boolean;
  wrapped: boolean;
  box: RefObject<HTMLDivElement | null>;
}

export function LogRows(props: RowsProps) {
  const { view, follow, onFollow, box, current, times, wrapped, colours } = props;
  const [sight, setSight] = useState({ top: 0, height: 400 });
  const seen = useRef({ trimmed: 0 });
  const byHand = useRef(-handMs);
  const version = view.version.value;
  const total = view.rows.length;
  useColumns(props);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const moved = view.trimmed - seen.current.trimmed;
    seen.current.trimmed = view.trimmed;
    if (follow) element.scrollTop = element.scrollHeight;
    else if (moved > 0) element.scrollTop -= moved * rowHeight;
    if (element.clientHeight !== sight.height || element.scrollTop !== sight.top) {
      setSight({ top: element.scrollTop, height: element.clientHeight });
    }
  }, [version, follow, times, wrapped]);
  useLayoutEffect(() => {
    const element = box.current;
    if (element && current >= 0) element.scrollTop = Math.max(0, current * rowHeight - element.clientHeight / 3);
  }, [current]);
  const scrolled = (): void => {
    const element = box.current;
    if (!element) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < rowHeight;
    // The end moves by itself too, when old rows go: only a hand leaves it.
    const hand = performance.now() - byHand.current < handMs;
    if (follow && hand && !atEnd && element.scrollTop < sight.top - 2) onFollow(false);
    if (!follow && atEnd && element.scrollTop > sight.top) onFollow(true);
    setSight({ top: element.scrollTop, height: element.clientHeight });
  };
  const touched = (): void => void (byHand.current = performance.now());
  const top = follow ? Math.max(0, total * rowHeight - sight.height) : sight.top;
  const first = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const last = Math.min(total, Math.ceil((top + sight.height) / rowHeight) + overscan);
  const rows = view.rows.slice(first, last);
  return (
    <div ref={box} class={`log-rows${colours.size > 1 ? " merged" : ""}`} tabIndex={0} role="region" aria-label="Log lines" onScroll={scrolled}
      onWheel={touched} onTouchMove={touched} onKeyDown={touched} onPointerDown={touched} onPointerMove={(event) => event.buttons > 0 && touched()}>
      <div class="log-space" style={{ height: `${total * rowHeight}px` }}>
        <div class="log-window" style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {rows.map((row, i) => <LogRow key={i} row={row} now={first + i === current} props={props} />)}
        </div>
      </div>
    </div>
  );
}

/** Tells the view how many columns a row has, where it wraps. */
function useColumns({ view, wrapped, times, colours, box }: RowsProps): void {
  const gutter = (times ? 13 : 0) + (colours.size > 1 ? 17 : 0) + 3;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = (): void => {
      view.setColumns(wrapped ? Math.floor((element.clientWidth - 16) / letterWidth(element)) - gutter : 0);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [view, wrapped, gutter]);
}

function letterWidth(beside: HTMLElement): number {
  const probe = document.createElement("span");
  probe.className = "letter-probe";
  probe.textContent = "0".repeat(100);
  beside.append(probe);
  const width = probe.getBoundingClientRect().width / 100;
  probe.remove();
  return width || 8;
}

function LogRow({ row, now, props }: { row: Row; now: boolean; props: RowsProps }) {
  const { line, from } = row;
  const { times, tinted, colours, search } = props;
  if (line.gap) return <div class="log-row gap"><span class="log-text">⋯ {line.text}</span></div>;
  const level = tinted ? levelOfLine(line) : null;
  const kind = `log-row${level ? ` ${level}` : ""}${now ? " current" : ""}${from > 0 ? " onward" : ""}`;
  return (
    <div class={kind}>
      {times && <span class="log-time">{from === 0 && line.at !== null ? clockTime(new Date(line.at)) : ""}</span>}
      {colours.size > 1 && <span class={`log-name n${(colours.get(line.name) ?? 0) % 8}`} title={line.name}>{from === 0 ? line.name : ""}</span>}
      <span class="log-text"><Text line={line} row={row} search={search} /></span>
    </div>
  );
}

function Text({ line, row, search }: { line: Line; row: Row; search: Matcher | null }) {
  const whole = plainOf(line);
  const end = row.to < 0 ? whole.length : row.to;
  const to = Math.min(end, row.from + longest);
  const spans = parseAnsi(line.text.length > 4 * longest && row.to < 0 ? line.text.slice(0, 4 * longest) : line.text);
  const hits = search ? search.ranges(whole) : [];
  return (
    <>
      <Spans of={cut(spans, row.from, to, hits)} />
      {to < end && <span class="log-more"> … {plural(end - to, "more character")} (wrap shows them)</span>}
      {line.partial && row.to < 0 && <span class="log-more" title="No newline followed: the next line goes on from here"> ⏎̸</span>}
    </>
  );
}
