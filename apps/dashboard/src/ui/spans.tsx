// Spans of a log line as elements: text nodes with class names of ours. Colours beyond the sixteen
// are set as properties from script, which the content security policy allows.
import type { Look, Span } from "../text/ansi.ts";

export function classOf(look: Look): string {
  let out = "";
  if (typeof look.fg === "number") out += ` f${look.fg}`;
  if (typeof look.bg === "number") out += ` b${look.bg}`;
  if (look.bold) out += " bold";
  if (look.dim) out += " dim";
  if (look.italic) out += " italic";
  if (look.underline) out += " underline";
  if (look.struck) out += " struck";
  if (look.inverse) out += " inverse";
  return out.slice(1);
}

function styleOf(look: Look): Record<string, string> | undefined {
  if (typeof look.fg !== "string" && typeof look.bg !== "string") return undefined;
  return {
    ...(typeof look.fg === "string" ? { color: look.fg } : {}),
    ...(typeof look.bg === "string" ? { backgroundColor: look.bg } : {}),
  };
}

export function Spans({ of }: { of: readonly (Span & { hit?: boolean })[] }) {
  return (
    <>
      {of.map(({ text, look, hit }, i) => {
        const kind = classOf(look);
        const style = styleOf(look);
        if (hit) return <mark key={i} class={kind || undefined} style={style}>{text}</mark>;
        if (kind === "" && !style) return text;
        return <span key={i} class={kind || undefined} style={style}>{text}</span>;
      })}
    </>
  );
}

/** The part [from, to) of a line's spans, with the ranges that match marked. */
export function cut(spans: readonly Span[], from: number, to: number, hits: readonly [number, number][]): (Span & { hit?: boolean })[] {
  const out: (Span & { hit?: boolean })[] = [];
  let at = 0;
  let next = 0;
  for (const { text, look } of spans) {
    const end = at + text.length;
    let i = Math.max(at, from);
    while (i < Math.min(end, to)) {
      while (next < hits.length && (hits[next] as [number, number])[1] <= i) ++next;
      const hit = hits[next];
      const inside = hit !== undefined && hit[0] <= i;
      const stop = Math.min(end, to, hit === undefined ? to : inside ? hit[1] : hit[0]);
      out.push({ text: text.slice(i - at, stop - at), look, ...(inside ? { hit: true } : {}) });
      i = stop;
    }
    at = end;
    if (at >= to) break;
  }
  return out;
}
