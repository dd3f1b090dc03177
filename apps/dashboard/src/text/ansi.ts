// The output of a service, as spans of text with a look each. There is no HTML in between: what a
// service prints reaches the page as text nodes and class names of ours, or not at all. Colours and
// weights (SGR) are kept; every other control sequence (cursor, title, hyperlink, device strings)
// is taken out, and control characters are shown as pictures.

export interface Look {
  /** 0 to 255 of the palette, or "#rrggbb"; null: the default. */
  readonly fg: number | string | null;
  readonly bg: number | string | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  readonly struck: boolean;
}

export interface Span {
  readonly text: string;
  readonly look: Look;
}

export const plainLook: Look = {
  fg: null, bg: null, bold: false, dim: false, italic: false, underline: false, inverse: false, struck: false,
};

// CSI; OSC, DCS, SOS, PM and APC up to their terminator or the end; two-character escapes.
const sequence =
  // eslint-disable-next-line no-control-regex
  /(?:\x1b\[|\x9b)([0-9:;<=>?]*)([ -/]*)([@-~]?)|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$|(?=\x1b))|\x1b[ -/]*[0-~]?/g;
// What would move, hide or reorder text: C0 and C1 controls, line and paragraph separators, and the
// marks that turn the direction of writing.
const invisible = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Splits a line into spans; never fails, whatever the line holds. */
export function parseAnsi(line: string): Span[] {
  if (!mayHoldEscapes(line)) return line === "" ? [] : [{ text: visible(line), look: plainLook }];
  const spans: Span[] = [];
  let look = plainLook;
  let at = 0;
  sequence.lastIndex = 0;
  for (let found = sequence.exec(line); found; found = sequence.exec(line)) {
    push(spans, line.slice(at, found.index), look);
    at = found.index + found[0].length;
    if (found[3] === "m" && !found[2]) look = withCodes(look, found[1] ?? "");
    if (found[0].length === 0) ++sequence.lastIndex;
  }
  push(spans, line.slice(at), look);
  return spans;
}

/** The line without its control sequences: what search and filter look at. */
export function stripAnsi(line: string): string {
  if (!mayHoldEscapes(line)) return visible(line);
  return visible(line.replace(sequence, ""));
}

function mayHoldEscapes(line: string): boolean {
  return /[\x1b\x90\x98\x9b-\x9f]/.test(line);
}

/** Control characters as pictures ("␀"), the rest of what is invisible as a box. */
export function visible(text: string): string {
  return text.replace(invisible, (c) => {
    const code = c.charCodeAt(0);
    if (code === 0x0d) return "";
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\ufffd";
  });
}

function push(spans: Span[], text: string, look: Look): void {
  if (text !== "") spans.push({ text: visible(text), look });
}

function withCodes(before: Look, codes: string): Look {
  const numbers = codes === "" ? [0] : codes.split(/[;:]/).map((each) => (each === "" ? 0 : Number(each)));
  let look = before;
  for (let i = 0; i < numbers.length; ++i) {
    const code = numbers[i] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, used] = extended(numbers, i + 1);
      if (colour !== null) look = code === 38 ? { ...look, fg: colour } : { ...look, bg: colour };
      i += used;
    } else {
      look = withCode(look, code);
    }
  }
  return look;
}

function withCode(look: Look, code: number): Look {
  if (code >= 30 && code <= 37) return { ...look, fg: code - 30 };
  if (code >= 40 && code <= 47) return { ...look, bg: code - 40 };
  if (code >= 90 && code <= 97) return { ...look, fg: code - 82 };
  if (code >= 100 && code <= 107) return { ...look, bg: code - 92 };
  switch (code) {
    case 0: return plainLook;
    case 1: return { ...look, bold: true };
    case 2: return { ...look, dim: true };
    case 3: return { ...look, italic: true };
    case 4: return { ...look, underline: true };
    case 7: return { ...look, inverse: true };
    case 9: return { ...look, struck: true };
    case 22: return { ...look, bold: false, dim: false };
    case 23: return { ...look, italic: false };
    case 24: return { ...look, underline: false };
    case 27: return { ...look, inverse: false };
    case 29: return { ...look, struck: false };
    case 39: return { ...look, fg: null };
    case 49: return { ...look, bg: null };
    default: return look;
  }
}

/** The colour behind a 38 or 48, and how many numbers it took. */
function extended(numbers: number[], at: number): [number | string | null, number] {
  const kind = numbers[at];
  if (kind === 5) {
    const index = numbers[at + 1] ?? -1;
    if (index >= 0 && index < 16) return [index, 2];
    return [index >= 16 && index <= 255 ? cube(index) : null, 2];
  }
  if (kind === 2) {
    const parts = numbers.slice(at + 1, at + 4);
    const good = parts.length === 3 && parts.every((each) => Number.isInteger(each) && each >= 0 && each <= 255);
    return [good ? hex(parts) : null, 4];
  }
  return [null, 1];
}

/** The 6×6×6 cube and the greys of the 256 colours. */
function cube(index: number): string {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return hex([grey, grey, grey]);
  }
  const level = (n: number): number => (n === 0 ? 0 : 55 + 40 * n);
  const n = index - 16;
  return hex([level(Math.floor(n / 36)), level(Math.floor(n / 6) % 6), level(n % 6)]);
}

function hex(parts: number[]): string {
  return "#" + parts.map((each) => each.toString(16).padStart(2, "0")).join("");
}
