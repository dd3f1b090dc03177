// The services as the daemon tells them: one signal an instance, so that a change of one draws one
// card anew. Times that run are kept as what they were when the message came.
import { batch, computed, signal, type Signal } from "@preact/signals";
import type { Daemon, Service, Status } from "../api/shapes.ts";
import { severity } from "../text/words.ts";
import { now, secondsSince } from "./clock.ts";

export interface Live extends Service {
  /** performance.now() when it came. */
  received: number;
}

export const names = signal<readonly string[]>([]);
export const daemon = signal<(Daemon & { received: number }) | null>(null);

const instances = new Map<string, Signal<Live>>();

export function instance(name: string): Signal<Live> | undefined {
  return instances.get(name);
}

/** All instances, read as signals. */
export function all(): Live[] {
  const out: Live[] = [];
  for (const name of names.value) {
    const one = instances.get(name);
    if (one) out.push(one.value);
  }
  return out;
}

/** The instances of a service, or the one of that name. */
export function instancesOf(name: string): Live[] {
  return all().filter((each) => each.name === name || each.service === name);
}

export function takeSnapshot(status: Status): void {
  const received = performance.now();
  batch(() => {
    daemon.value = { ...status.daemon, received };
    const kept = new Set(status.services.map((each) => each.name));
    for (const name of instances.keys()) {
      if (!kept.has(name)) instances.delete(name);
    }
    for (const service of status.services) put(service, received);
    names.value = [...kept].sort(byName);
  });
}

export function takeStatus(service: Service): void {
  batch(() => {
    const known = instances.has(service.name);
    put(service, performance.now());
    if (!known) names.value = [...names.value, service.name].sort(byName);
  });
}

export function takeRemoved(name: string): void {
  if (!instances.delete(name)) return;
  names.value = names.value.filter((each) => each !== name);
}

/** What a sample of usage says of one instance. */
export function takeUsage(name: string, cpu: number | null, memory: number | null): void {
  const one = instances.get(name);
  if (!one) return;
  const is = one.peek();
  if (is.cpu_percent !== cpu || is.memory_bytes !== memory) {
    one.value = { ...is, cpu_percent: cpu, memory_bytes: memory };
  }
}

function put(service: Service, received: number): void {
  const live: Live = { ...service, received };
  const known = instances.get(service.name);
  if (known) {
    // A sample that came since is newer than what a change of state says of it.
    if (live.cpu_percent === null && live.pid === known.peek().pid) live.cpu_percent = known.peek().cpu_percent;
    known.value = live;
  } else {
    instances.set(service.name, signal(live));
  }
}

function byName(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

export function uptime(service: Live): number | null {
  return service.uptime_seconds === null ? null : service.uptime_seconds + secondsSince(service.received);
}

export function nextStart(service: Live): number | null {
  if (service.next_start_in_seconds === null) return null;
  return Math.max(0, service.next_start_in_seconds - secondsSince(service.received));
}

export function daemonUptime(): number | null {
  const is = daemon.value;
  return is === null ? null : is.uptime_seconds + secondsSince(is.received);
}

export interface Counts {
  all: number;
  running: number;
  unhealthy: number;
  failed: number;
  trouble: number;
  stopped: number;
}

export const counts = computed<Counts>(() => {
  const out: Counts = { all: 0, running: 0, unhealthy: 0, failed: 0, trouble: 0, stopped: 0 };
  for (const each of all()) {
    ++out.all;
    if (each.state === "running") ++out.running;
    if (each.health === "unhealthy") ++out.unhealthy;
    if (each.state === "failed") ++out.failed;
    if (each.state === "stopped") ++out.stopped;
    const how = severity(each);
    if (how === "bad" || how === "wait") ++out.trouble;
  }
  return out;
});

/** The uptimes of all that run, together, in seconds. */
export function totalUptime(): number {
  const at = now.value;
  let sum = 0;
  for (const each of all()) {
    if (each.uptime_seconds !== null) sum += each.uptime_seconds + secondsSince(each.received, at);
  }
  return sum;
}
