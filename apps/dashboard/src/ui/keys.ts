// Keys of the whole page. A view brings its own while it is open; none is heard while somebody
// types or a dialog is open.
import { useLayoutEffect } from "preact/hooks";
import { singleKeys } from "../state/settings.ts";

export type Keys = Record<string, () => void>;

const layers: { current: Keys }[] = [];
let prefix = "";
let prefixTimer: number | undefined;

/** The keys of a component while it is on the page; the newest layer is asked first. */
export function useKeys(keys: Keys): void {
  useLayoutEffect(() => {
    const layer = { current: keys };
    layers.push(layer);
    return () => void layers.splice(layers.indexOf(layer), 1);
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]), select, textarea, [contenteditable]");
}

function find(key: string): (() => void) | undefined {
  for (let i = layers.length - 1; i >= 0; --i) {
    const found = layers[i]?.current[key];
    if (found) return found;
  }
  return undefined;
}

function hear(event: KeyboardEvent): void {
  if (document.querySelector("dialog[open]")) return;
  const name = (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + event.key;
  if (event.altKey) return;
  const special = name.startsWith("Ctrl+");
  if (!special && isTyping(event.target)) {
    if (event.key === "Escape") (event.target as HTMLElement).blur();
    return;
  }
  if (!special && event.key.length === 1 && !singleKeys.peek()) return;
  // Enter and space on a button or a link are the button's.
  if ((event.key === "Enter" || event.key === " ") && event.target instanceof Element && event.target.closest("a, button, summary, label")) return;
  const action = find(prefix === "" ? name : `${prefix} ${name}`);
  clearPrefix();
  if (action) {
    event.preventDefault();
    action();
  } else if (name === "g") {
    prefix = "g";
    prefixTimer = window.setTimeout(clearPrefix, 1500);
  }
}

function clearPrefix(): void {
  prefix = "";
  clearTimeout(prefixTimer);
}

export function startKeys(): void {
  addEventListener("keydown", hear);
}
