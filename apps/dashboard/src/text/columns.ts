// How many columns of a fixed-width font a text takes, and where it breaks when it is to wrap. So
// every row of the list has one height, and a million rows need no measuring.

/** Columns of one code point: 2 for East Asian wide letters and emoji, 0 for marks that join. */
function width(code: number): number {
  if (code < 0x300) return 1;
  if ((code >= 0x300 && code <= 0x36f) || code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f)) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) || (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

/** Tabs as spaces up to the next multiple of eight. */
export function expandTabs(text: string): string {
  if (!text.includes("\t")) return text;
  let out = "";
  for (const letter of text) out += letter === "\t" ? " ".repeat(8 - (out.length % 8)) : letter;
  return out;
}

/**
 * The places where a text of this many columns begins anew: [0] for one that fits. Breaks anywhere:
 * log lines are hashes and paths as often as words.
 */
export function breaks(text: string, columns: number): number[] {
  const limit = Math.max(8, columns);
  if (text.length <= limit && isNarrow(text)) return [0];
  const starts = [0];
  let used = 0;
  for (let i = 0; i < text.length; ) {
    const code = text.codePointAt(i) ?? 0;
    const step = width(code);
    if (used + step > limit) {
      starts.push(i);
      used = 0;
    }
    used += step;
    i += code > 0xffff ? 2 : 1;
  }
  return starts;
}

function isNarrow(text: string): boolean {
  return !/[\u1100-\uffff]/.test(text);
}
