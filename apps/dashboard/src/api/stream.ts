// The one WebSocket of this tab: the first message signs in, then comes a snapshot, then every
// change. It connects again by itself and asks for what happened meanwhile by sequence number.
import { signal } from "@preact/signals";
import { address, endSession, token } from "./session.ts";
import { get, Problem } from "./http.ts";
import type { Message } from "./shapes.ts";

export type Connection = "connecting" | "live" | "reconnecting";

/** Whether what the page shows is so now. */
export const connection = signal<Connection>("connecting");
/** When it will be tried again, in ms of performance.now(); null while it is being tried. */
export const triesAgainAt = signal<number | null>(null);

const firstPause = 100;
const longestPause = 3000;
const signInRefused = 4401;

type Handler = (message: Message) => void;

let socket: WebSocket | null = null;
let handler: Handler = () => {};
let whenOpen: () => void = () => {};
let lastSequence = (): number | null => null;
let pause = firstPause;
let timer: number | undefined;
let stopped = true;

/**
 * Starts the stream. `onMessage` hears every message in order; `onOpen` is called behind each
 * snapshot, to subscribe (again); `sequence` tells the last event the page knows.
 */
export function startStream(onMessage: Handler, onOpen: () => void, sequence: () => number | null): void {
  handler = onMessage;
  whenOpen = onOpen;
  lastSequence = sequence;
  stopped = false;
  connect();
}

/** What may mean that the daemon can be reached again: then it is tried at once. */
export function watchForReturn(): void {
  addEventListener("online", retryNow);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) retryNow();
  });
}

export function stopStream(): void {
  stopped = true;
  clearTimeout(timer);
  socket?.close();
  socket = null;
}

/** Sends where it is connected and live; what is said before is said again by `onOpen`. */
export function say(message: unknown): void {
  if (connection.peek() === "live" && socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

export function retryNow(): void {
  if (stopped || socket !== null) return;
  clearTimeout(timer);
  connect();
}

function connect(): void {
  const where = address("api/v1/stream");
  where.protocol = where.protocol === "https:" ? "wss:" : "ws:";
  const since = lastSequence();
  if (since !== null) where.searchParams.set("since", String(since));
  triesAgainAt.value = null;
  const current = new WebSocket(where);
  socket = current;
  current.onopen = () => {
    const bearer = token();
    if (bearer !== null) current.send(JSON.stringify({ authenticate: { token: bearer } }));
  };
  current.onmessage = (event: MessageEvent<string>) => {
    if (socket === current) hear(JSON.parse(event.data) as Message);
  };
  current.onclose = (event) => {
    if (socket === current) void closed(event.code, event.reason);
  };
}

function hear(message: Message): void {
  handler(message);
  if (message.type !== "snapshot") return;
  pause = firstPause;
  connection.value = "live";
  whenOpen();
}

async function closed(code: number, reason: string): Promise<void> {
  socket = null;
  if (stopped) return;
  connection.value = connection.peek() === "connecting" ? "connecting" : "reconnecting";
  if (code === signInRefused) {
    endSession(reason || "The session has ended.");
    return;
  }
  if (pause > 4 * firstPause && (await refused())) return;
  if (stopped || socket !== null) return;
  triesAgainAt.value = performance.now() + pause;
  timer = window.setTimeout(connect, pause);
  pause = Math.min(pause * 2, longestPause);
}

/** A browser does not tell why an upgrade failed: an ordinary request does, and ends the session on 401. */
async function refused(): Promise<boolean> {
  try {
    await get("events?last=1");
  } catch (fault) {
    return fault instanceof Problem && fault.status === 401;
  }
  return false;
}
