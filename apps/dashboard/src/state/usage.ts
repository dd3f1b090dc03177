// CPU and memory of the last 15 minutes, by instance: what the daemon has, and each sample as it is
// taken. Where the daemon tells no samples there is no curve.
import { batch, signal, type Signal } from "@preact/signals";
import { get, ofService, Problem } from "../api/http.ts";
import type { UsageSample } from "../api/shapes.ts";
import { say } from "../api/stream.ts";
import { takeUsage } from "./stack.ts";

export interface Samples {
  /** ms since 1970, ascending. */
  at: number[];
  cpu: (number | null)[];
  memory: (number | null)[];
}

export const windowMs = 15 * 60 * 1000;
const none: Samples = { at: [], cpu: [], memory: [] };

const series = new Map<string, Signal<Samples>>();
const asked = new Set<string>();
/** Whether the daemon tells samples at all. */
export const usageKnown = signal(true);

export function samplesOf(name: string): Signal<Samples> {
  let one = series.get(name);
  if (!one) {
    one = signal(none);
    series.set(name, one);
  }
  return one;
}

/** Fetches what the daemon has of an instance, once for each connection. */
export async function loadUsage(name: string): Promise<void> {
  if (!usageKnown.peek() || asked.has(name)) return;
  asked.add(name);
  try {
    const { services } = await get<{ services: { name: string; samples: UsageSample[] }[] }>(ofService(name, "/usage"));
    for (const each of services) merge(each.name, each.samples);
  } catch (fault) {
    if (fault instanceof Problem && fault.status === 404 && !/service/.test(fault.message)) usageKnown.value = false;
    asked.delete(name);
  }
}

function merge(name: string, samples: UsageSample[]): void {
  const one = samplesOf(name);
  const first = one.peek().at[0] ?? Infinity;
  const older = samples.filter((each) => Date.parse(each.at) < first);
  const is = one.peek();
  one.value = {
    at: [...older.map((each) => Date.parse(each.at)), ...is.at],
    cpu: [...older.map((each) => each.cpu_percent), ...is.cpu],
    memory: [...older.map((each) => each.memory_bytes), ...is.memory],
  };
}

/** One round of samples from the stream. */
export function takeSamples(at: string, services: [string, number | null, number | null][]): void {
  const when = Date.parse(at);
  batch(() => {
    for (const [name, cpu, memory] of services) {
      takeUsage(name, cpu, memory);
      addSample(samplesOf(name), when, cpu, memory);
    }
  });
}

function addSample(one: Signal<Samples>, when: number, cpu: number | null, memory: number | null): void {
  const is = one.peek();
  const from = is.at.findIndex((each) => each >= when - windowMs);
  const start = from < 0 ? is.at.length : from;
  one.value = {
    at: [...is.at.slice(start), when],
    cpu: [...is.cpu.slice(start), cpu],
    memory: [...is.memory.slice(start), memory],
  };
}

/** What waits together is to come as one message: unless this daemon does not know that. */
let together: { batch?: true } = { batch: true };

/** Behind each snapshot: go on with samples, and ask again for what was missed. */
export function subscribeUsage(): void {
  asked.clear();
  if (usageKnown.peek()) say({ subscribe: { usage: true, ...together } });
}

export function refuseBatches(): void {
  together = {};
  subscribeUsage();
}
