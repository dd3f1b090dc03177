// What happened, oldest first: the journal's newest entries, as many as a page needs.
import { signal } from "@preact/signals";
import { get } from "../api/http.ts";
import type { Event } from "../api/shapes.ts";

const most = 10_000;
const atFirst = 2000;

let entries: Event[] = [];
/** Grows with every change of the entries. */
export const journalVersion = signal(0);
/** What the instance and its neighbours hear as it happens. */
export type EventListener = (event: Event) => void;
const listeners = new Set<EventListener>();

/** Read as a signal: who reads it is drawn anew when there is more. */
export function journal(): readonly Event[] {
  journalVersion.value;
  return entries;
}

export function onEvent(listener: EventListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let known: number | null = null;
const illnesses = signal<ReadonlyMap<string, Event>>(new Map());

/** The entry that says why an instance is unhealthy, where the journal has it. */
export function illness(name: string): Event | undefined {
  return illnesses.value.get(name);
}

/** Status tells the reason of the state only: what the health rests on is in the journal. */
function diagnose(event: Event): void {
  const is = illnesses.peek();
  if (event.health === "unhealthy" ? event.from !== event.to && is.has(event.instance) : !is.has(event.instance)) return;
  const next = new Map(is);
  if (event.health === "unhealthy") next.set(event.instance, event);
  else next.delete(event.instance);
  illnesses.value = next;
}

/** The sequence number up to which the page knows everything; null at first. */
export function lastSequence(): number | null {
  return known;
}

export function takeEvent(event: Event): void {
  if (known !== null && event.sequence <= known) return;
  known = event.sequence;
  entries.push(event);
  diagnose(event);
  if (entries.length > most * 1.2) entries = entries.slice(-most);
  ++journalVersion.value;
  for (const listener of listeners) listener(event);
}

/**
 * A snapshot that includes the events up to `sequence`. A number below what the page knows is
 * another journal: what was known before goes.
 */
export function takeSequence(sequence: number): void {
  const anew = known === null || sequence < known;
  if (!anew) return;
  entries = [];
  known = sequence;
  ++journalVersion.value;
  void load(sequence);
}

async function load(upTo: number): Promise<void> {
  const before = known;
  try {
    const { events } = await get<{ events: Event[] }>(`events?last=${atFirst}`);
    if (known !== null && before !== null && known < before) return;
    const older = events.filter((each) => each.sequence <= upTo);
    entries = [...older, ...entries.filter((each) => each.sequence > upTo)];
    entries.forEach(diagnose);
    ++journalVersion.value;
  } catch {
    // The stream goes on without the history; another snapshot asks again.
  }
}

/** Starts that were not wanted, since midnight here. */
export function restartsToday(): number {
  const midnight = new Date().setHours(0, 0, 0, 0);
  let sum = 0;
  const all = journal();
  for (let i = all.length - 1; i >= 0; --i) {
    const event = all[i] as Event;
    if (Date.parse(event.at) < midnight) break;
    if (event.to === "backoff" && event.from !== "backoff") ++sum;
  }
  return sum;
}
