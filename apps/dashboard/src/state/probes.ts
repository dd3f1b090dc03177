// Results of probes, live, of the instances whose page is open.
import { signal, type Signal } from "@preact/signals";
import { get, ofService } from "../api/http.ts";
import type { Probe } from "../api/shapes.ts";
import { say } from "../api/stream.ts";

const most = 120;
const results = new Map<string, Signal<readonly Probe[]>>();
const wanted = new Set<string>();

export function probesOf(name: string): Signal<readonly Probe[]> {
  let one = results.get(name);
  if (!one) {
    one = signal<readonly Probe[]>([]);
    results.set(name, one);
  }
  return one;
}

/** Follows the probes of an instance until the returned function is called. */
export function watchProbes(name: string): () => void {
  wanted.add(name);
  void load(name);
  say({ subscribe: { probes: [name] } });
  return () => {
    wanted.delete(name);
    say({ unsubscribe: { probes: [name] } });
  };
}

export function subscribeProbes(): void {
  if (wanted.size === 0) return;
  say({ subscribe: { probes: [...wanted] } });
  for (const name of wanted) void load(name);
}

export function takeProbe(name: string, probe: Probe): void {
  const one = probesOf(name);
  const last = one.peek().at(-1);
  if (last && last.at >= probe.at) return;
  one.value = [...one.peek(), probe].slice(-most);
}

async function load(name: string): Promise<void> {
  try {
    const { services } = await get<{ services: { name: string; probes: Probe[] }[] }>(ofService(name, "/probes"));
    for (const each of services) {
      const newest = each.probes.at(-1)?.at ?? "";
      const live = probesOf(each.name).peek().filter((probe) => probe.at > newest);
      probesOf(each.name).value = [...each.probes, ...live].slice(-most);
    }
  } catch {
    // A daemon that tells no results: the panel stays away.
  }
}
