// Which services the overview shows, in what order and in which groups.
import type { Sort } from "./settings.ts";
import type { Live } from "./stack.ts";
import { severity, type Severity } from "../text/words.ts";

export type Kind = "all" | "running" | "trouble" | "stopped" | "unhealthy" | "failed";

export interface Listing {
  text: string;
  kind: Kind;
  sort: Sort;
  /** "": none; "state", "service", or "label:KEY". */
  group: string;
}

export interface Group {
  title: string;
  services: Live[];
}

const urgency: Record<Severity, number> = { bad: 0, wait: 1, busy: 2, good: 3, off: 4 };

export function passes(service: Live, { text, kind }: Pick<Listing, "text" | "kind">): boolean {
  return isKind(service, kind) && text.toLowerCase().split(/\s+/).every((word) => hasWord(service, word));
}

function isKind(service: Live, kind: Kind): boolean {
  const how = severity(service);
  switch (kind) {
    case "running": return service.state === "running";
    case "trouble": return how === "bad" || how === "wait";
    case "stopped": return service.state === "stopped" || service.state === "completed";
    case "unhealthy": return service.health === "unhealthy";
    case "failed": return service.state === "failed";
    default: return true;
  }
}

function hasWord(service: Live, word: string): boolean {
  if (word === "") return true;
  const { name, state, port, pid, labels = {} } = service;
  return (
    name.toLowerCase().includes(word) || state === word || String(port) === word || String(pid) === word ||
    Object.entries(labels).some(([key, value]) => `${key}=${value}`.toLowerCase().includes(word))
  );
}

/** Filtered, sorted (names decide between equals) and in groups; the groups by their titles. */
export function list(services: Live[], how: Listing): Group[] {
  const shown = services.filter((each) => passes(each, how)).sort(order(how.sort));
  if (how.group === "") return [{ title: "", services: shown }];
  const groups = new Map<string, Live[]>();
  for (const each of shown) {
    const title = groupOf(each, how.group);
    const known = groups.get(title);
    if (known) known.push(each);
    else groups.set(title, [each]);
  }
  return [...groups].map(([title, members]) => ({ title, services: members }))
    .sort((a, b) => a.title.localeCompare(b.title, "en", { numeric: true }));
}

function groupOf(service: Live, group: string): string {
  if (group === "state") return service.state;
  if (group === "service") return service.service;
  const key = group.replace(/^label:/, "");
  return service.labels?.[key] ?? `no ${key}`;
}

function order(sort: Sort): (a: Live, b: Live) => number {
  const byName = (a: Live, b: Live): number => a.name.localeCompare(b.name, "en", { numeric: true });
  const most = (of: (service: Live) => number | null) => (a: Live, b: Live) => (of(b) ?? -1) - (of(a) ?? -1) || byName(a, b);
  switch (sort) {
    case "uptime": return most((each) => (each.started_at === null ? null : -Date.parse(each.started_at) + 1e15));
    case "cpu": return most((each) => each.cpu_percent);
    case "memory": return most((each) => each.memory_bytes);
    case "restarts": return most((each) => each.restarts);
    case "attention": return (a, b) => urgency[severity(a)] - urgency[severity(b)] || byName(a, b);
    default: return byName;
  }
}

/** What one can group by: state, service where there are several instances, and every label. */
export function groupings(services: Live[]): { value: string; text: string }[] {
  const keys = new Set<string>();
  let several = false;
  for (const each of services) {
    several ||= each.name !== each.service;
    for (const key of Object.keys(each.labels ?? {})) keys.add(key);
  }
  return [
    { value: "", text: "no groups" },
    { value: "state", text: "state" },
    ...(several ? [{ value: "service", text: "service" }] : []),
    ...[...keys].sort().map((key) => ({ value: `label:${key}`, text: `label ${key}` })),
  ];
}
