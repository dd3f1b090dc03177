// The numbers at the top of the overview; each leads to what it counts.
import type { ComponentChildren } from "preact";
import { Glyph, type GlyphName } from "../ui/glyph.tsx";
import { DaemonUptime, TotalUptime } from "../ui/tick.tsx";
import { restartsToday } from "../state/journal.ts";
import { linkTo } from "../state/route.ts";
import { all, counts, daemon } from "../state/stack.ts";

interface TileProps {
  glyph: GlyphName;
  tone: string;
  label: string;
  link: string;
  value: ComponentChildren;
  note?: ComponentChildren;
}

function Tile({ glyph, tone, label, link, value, note }: TileProps) {
  return (
    <a class={`tile ${tone}`} href={link}>
      <span class="tile-label"><Glyph name={glyph} />{label}</span>
      <span class="tile-value">{value}</span>
      <span class="tile-note">{note}</span>
    </a>
  );
}

export function Tiles() {
  const { all: sum, running, unhealthy, failed } = counts.value;
  return (
    <section class="tiles" aria-label="Summary">
      <Tile glyph="running" tone={running > 0 ? "good" : "off"} label="Running" value={running} note={`of ${sum}`} link={linkTo("overview", "", { show: "running" })} />
      <Tile glyph="unhealthy" tone={unhealthy > 0 ? "bad" : "calm"} label="Unhealthy" value={unhealthy} note={unhealthy > 0 ? "the probe fails" : "all probes succeed"} link={linkTo("overview", "", { show: "unhealthy" })} />
      <Tile glyph="failed" tone={failed > 0 ? "bad" : "calm"} label="Failed" value={failed} note={failed > 0 ? "needs a start" : "none gave up"} link={linkTo("overview", "", { show: "failed" })} />
      <RestartsTile />
      <Tile glyph="completed" tone="calm" label="Total uptime" value={<TotalUptime />} note={<>daemon <DaemonUptime /></>} link={linkTo("overview", "", { sort: "uptime" })} />
    </section>
  );
}

function RestartsTile() {
  const told = daemon.value?.restarts_today ?? sumOf(all().map((each) => each.restarts_today));
  const today = told ?? restartsToday();
  return <Tile glyph="restart" tone={today > 0 ? "wait" : "calm"} label="Restarts today" value={today} note="unwanted ends" link={linkTo("events", "", { show: "incidents" })} />;
}

function sumOf(values: (number | undefined)[]): number | null {
  let sum: number | null = null;
  for (const value of values) if (value !== undefined) sum = (sum ?? 0) + value;
  return sum;
}
