// Small pictures drawn by us. A state is told by its shape, its word and its colour.
import { severity } from "../text/words.ts";
import type { Health, State } from "../api/shapes.ts";

const paths = {
  running: "M5 3.2v9.6l8-4.8z",
  completed: "M3 8.4l3.4 3.4L13 5",
  starting: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5M8 2.5L5.6 1M8 2.5L6.2 5",
  stopping: "M8 13.5A5.5 5.5 0 1 0 2.5 8M5.5 5.5h5v5h-5z",
  waiting: "M4 2.5h8M4 13.5h8M5 2.5c0 3 6 4 6 5.5s-6 2.5-6 5.5M11 2.5c0 3-6 4-6 5.5s6 2.5 6 5.5",
  backoff: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  failed: "M4 4l8 8M12 4l-8 8",
  stopped: "M4 4h8v8H4z",
  unhealthy: "M8 2l6.5 11.5h-13zM8 6.5v3.2M8 11.4v.4",
  start: "M5 3.2v9.6l8-4.8z",
  stop: "M4 4h8v8H4z",
  restart: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  logs: "M3 4h10M3 7h7M3 10h10M3 13h5",
  overview: "M2.5 2.5h4.5v4.5h-4.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5h-4.5zM9 9h4.5v4.5H9z",
  graph: "M8 2v4M8 6L4 10.5M8 6l4 4.5M6.5 2h3M2.5 10.5h3v3h-3zM10.5 10.5h3v3h-3z",
  events: "M8 2v12M8 4h5M8 8H3M8 12h5",
  plan: "M3 2.5h7l3 3v8H3zM6 8h4M6 11h4",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.6 10.6L14 14",
  theme: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12",
  help: "M5.5 6a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .8-1 1.7M8 12.6v.4",
  close: "M4 4l8 8M12 4l-8 8",
  link: "M6 3H3v10h10v-3M9 3h4v4M13 3L7.5 8.5",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  down: "M8 3v9M4 8.5L8 12.5l4-4",
  download: "M8 2.5v7.5M4.5 7L8 10.5 11.5 7M3 13.5h10",
} as const;

export type GlyphName = keyof typeof paths;

const filled = new Set<GlyphName>(["running", "start", "stopped", "stop"]);

export function Glyph({ name }: { name: GlyphName }) {
  return (
    <svg class={`glyph${filled.has(name) ? " filled" : ""}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

/** A state with its health, as people read it: glyph, word, colour. */
export function StateBadge({ state, health }: { state: State; health: Health }) {
  const sick = state === "running" && health === "unhealthy";
  const told = health === "healthy" || health === "unhealthy" ? health : "";
  return (
    <span class={`badge ${severity({ state, health })}`}>
      <Glyph name={sick ? "unhealthy" : state} />
      <span>{state}</span>
      {state === "running" && told && <span class="health">{told}</span>}
    </span>
  );
}
