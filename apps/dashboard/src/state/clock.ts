// The time that counts up and down on the page: one tick a second, none while nobody looks.
import { signal } from "@preact/signals";

/** Milliseconds as performance.now() tells them, at the last tick. */
export const now = signal(performance.now());

let timer: number | undefined;

function tick(): void {
  now.value = performance.now();
}

function turn(): void {
  clearInterval(timer);
  timer = undefined;
  if (document.hidden) return;
  tick();
  timer = window.setInterval(tick, 1000);
}

export function startClock(): void {
  document.addEventListener("visibilitychange", turn);
  turn();
}

/** Seconds since `received`, never below zero. */
export function secondsSince(received: number, at = now.value): number {
  return Math.max(0, (at - received) / 1000);
}
