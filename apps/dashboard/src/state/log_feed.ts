// Log lines off the stream: taken in as they come, handed on at most once for each frame that is drawn.
import { signal } from "@preact/signals";
import type { LogLine } from "../api/shapes.ts";
import { say } from "../api/stream.ts";
import { count, plural } from "../text/formats.ts";
import { gapOf, lineOf, ringOf, trimAll, type Line } from "./log_rings.ts";

const history = 1000;
const hiddenPause = 250;

export type Listener = (fresh: Line[]) => void;

const listeners = new Set<Listener>();
const wanted = new Map<string, number>();
let fresh: Line[] = [];
let scheduled = false;
/** Whether the daemon can go on behind an offset; one that cannot tells the last lines again. */
let canResume = true;
/** The instance whose line came last: where lines were skipped, if nobody says of which. */
let latest = "";
/** Lines that the daemon skipped because this page was too slow, since it was opened. */
export const skipped = signal(0);

/** Hears the new lines of all instances, once a frame. */
export function onLines(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follows the logs of these instances until the returned function is called. */
export function watchLogs(names: readonly string[]): () => void {
  const added = names.filter((name) => !wanted.has(name));
  for (const name of names) wanted.set(name, (wanted.get(name) ?? 0) + 1);
  subscribe(added);
  return () => {
    const gone: string[] = [];
    for (const name of names) {
      const left = (wanted.get(name) ?? 1) - 1;
      if (left > 0) {
        wanted.set(name, left);
      } else {
        wanted.delete(name);
        gone.push(name);
      }
    }
    if (gone.length > 0) say({ unsubscribe: { logs: gone } });
  };
}

/** Behind each snapshot: everything that is watched, from where it was left. */
export function subscribeLogs(): void {
  subscribe([...wanted.keys()]);
}

function subscribe(names: string[]): void {
  const anew = names.filter((name) => !canResume || ringOf(name).next === null);
  const onward = names.filter((name) => !anew.includes(name));
  for (const name of anew) ringOf(name).resumed = false;
  if (anew.length > 0) say({ subscribe: { logs: anew, lines: history } });
  if (onward.length === 0) return;
  const after = Object.fromEntries(onward.map((name) => [name, ringOf(name).next]));
  for (const name of onward) ringOf(name).resumed = true;
  say({ subscribe: { logs: onward, after } });
}

/** A subscription was refused because of "after": this daemon does not know it. */
export function refuseResume(): void {
  if (!canResume) return;
  canResume = false;
  subscribeLogs();
}

export function takeLog(from: LogLine): void {
  const line = lineOf(from);
  const ring = ringOf(line.name);
  // Behind an offset nothing comes twice: a smaller one is another log, which began anew.
  if (ring.resumed && ring.newest !== null && line.offset <= ring.newest) ring.newest = null;
  if (!ring.push(line)) return;
  ring.next = from.next ?? null;
  latest = line.name;
  fresh.push(line);
  schedule();
}

/** Lines that this page was too slow for: told where they would have been. */
export function takeDropped(lines: number): void {
  skipped.value += lines;
  const ring = ringOf(latest);
  const text = `${plural(lines, "line")} skipped here: this page could not keep up (they are in the log: download has them)`;
  const mark = gapOf(latest, text, ring.lines.at(-1)?.at ?? Date.now(), ring.newest ?? 0);
  ring.push(mark);
  fresh.push(mark);
  schedule();
}

/** The files no longer reach back to where the page had been. */
export function takeMissing(name: string, bytes: number): void {
  const ring = ringOf(name);
  const text = `${count(bytes)} bytes are missing here: they were rotated away while the page was not connected`;
  const mark = gapOf(name, text, Date.now(), ring.newest ?? 0);
  ring.push(mark);
  fresh.push(mark);
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  if (document.hidden) {
    setTimeout(flush, hiddenPause);
  } else {
    requestAnimationFrame(flush);
  }
}

function flush(): void {
  if (!scheduled) return;
  scheduled = false;
  const lines = fresh;
  fresh = [];
  trimAll(new Set(lines.map((each) => each.name)));
  for (const listener of listeners) listener(lines);
}

export function startLogFeed(): void {
  // No frame is drawn in a tab that nobody sees: one that was asked for would never come.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) flush();
  });
}
