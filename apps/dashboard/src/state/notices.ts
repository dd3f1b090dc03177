// Short words about what somebody asked for: they go by themselves, those about failures stay
// until they are closed.
import { signal } from "@preact/signals";

export interface Notice {
  id: number;
  text: string;
  bad: boolean;
  link?: { to: string; text: string };
}

export const notices = signal<readonly Notice[]>([]);
const shownFor = 5000;
const most = 5;
let last = 0;

export function notify(text: string, bad = false, link?: Notice["link"]): void {
  const id = ++last;
  notices.value = [...notices.value, { id, text, bad, ...(link ? { link } : {}) }].slice(-most);
  if (!bad) setTimeout(() => dismiss(id), shownFor);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((each) => each.id !== id);
}
