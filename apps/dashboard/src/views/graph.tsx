// Who needs whom, with live states; the way from what waits to what is its cause is lit.
import dagre from "@dagrejs/dagre";
import { useMemo } from "preact/hooks";
import type { Edge, Graph } from "../api/shapes.ts";
import { failingPath, serviceState, type ServiceState } from "../state/graph.ts";
import { linkTo } from "../state/route.ts";
import { all, names } from "../state/stack.ts";
import { plural } from "../text/formats.ts";
import { severity } from "../text/words.ts";
import { useFetched } from "../ui/fetched.ts";
import { Glyph } from "../ui/glyph.tsx";
import { useWidth } from "../ui/virtual.tsx";

const box = { height: 58, letter: 8.4, least: 178, padding: 62 };

interface Laid {
  width: number;
  height: number;
  nodes: Map<string, { x: number; y: number; width: number }>;
  edges: { edge: Edge; path: string; x: number; y: number }[];
}

export default function GraphView() {
  const { value, problem } = useFetched<Graph>("graph", names.value.join());
  const [ref, width] = useWidth();
  const states = new Map<string, ServiceState>();
  for (const { service } of value?.nodes ?? []) {
    const is = serviceState(all().filter((each) => each.service === service));
    if (is) states.set(service, is);
  }
  return (
    <main id="main" class="graph-view">
      <section class="toolbar" aria-label="Graph">
        <h1>Graph <span class="count">{value ? `${plural(value.nodes.length, "service")}, ${plural(value.edges.length, "dependency", "dependencies")}` : ""}</span></h1>
        <span class="spring" />
        <ul class="legend" aria-label="Legend">
          <li><svg viewBox="0 0 34 8" aria-hidden="true"><path class="edge holds" d="M1 4h32" /></svg>holds</li>
          <li><svg viewBox="0 0 34 8" aria-hidden="true"><path class="edge" d="M1 4h32" /></svg>does not hold yet</li>
          <li><svg viewBox="0 0 34 8" aria-hidden="true"><path class="edge lit" d="M1 4h32" /></svg>on the failing path</li>
        </ul>
      </section>
      <div ref={ref} class="graph-box" tabIndex={0} role="region" aria-label="Dependency graph">
        {problem && <p class="nothing">{problem.message}</p>}
        {value && width > 0 && <Picture graph={value} states={states} width={width} />}
      </div>
    </main>
  );
}

function Picture({ graph, states, width }: { graph: Graph; states: Map<string, ServiceState>; width: number }) {
  const laid = useMemo(() => layOut(graph, width), [graph, width]);
  const lit = failingPath(graph.edges, states);
  return (
    <svg class="graph" width={laid.width} height={laid.height} viewBox={`0 0 ${laid.width} ${laid.height}`}>
      <defs>
        {["edge", "holds", "lit"].map((kind) => (
          <marker key={kind} id={`arrow-${kind}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse">
            <path class={`arrow ${kind}`} d="M0 .5L7.5 4L0 7.5z" />
          </marker>
        ))}
      </defs>
      {laid.edges.map(({ edge, path, x, y }) => {
        const hot = lit.has(edge.from) && lit.has(edge.to);
        const holds = holdsNow(edge, states.get(edge.to));
        const kind = hot ? "lit" : holds ? "holds" : "edge";
        return (
          <g key={`${edge.from} ${edge.to}`}>
            <path class={`edge ${hot ? "lit" : ""} ${holds ? "holds" : ""} ${edge.required ? "" : "optional"}`} d={path} marker-end={`url(#arrow-${kind})`}>
              <title>{`${edge.from} needs ${edge.to} ${edge.condition}${edge.required ? "" : " (not required)"}: ${holds ? "holds" : "does not hold"}`}</title>
            </path>
            {edge.condition !== "ready" && <text class="condition" x={x} y={y}>{edge.condition}</text>}
          </g>
        );
      })}
      {[...laid.nodes].map(([name, at]) => <Node key={name} name={name} at={at} is={states.get(name)} lit={lit.has(name)} />)}
    </svg>
  );
}

/** As the states are now; the daemon's own word is from when the graph was fetched. */
function holdsNow(edge: Edge, to: ServiceState | undefined): boolean {
  if (!to) return edge.holds;
  if (edge.condition === "completed") return to.state === "completed";
  if (edge.condition === "started") return ["starting", "running", "completed"].includes(to.state);
  return to.state === "running" || to.state === "completed";
}

function Node({ name, at, is, lit }: { name: string; at: { x: number; y: number; width: number }; is: ServiceState | undefined; lit: boolean }) {
  const state = is?.state ?? "stopped";
  const health = is?.health ?? "none";
  const word = state === "running" && (health === "healthy" || health === "unhealthy") ? `${state}, ${health}` : state;
  return (
    <a href={linkTo("service", name)} class={`node ${severity({ state, health })}${lit ? " lit" : ""}`}>
      <rect x={at.x - at.width / 2} y={at.y - box.height / 2} width={at.width} height={box.height} rx="10" />
      <svg x={at.x - at.width / 2 + 14} y={at.y - 9} width="18" height="18"><Glyph name={state === "running" && health === "unhealthy" ? "unhealthy" : state} /></svg>
      <text class="node-name" x={at.x - at.width / 2 + 44} y={at.y - 3}>{name}{is && is.instances > 1 ? ` ×${is.instances}` : ""}</text>
      <text class="node-state" x={at.x - at.width / 2 + 44} y={at.y + 15}>{word}</text>
    </a>
  );
}

/** From left to right, who needs somebody before whom it needs. */
export function layOut(graph: Graph, width: number): Laid {
  const of = new dagre.graphlib.Graph();
  of.setGraph({ rankdir: "LR", nodesep: 26, ranksep: width < 700 ? 44 : 110, marginx: width < 700 ? 14 : 40, marginy: 36 });
  of.setDefaultEdgeLabel(() => ({}));
  for (const { service } of graph.nodes) {
    of.setNode(service, { width: Math.max(box.least, service.length * box.letter + box.padding), height: box.height });
  }
  for (const edge of graph.edges) of.setEdge(edge.from, edge.to);
  dagre.layout(of);
  const nodes: Laid["nodes"] = new Map();
  for (const name of of.nodes()) {
    const { x, y, width: wide } = of.node(name);
    nodes.set(name, { x, y, width: wide });
  }
  const edges = graph.edges.map((edge) => {
    const points = of.edge(edge.from, edge.to).points;
    const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 };
    return { edge, path: curve(points), x: middle.x, y: middle.y - 6 };
  });
  const size = of.graph();
  return { width: Math.ceil(size.width ?? 0), height: Math.ceil(size.height ?? 0), nodes, edges };
}

function curve(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points.map(({ x, y }) => ({ x: x.toFixed(1), y: y.toFixed(1), nx: x, ny: y }));
  if (!first) return "";
  let out = `M${first.x} ${first.y}`;
  for (let i = 0; i < rest.length - 1; ++i) {
    const a = rest[i]!;
    const b = rest[i + 1]!;
    const last = i === rest.length - 2;
    out += last ? `Q${a.x} ${a.y} ${b.x} ${b.y}` : `Q${a.x} ${a.y} ${((a.nx + b.nx) / 2).toFixed(1)} ${((a.ny + b.ny) / 2).toFixed(1)}`;
  }
  if (rest.length === 1) out += `L${rest[0]!.x} ${rest[0]!.y}`;
  return out;
}
