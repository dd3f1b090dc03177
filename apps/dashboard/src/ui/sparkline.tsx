// The last 15 minutes of a number, small.
import type { Signal } from "@preact/signals";
import { windowMs, type Samples } from "../state/usage.ts";

const width = 120;
const height = 26;

interface Props {
  of: Signal<Samples>;
  what: "cpu" | "memory";
  /** The scale ends here, where nothing goes beyond. */
  floor: number;
}

export function Sparkline({ of, what, floor }: Props) {
  const { at, [what]: values } = of.value;
  if (at.length < 2) return <svg class={`spark ${what}`} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" />;
  const { line, area } = path(at, values, floor);
  return (
    <svg class={`spark ${what}`} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="area" d={area} />
      <path class="line" d={line} />
    </svg>
  );
}

/** Gaps (no process) break the line. */
export function path(at: number[], values: (number | null)[], floor: number): { line: string; area: string } {
  const end = at[at.length - 1] ?? 0;
  let top = floor;
  for (const value of values) if (value !== null && value > top) top = value;
  let line = "";
  let area = "";
  let from: string | null = null;
  let x = "";
  for (let i = 0; i < at.length; ++i) {
    const value = values[i];
    if (value === null || value === undefined) {
      if (from !== null) area += `L${x} ${height}L${from} ${height}Z`;
      from = null;
      continue;
    }
    x = (width * (1 - (end - (at[i] as number)) / windowMs)).toFixed(1);
    const y = (height - 1 - ((height - 3) * value) / top).toFixed(1);
    const step = `${from === null ? "M" : "L"}${x} ${y}`;
    if (from === null) from = x;
    line += step;
    area += step;
  }
  if (from !== null) area += `L${x} ${height}L${from} ${height}Z`;
  return { line, area };
}
