// What one log view shows: lines of several instances in the order of time, filtered, cut into rows
// of equal height. It grows at its end with every frame and is made anew when a filter changes.
import { signal } from "@preact/signals";
import { breaks } from "../text/columns.ts";
import type { Level, Matcher } from "../text/find.ts";
import { levelOfLine, plainOf, ringOf, type Line } from "./log_rings.ts";

export interface Row {
  line: Line;
  /** The part of its plain text that the row shows; `to` -1: to the end. */
  from: number;
  to: number;
}

export interface Filter {
  search: Matcher | null;
  /** Show what matches, and nothing else. */
  only: boolean;
  without: Matcher | null;
  level: "all" | "warning" | "error";
}

export const everything: Filter = { search: null, only: false, without: null, level: "all" };

const mostRows = 60_000;
const trimmedAtOnce = 10_000;
// Lines of several services come a little out of order: so much is not worth sorting again.
const slackMs = 1500;

export class LogView {
  rows: Row[] = [];
  /** Rows that went at the beginning: row i is number trimmed + i for ever. */
  trimmed = 0;
  /** Lines that match the search. */
  matches = 0;
  /** Lines that came while it was paused. */
  readonly waiting = signal(0);
  readonly paused = signal(false);
  /** Grows when the rows change. */
  readonly version = signal(0);

  private names: ReadonlySet<string> = new Set();
  private filter: Filter = everything;
  private columns = 0;
  private newest = 0;
  /** "From here": lines before are not shown. */
  private since = 0;

  select(names: readonly string[]): void {
    this.names = new Set(names);
    this.rebuild();
  }

  setFilter(filter: Filter): void {
    this.filter = filter;
    this.rebuild();
  }

  /** Wraps at so many columns; 0: not at all. */
  setColumns(columns: number): void {
    if (columns === this.columns) return;
    this.columns = columns;
    this.rebuild();
  }

  clear(): void {
    this.since = Date.now();
    this.rebuild();
  }

  unclear(): void {
    this.since = 0;
    this.rebuild();
  }

  get cleared(): boolean {
    return this.since !== 0;
  }

  pause(is: boolean): void {
    if (is === this.paused.peek()) return;
    this.paused.value = is;
    if (!is) this.rebuild();
  }

  /** The new lines of a frame; others' are left out. */
  append(fresh: Line[]): void {
    const ours = fresh.filter((line) => this.names.has(line.name));
    if (ours.length === 0) return;
    if (this.paused.peek()) {
      this.waiting.value += ours.length;
      return;
    }
    if (this.names.size > 1) ours.sort(byTime);
    const first = ours.find((line) => line.at !== null)?.at ?? this.newest;
    if (first < this.newest - slackMs) {
      this.rebuild();
      return;
    }
    for (const line of ours) this.take(line);
    if (this.rows.length > mostRows) {
      this.rows = this.rows.slice(trimmedAtOnce);
      this.trimmed += trimmedAtOnce;
    }
    ++this.version.value;
  }

  rebuild(): void {
    this.waiting.value = 0;
    const all: Line[] = [];
    for (const name of this.names) {
      for (const line of ringOf(name).lines) all.push(line);
    }
    if (this.names.size > 1) all.sort(byTime);
    this.rows = [];
    this.trimmed = 0;
    this.matches = 0;
    this.newest = 0;
    for (const line of all) this.take(line);
    if (this.rows.length > mostRows) this.rows = this.rows.slice(-mostRows);
    ++this.version.value;
  }

  /** The next row with a match, going on from row `at` in a direction and around; -1: none. */
  find(at: number, step: 1 | -1): number {
    const { search } = this.filter;
    if (!search) return -1;
    const length = this.rows.length;
    for (let i = 1; i <= length; ++i) {
      const index = (((at + step * i) % length) + length) % length;
      const row = this.rows[index] as Row;
      if (row.from === 0 && !row.line.gap && search.test(plainOf(row.line))) return index;
    }
    return -1;
  }

  /** The first row at or after a time; the last row where all are older. */
  rowAt(time: number): number {
    const found = this.rows.findIndex((row) => (row.line.at ?? 0) >= time);
    return found < 0 ? this.rows.length - 1 : found;
  }

  private take(line: Line): void {
    if (line.at !== null && line.at > this.newest) this.newest = line.at;
    if (line.at !== null && line.at < this.since) return;
    if (!line.gap && !this.passes(line)) return;
    if (this.columns === 0) {
      this.rows.push({ line, from: 0, to: -1 });
      return;
    }
    const starts = breaks(plainOf(line), this.columns);
    for (let i = 0; i < starts.length; ++i) this.rows.push({ line, from: starts[i] as number, to: starts[i + 1] ?? -1 });
  }

  private passes(line: Line): boolean {
    const { search, only, without, level } = this.filter;
    if (level !== "all") {
      const is: Level = levelOfLine(line);
      if (is !== "error" && (level === "error" || is !== "warning")) return false;
    }
    if (without?.test(plainOf(line))) return false;
    if (!search) return true;
    const hit = search.test(plainOf(line));
    if (hit) ++this.matches;
    return hit || !only;
  }
}

function byTime(a: Line, b: Line): number {
  return (a.at ?? 0) - (b.at ?? 0);
}
