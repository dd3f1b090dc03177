// What the page remembers of how somebody likes it, in this browser.
import { effect, signal, type Signal } from "@preact/signals";

function remembered<T extends string | boolean>(name: string, otherwise: T, allowed?: readonly T[]): Signal<T> {
  const key = `aurora.${name}`;
  let first = otherwise;
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    if (typeof found === typeof otherwise && (!allowed || allowed.includes(found as T))) first = found as T;
  } catch {
    // Not ours, or no storage: as it is made.
  }
  const value = signal<T>(first);
  effect(() => {
    try {
      localStorage.setItem(key, JSON.stringify(value.value));
    } catch {
      // A browser that keeps nothing: then for this visit.
    }
  });
  return value;
}

export type Theme = "system" | "dark" | "light";
export type Sort = "attention" | "name" | "uptime" | "cpu" | "memory" | "restarts";

export const theme = remembered<Theme>("theme", "system", ["system", "dark", "light"]);
export const compact = remembered<boolean>("compact", false);
export const sort = remembered<Sort>("sort", "attention", ["attention", "name", "uptime", "cpu", "memory", "restarts"]);
export const group = remembered<string>("group", "");
export const singleKeys = remembered<boolean>("single-keys", true);
export const wrap = remembered<boolean>("logs.wrap", false);
export const timestamps = remembered<boolean>("logs.timestamps", true);
export const tint = remembered<boolean>("logs.tint", true);

/** The theme goes to the root element, where the styles look for it. */
export function applyTheme(): void {
  effect(() => {
    const root = document.documentElement;
    if (theme.value === "system") {
      delete root.dataset["theme"];
    } else {
      root.dataset["theme"] = theme.value;
    }
  });
}

/** system → the other of what is seen → back. */
export function nextTheme(): void {
  const order: Theme[] = ["system", "dark", "light"];
  theme.value = order[(order.indexOf(theme.peek()) + 1) % order.length] ?? "system";
}
