// A live log with its tools: search, filters, pause, follow, incidents, download.
import { effect, untracked, useComputed, useSignal, type Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { compile, type Matcher } from "../text/find.ts";
import { count, moment, plural } from "../text/formats.ts";
import { eventInWords, isIncident } from "../text/words.ts";
import { told } from "../api/http.ts";
import { journal } from "../state/journal.ts";
import { onLines, skipped, watchLogs } from "../state/log_feed.ts";
import { download, loadOlder, loadSince } from "../state/log_history.ts";
import { LogView, type Filter } from "../state/log_view.ts";
import { notify } from "../state/notices.ts";
import { timestamps, tint, wrap } from "../state/settings.ts";
import { Glyph } from "./glyph.tsx";
import { useKeys } from "./keys.ts";
import { LogRows } from "./log_rows.tsx";

export interface Sought {
  text: string;
  regex: boolean;
  only: boolean;
  without: string;
  level: Filter["level"];
}

export const nothingSought: Sought = { text: "", regex: false, only: false, without: "", level: "all" };

interface Props {
  names: readonly string[];
  /** A moment to begin at: an incident. */
  at?: string;
  /** Where the search is kept; its own where it is not given. */
  sought?: Signal<Sought>;
  tall?: boolean;
}

export function LogPanel({ names, at = "", sought, tall = false }: Props) {
  const own = useSignal(nothingSought);
  const is = sought ?? own;
  const view = useMemo(() => new LogView(), []);
  const follow = useSignal(true);
  const current = useSignal(-1);
  const box = useRef<HTMLDivElement>(null);
  const key = names.join("\n");
  const search = useComputed(() => compile({ text: is.value.text, regex: is.value.regex }));
  useEffect(() => {
    view.select(names);
    const unwatch = watchLogs(names);
    const off = onLines((lines) => view.append(lines));
    return () => {
      off();
      unwatch();
    };
  }, [key]);
  // At once, not with the next frame: an Enter right after the last letter goes to a match of all letters.
  useEffect(() => effect(() => {
    const { regex, only, without, level } = is.value;
    const filter = { search: matcher(search.value), only, without: matcher(compile({ text: without, regex })), level };
    untracked(() => {
      current.value = -1;
      view.setFilter(filter);
    });
  }), [is, search, view]);
  const jump = async (to: string): Promise<void> => {
    const time = Date.parse(to);
    follow.value = false;
    try {
      for (const name of names) await loadSince(name, time - 5000);
    } catch (fault) {
      notify(`Older lines did not come: ${told(fault)}`, true);
    }
    view.rebuild();
    current.value = view.rowAt(time);
  };
  useEffect(() => {
    if (at) void jump(at);
  }, [at, key]);
  const colours = useMemo(() => new Map(names.map((name, i) => [name, i])), [key]);
  return (
    <div class={`log-panel${tall ? " tall" : ""}`}>
      <LogTools view={view} is={is} fault={typeof search.value === "string" ? search.value : ""} names={names} follow={follow} current={current} jump={jump} />
      <LogRows view={view} search={matcher(search.value)} follow={follow.value} onFollow={(on) => (follow.value = on)} current={current.value}
        colours={colours} times={timestamps.value} tinted={tint.value} wrapped={wrap.value} box={box} />
      <Status view={view} names={names} follow={follow} />
    </div>
  );
}

function matcher(found: Matcher | string | null): Matcher | null {
  return typeof found === "string" ? null : found;
}

interface ToolsProps {
  view: LogView;
  is: Signal<Sought>;
  fault: string;
  names: readonly string[];
  follow: Signal<boolean>;
  current: Signal<number>;
  jump: (at: string) => Promise<void>;
}

function LogTools({ view, is, fault, names, follow, current, jump }: ToolsProps) {
  const input = useRef<HTMLInputElement>(null);
  const set = (change: Partial<Sought>): void => void (is.value = { ...is.peek(), ...change });
  const step = (by: 1 | -1) => (): void => {
    const from = current.peek() >= 0 ? current.peek() : by > 0 ? -1 : view.rows.length;
    const found = view.find(from, by);
    if (found >= 0) {
      follow.value = false;
      current.value = found;
    }
  };
  const pause = (): void => view.pause(!view.paused.peek());
  useKeys({
    "/": () => input.current?.focus(), n: step(1), N: step(-1), p: pause, " ": pause,
    f: () => (follow.value = !follow.peek()), w: () => (wrap.value = !wrap.peek()), d: () => (timestamps.value = !timestamps.peek()),
  });
  const { text, regex, only, without, level } = is.value;
  view.version.value;
  return (
    <div class="log-tools" role="toolbar" aria-label="Log">
      <label class={`search${fault ? " wrong" : ""}`}><Glyph name="search" /><span class="hidden">Search the log</span>
        <input ref={input} type="search" placeholder="Search  /" value={text} aria-invalid={fault !== ""} title={fault || "n and N go to the next and the previous"}
          onInput={(event) => set({ text: event.currentTarget.value })}
          onKeyDown={(event) => event.key === "Enter" && step(event.shiftKey ? -1 : 1)()} />
        {text !== "" && <output class="hits">{fault ? "not a pattern" : plural(view.matches, "line")}</output>}
      </label>
      <Toggle on={regex} text=".*" title="A regular expression" set={(on) => set({ regex: on })} />
      <Toggle on={only} text="Only matches" title="Show what matches, and nothing else" set={(on) => set({ only: on })} />
      <label class="search without"><span class="hidden">Hide lines with</span>
        <input type="search" placeholder="Hide lines with" value={without} onInput={(event) => set({ without: event.currentTarget.value })} />
      </label>
      <label class="pick"><span>Level</span>
        <select value={level} onChange={(event) => set({ level: event.currentTarget.value as Filter["level"] })}>
          <option value="all">all</option><option value="warning">warnings</option><option value="error">errors</option>
        </select>
      </label>
      <Incidents names={names} jump={jump} />
      <span class="spring" />
      <Toggle on={view.paused.value} text="Pause" title="Hold still; lines go on being kept (p)" set={(on) => view.pause(on)} />
      <Toggle on={follow.value} text="Follow" title="Go along with the end (f)" set={(on) => (follow.value = on)} />
    </div>
  );
}

function Toggle({ on, text, title, set }: { on: boolean; text: string; title: string; set: (on: boolean) => void }) {
  return <button class="chip" aria-pressed={on} title={title} onClick={() => set(!on)}>{text}</button>;
}

const mostIncidents = 50;

function Incidents({ names, jump }: { names: readonly string[]; jump: (at: string) => Promise<void> }) {
  const ours = new Set(names);
  const found = journal().filter((each) => ours.has(each.instance) && isIncident(each)).slice(-mostIncidents).reverse();
  return (
    <label class="pick"><span>Incident</span>
      <select value="" disabled={found.length === 0} onChange={(event) => {
        const at = event.currentTarget.value;
        event.currentTarget.value = "";
        if (at) void jump(at);
      }}>
        <option value="">{found.length === 0 ? "none" : `jump to… (${found.length})`}</option>
        {found.map((each) => <option key={each.sequence} value={each.at}>{`${moment(each.at)}  ${each.instance}: ${eventInWords(each)}`}</option>)}
      </select>
    </label>
  );
}

function More({ view, names, follow }: { view: LogView; names: readonly string[]; follow: Signal<boolean> }) {
  const attempt = async (what: () => Promise<unknown>, failed: string): Promise<void> => {
    try {
      await what();
    } catch (fault) {
      notify(`${failed}: ${told(fault)}`, true);
    }
  };
  const older = async (): Promise<void> => {
    follow.value = false;
    const counts = await Promise.all(names.map(loadOlder));
    const sum = counts.reduce((a, b) => a + b, 0);
    view.rebuild();
    notify(sum > 0 ? `${plural(sum, "older line")} loaded` : "There are no older lines");
  };
  return (
    <>
      <button class="chip" title="Load lines from before" onClick={() => void attempt(older, "Older lines did not come")}>Older</button>
      <button class="chip" aria-pressed={view.cleared} title="Show only what comes from now on" onClick={() => (view.cleared ? view.unclear() : view.clear())}>From here</button>
      <button class="chip" title="Save the whole log as a file" onClick={() => void attempt(() => download(names), "The log was not saved")}><Glyph name="download" />Download</button>
    </>
  );
}

function Status({ view, names, follow }: { view: LogView; names: readonly string[]; follow: Signal<boolean> }) {
  view.version.value;
  const { waiting, paused } = view;
  return (
    <footer class="log-status">
      <span>{plural(view.rows.length, "row")}{view.trimmed > 0 ? `, ${count(view.trimmed)} older not kept here` : ""}{skipped.value > 0 ? `, ${count(skipped.value)} skipped` : ""}</span>
      {paused.value && <button class="chip hot" onClick={() => view.pause(false)}><Glyph name="pause" />paused, {plural(waiting.value, "new line")}</button>}
      {!follow.value && !paused.value && <button class="chip hot" onClick={() => (follow.value = true)}><Glyph name="down" />to the end</button>}
      <span class="spring" />
      <Toggle on={timestamps.value} text="Times" title="When each line was read (d)" set={(on) => (timestamps.value = on)} />
      <Toggle on={wrap.value} text="Wrap" title="Break long lines (w)" set={(on) => (wrap.value = on)} />
      <Toggle on={tint.value} text="Tint" title="Colour lines by how serious they say they are" set={(on) => (tint.value = on)} />
      <More view={view} names={names} follow={follow} />
    </footer>
  );
}
