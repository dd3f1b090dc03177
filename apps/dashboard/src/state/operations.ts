// Start, stop and restart: asked over HTTP, followed on the stream until they are done.
import { signal } from "@preact/signals";
import { ofService, post, told } from "../api/http.ts";
import type { Event, Operation } from "../api/shapes.ts";
import { reasonInWords } from "../text/words.ts";
import { onEvent } from "./journal.ts";
import { notify } from "./notices.ts";
import { linkTo } from "./route.ts";
import { all, instance } from "./stack.ts";

export type Action = "start" | "stop" | "restart";

interface Pending {
  action: Action;
  /** Restart: the process is gone, the next one is awaited. */
  down: boolean;
}

/** What is under way, by instance. */
export const pending = signal<ReadonlyMap<string, Pending>>(new Map());

const done: Record<Action, string> = { start: "started", stop: "stopped", restart: "restarted" };

export function label(action: Action): string {
  return action.charAt(0).toUpperCase() + action.slice(1);
}

/** One instance. */
export async function operate(action: Action, name: string): Promise<void> {
  await carryOut(action, [name], () => post<{ operation: Operation }>(ofService(name, `/${action}`)));
}

/** Several, in the order of their dependencies. */
export async function operateOn(action: Action, names: readonly string[]): Promise<void> {
  const body = names.length === all().length ? {} : { services: names };
  await carryOut(action, names, () => post<{ operation: Operation }>(action, body));
}

async function carryOut(
  action: Action, names: readonly string[], ask: () => Promise<{ operation: Operation }>,
): Promise<void> {
  mark(names, action);
  try {
    const { operation } = await ask();
    for (const target of operation.targets) {
      if (target.result === "already" || target.result === "done") settle(target.name);
      if (target.result === "failed") fail(target.name, action, target.detail);
    }
    const known = new Set(operation.targets.map((each) => each.name));
    for (const name of names) {
      if (!known.has(name)) settle(name);
    }
    if (operation.targets.length > 0 && operation.targets.every((each) => each.result === "already")) {
      notify(`${subject(names)} ${names.length === 1 ? "is" : "are"} ${done[action]} already`);
    }
  } catch (fault) {
    for (const name of names) settle(name);
    notify(`Cannot ${action} ${subject(names)}: ${told(fault)}`, true);
  }
}

function subject(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? "") : `${names.length} services`;
}

function mark(names: readonly string[], action: Action): void {
  const next = new Map(pending.peek());
  for (const name of names) next.set(name, { action, down: false });
  pending.value = next;
}

function settle(name: string): void {
  if (!pending.peek().has(name)) return;
  const next = new Map(pending.peek());
  next.delete(name);
  pending.value = next;
}

function fail(name: string, action: Action, detail: string): void {
  settle(name);
  notify(`${name} was not ${done[action]}${detail ? `: ${detail}` : ""}`, true, {
    to: linkTo("service", name),
    text: "why",
  });
}

/** What an event means for what is under way. */
function follow(event: Event): void {
  const asked = pending.peek().get(event.instance);
  if (!asked) return;
  if (event.to === "failed" || event.to === "backoff") {
    fail(event.instance, asked.action, reasonInWords(event.reason, event.because));
  } else if (asked.action === "stop") {
    if (event.to === "stopped" || event.to === "completed") settle(event.instance);
  } else if (asked.action === "restart" && !asked.down) {
    asked.down = event.to === "stopped" || event.to === "starting" || event.to === "stopping";
  } else if (event.to === "running" || event.to === "completed" || event.to === "waiting") {
    settle(event.instance);
  }
}

/** After a reconnect: what the snapshot shows as done is done. */
export function reviewOperations(): void {
  for (const [name, { action }] of pending.peek()) {
    const is = instance(name)?.peek();
    const moving = is && (is.state === "starting" || is.state === "stopping");
    if (!moving || (action === "stop" && is.state === "stopped")) settle(name);
  }
}

export function startOperations(): void {
  onEvent(follow);
}
