// The dependency graph: its shape from the daemon, its states live from the stream.
import type { Edge, Health, State } from "../api/shapes.ts";
import { severity, type Severity } from "../text/words.ts";
import type { Live } from "./stack.ts";

const order: Severity[] = ["bad", "wait", "busy", "off", "good"];

export interface ServiceState {
  state: State;
  health: Health;
  instances: number;
}

/** A service is as its worst instance is. */
export function serviceState(instances: readonly Live[]): ServiceState | null {
  let worst: Live | null = null;
  for (const each of instances) {
    if (!worst || order.indexOf(severity(each)) < order.indexOf(severity(worst))) worst = each;
  }
  return worst && { state: worst.state, health: worst.health, instances: instances.length };
}

/**
 * What is on the way of a failure: every service that waits, or failed for want of a dependency, and
 * what it waits for, down to the one that is the cause.
 */
export function failingPath(edges: readonly Edge[], states: ReadonlyMap<string, ServiceState>): Set<string> {
  const lit = new Set<string>();
  const stuck = (name: string): boolean => {
    const is = states.get(name);
    return is !== undefined && ["bad", "wait"].includes(severity(is));
  };
  const walk = (name: string): void => {
    if (lit.has(name)) return;
    lit.add(name);
    for (const edge of edges) {
      const to = states.get(edge.to);
      if (edge.from === name && to && (stuck(edge.to) || (to.state !== "running" && to.state !== "completed"))) walk(edge.to);
    }
  };
  for (const name of states.keys()) if (stuck(name)) walk(name);
  return lit;
}
