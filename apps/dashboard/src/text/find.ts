// Search and filter over log lines and names. A pattern that somebody types is compiled once; one
// that is no regular expression (yet) is told and finds nothing.

export interface Query {
  text: string;
  regex: boolean;
}

export interface Matcher {
  /** Ranges [from, to) of the matches, in order, not overlapping; at most `most`. */
  ranges(text: string, most?: number): [number, number][];
  test(text: string): boolean;
}

/** What somebody searches for: nothing where the field is empty; a text where the pattern is wrong. */
export function compile(query: Query): Matcher | string | null {
  if (query.text === "") return null;
  try {
    const source = query.regex ? query.text : query.text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    // Small letters find capitals too; a capital in the pattern means just that.
    const flags = /[A-Z]/.test(query.text.replace(/\\./g, "")) ? "g" : "gi";
    return matcher(new RegExp(source, flags));
  } catch (fault) {
    return fault instanceof Error ? fault.message : "not a regular expression";
  }
}

function matcher(pattern: RegExp): Matcher {
  const once = new RegExp(pattern.source, pattern.flags.replace("g", ""));
  return {
    test: (text) => once.test(text),
    ranges(text, most = 100) {
      const found: [number, number][] = [];
      pattern.lastIndex = 0;
      for (let hit = pattern.exec(text); hit && found.length < most; hit = pattern.exec(text)) {
        if (hit[0] === "") {
          ++pattern.lastIndex;
        } else {
          found.push([hit.index, hit.index + hit[0].length]);
        }
      }
      return found;
    },
  };
}

export type Level = "error" | "warning" | "info" | "debug" | null;

// The words that loggers write in front: a level in capitals, in brackets, as key=value or as JSON.
const levels: [Level, RegExp][] = [
  ["error", /\b(?:FATAL|CRITICAL|CRIT|ERROR|ERR|PANIC|EMERG|ALERT)\b|level["']?[=:]\s*["']?(?:fatal|error|critical)|^(?:Traceback \(most|panic:|fatal:|error:|\w*(?:Error|Exception):)|^E\d{4} /],
  ["warning", /\b(?:WARNING|WARN)\b|level["']?[=:]\s*["']?warn|^(?:warning:|W\d{4} )/],
  ["debug", /\b(?:DEBUG|TRACE)\b|level["']?[=:]\s*["']?(?:debug|trace)/],
  ["info", /\b(?:INFO|NOTICE)\b|level["']?[=:]\s*["']?info/],
];

/** How serious a line says it is; nothing where it does not say. Looks at its beginning only. */
export function levelOf(text: string): Level {
  const head = text.length > 200 ? text.slice(0, 200) : text;
  for (const [level, pattern] of levels) {
    if (pattern.test(head)) return level;
  }
  return null;
}

/**
 * How well `typed` fits `name` when its letters may lie apart: higher is better, null is not at all.
 * Letters in a row and at the beginning of a word count more.
 */
export function fuzzy(typed: string, name: string): number | null {
  const wanted = typed.toLowerCase();
  const lower = name.toLowerCase();
  let score = 0;
  let at = 0;
  let last = -2;
  for (const letter of wanted) {
    if (letter === " ") continue;
    const found = lower.indexOf(letter, at);
    if (found < 0) return null;
    const starts = found === 0 || /[-_.@\s]/.test(lower[found - 1] ?? "");
    score += (found === last + 1 ? 3 : 0) + (starts ? 2 : 0) - (found - at) * 0.1;
    last = found;
    at = found + 1;
  }
  return score - name.length * 0.01;
}
