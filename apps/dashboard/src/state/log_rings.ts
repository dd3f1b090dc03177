// The newest lines of each instance, bounded in number and in characters. A ring stays when nobody
// looks at it any more, so that a selection can change and come back.
import type { LogLine } from "../api/shapes.ts";
import { expandTabs } from "../text/columns.ts";
import { stripAnsi } from "../text/ansi.ts";
import { levelOf, type Level } from "../text/find.ts";

export interface Line {
  name: string;
  /** ms since 1970; null: not known any more. */
  at: number | null;
  offset: number;
  /** With escapes; `plain` is without. */
  text: string;
  partial: boolean;
  /** A mark of ours between lines, about lines that are not here. */
  gap: boolean;
  plain_?: string;
  level_?: Level;
}

export const limits = { lines: 20_000, characters: 8 << 20, allCharacters: 48 << 20 };

export function lineOf(from: LogLine): Line {
  return {
    name: from.name,
    at: from.at === null ? null : Date.parse(from.at),
    offset: from.offset,
    text: expandTabs(from.text),
    partial: from.partial,
    gap: false,
  };
}

export function gapOf(name: string, text: string, at: number | null, offset: number): Line {
  return { name, at, offset, text, partial: false, gap: true };
}

/** What search and filter look at; made when first asked for. */
export function plainOf(line: Line): string {
  return (line.plain_ ??= stripAnsi(line.text));
}

export function levelOfLine(line: Line): Level {
  if (line.level_ === undefined) line.level_ = line.gap ? null : levelOf(plainOf(line));
  return line.level_;
}

export class Ring {
  lines: Line[] = [];
  characters = 0;
  /** Lines that went because there was no room. */
  forgotten = 0;
  /** Offset of the newest line; null where none came yet. */
  newest: number | null = null;
  /** The offset to go on behind; null: not known. */
  next: number | null = null;
  /** Whether the subscription went on behind an offset, instead of telling the last lines again. */
  resumed = false;

  /** Whether it was new: a line that is here already is not taken twice. */
  push(line: Line): boolean {
    if (!line.gap) {
      if (this.newest !== null && line.offset <= this.newest) return false;
      this.newest = line.offset;
    }
    this.lines.push(line);
    this.characters += line.text.length;
    return true;
  }

  /** Puts older lines in front; those not older than the first one are left out. */
  unshift(older: Line[]): number {
    const first = this.lines.find((each) => !each.gap)?.offset ?? Infinity;
    const taken = older.filter((each) => each.offset < first);
    this.lines = [...taken, ...this.lines];
    for (const each of taken) this.characters += each.text.length;
    return taken.length;
  }

  /** Back into its bounds; in pieces, so that it costs little. */
  trim(lines = limits.lines, characters = limits.characters): void {
    if (this.lines.length <= lines * 1.1 && this.characters <= characters * 1.1) return;
    let drop = Math.max(0, this.lines.length - lines);
    let left = this.characters;
    for (let i = 0; i < drop; ++i) left -= (this.lines[i] as Line).text.length;
    while (left > characters && drop < this.lines.length) left -= (this.lines[drop++] as Line).text.length;
    this.forgotten += drop;
    this.lines = this.lines.slice(drop);
    this.characters = left;
  }
}

const rings = new Map<string, Ring>();

export function ringOf(name: string): Ring {
  let ring = rings.get(name);
  if (!ring) {
    ring = new Ring();
    rings.set(name, ring);
  }
  return ring;
}

/** All rings within the bound that they share: the fullest give first. */
export function trimAll(touched: Iterable<string>): void {
  for (const name of touched) ringOf(name).trim();
  let sum = 0;
  for (const ring of rings.values()) sum += ring.characters;
  while (sum > limits.allCharacters) {
    const fullest = [...rings.values()].reduce((a, b) => (a.characters >= b.characters ? a : b));
    const before = fullest.characters;
    fullest.trim(limits.lines, Math.floor(before / 2));
    if (fullest.characters === before) break;
    sum -= before - fullest.characters;
  }
}

/** A daemon whose logs begin anew (another state directory): what is here belongs to nobody. */
export function forget(name: string): void {
  rings.delete(name);
}
