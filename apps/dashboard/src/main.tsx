// The page: signs in, opens the stream, shows the view that the address names.
import { signal } from "@preact/signals";
import { render, type ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { openSession, signIn } from "./api/session.ts";
import { startLive } from "./state/live.ts";
import { route, startRoute, type View } from "./state/route.ts";
import { applyTheme } from "./state/settings.ts";
import { daemon } from "./state/stack.ts";
import { startKeys } from "./ui/keys.ts";
import { Shell } from "./ui/shell.tsx";
import Overview from "./views/overview.tsx";
import { SignedOut } from "./views/signed_out.tsx";

// The overview comes with the page; the others when they are first opened.
const loaders: Record<Exclude<View, "overview">, () => Promise<{ default: ComponentType }>> = {
  service: () => import("./views/service.tsx"),
  logs: () => import("./views/logs.tsx"),
  graph: () => import("./views/graph.tsx"),
  events: () => import("./views/events.tsx"),
  plan: () => import("./views/plan.tsx"),
};

const loaded = signal<Partial<Record<View, ComponentType>>>({ overview: Overview });
const failed = signal("");

async function load(view: View): Promise<void> {
  if (view === "overview" || loaded.peek()[view]) return;
  try {
    const { default: component } = await loaders[view]();
    loaded.value = { ...loaded.peek(), [view]: component };
    failed.value = "";
  } catch {
    // After an upgrade of the daemon this page's own parts have other names.
    failed.value = "This part of the page did not come: it may be older than the daemon.";
  }
}

function App() {
  const { view, name } = route.value;
  useEffect(() => void load(view), [view]);
  useEffect(() => {
    const stack = daemon.value?.name ?? "";
    document.title = [name || (view === "overview" ? "" : view), stack, "Aurora"].filter((each) => each !== "").join(" · ");
  }, [view, name, daemon.value?.name]);
  if (signIn.value === "signed-out") return <SignedOut />;
  const View = loaded.value[view];
  return (
    <Shell>
      {View ? <View /> : (
        <main id="main">
          <p class="nothing">{failed.value || "…"} {failed.value && <button onClick={() => location.reload()}>Load the page again</button>}</p>
        </main>
      )}
    </Shell>
  );
}

applyTheme();
void openSession();  // takes the code out of the address before anything reads it
startRoute();
startKeys();
startLive();
const root = document.querySelector("#app");
if (root) {
  root.replaceChildren();
  render(<App />, root);
}
