// Where somebody is, in the fragment of the address: every view and its filters can be linked to,
// and nothing of it leaves the browser.
import { signal } from "@preact/signals";

export type View = "overview" | "service" | "logs" | "graph" | "events" | "plan";

export interface Route {
  view: View;
  /** The service page's. */
  name: string;
  query: URLSearchParams;
}

const views: View[] = ["overview", "service", "logs", "graph", "events", "plan"];

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", name = ""] = path.split("/");
  const known = views.find((each) => each === view) ?? "overview";
  return {
    view: known === "service" && name === "" ? "overview" : known,
    name: decoded(name),
    query: new URLSearchParams(query),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function linkTo(view: View, name = "", query: Record<string, string> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  const search = given.length > 0 ? `?${new URLSearchParams(given)}` : "";
  const path = view === "overview" ? "" : name === "" ? view : `${view}/${encodeURIComponent(name)}`;
  return `#/${path}${search}`;
}

export const route = signal<Route>(parseRoute(location.hash));

export function startRoute(): void {
  addEventListener("hashchange", () => {
    route.value = parseRoute(location.hash);
    scrollTo(0, 0);
  });
  route.value = parseRoute(location.hash);
}

export function go(link: string): void {
  location.hash = link;
}

/** Changes the filters of the view that is open, without a step in the history. */
export function setQuery(change: Record<string, string>): void {
  const { view, name, query } = route.peek();
  const all = { ...Object.fromEntries(query), ...change };
  const link = linkTo(view, name, all);
  if (link === location.hash) return;
  history.replaceState(null, "", link);
  route.value = parseRoute(link);
}
