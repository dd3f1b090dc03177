// The logs of several services at once, merged by time.
import { useSignal, useSignalEffect } from "@preact/signals";
import { route, setQuery } from "../state/route.ts";
import { all, names as known } from "../state/stack.ts";
import { severity } from "../text/words.ts";
import { Glyph } from "../ui/glyph.tsx";
import { LogPanel, nothingSought, type Sought } from "../ui/log_panel.tsx";

const mostAtFirst = 12;

export default function Logs() {
  const { query } = route.value;
  const chosen = chosenNames(query.get("services"));
  const sought = useSignal<Sought>(fromQuery(query));
  useSignalEffect(() => {
    const { text, regex, only, without, level } = sought.value;
    setQuery({ q: text, regex: regex ? "1" : "", only: only ? "1" : "", without, level: level === "all" ? "" : level });
  });
  return (
    <main id="main" class="logs-view">
      <h1 class="hidden">Logs</h1>
      <Chooser chosen={chosen} />
      {chosen.length === 0
        ? <p class="nothing">Choose one or more services.</p>
        : <LogPanel names={chosen} at={query.get("at") ?? ""} sought={sought} tall />}
    </main>
  );
}

function fromQuery(query: URLSearchParams): Sought {
  const level = query.get("level");
  return {
    ...nothingSought,
    text: query.get("q") ?? "",
    regex: query.get("regex") === "1",
    only: query.get("only") === "1",
    without: query.get("without") ?? "",
    level: level === "warning" || level === "error" ? level : "all",
  };
}

/** Instances by the names in the address (a service stands for all of its instances). */
function chosenNames(wanted: string | null): string[] {
  if (wanted === null) return known.value.slice(0, mostAtFirst);
  const names = new Set(wanted.split(","));
  return all().filter((each) => names.has(each.name) || names.has(each.service)).map((each) => each.name);
}

function Chooser({ chosen }: { chosen: string[] }) {
  const on = new Set(chosen);
  const choose = (names: string[]): void => setQuery({ services: names.length > 0 ? names.join(",") : "-", at: "" });
  return (
    <div class="chooser" role="group" aria-label="Services whose logs are shown">
      <button class="chip" aria-pressed={chosen.length === known.value.length} onClick={() => choose([...known.value])}>All</button>
      <button class="chip" aria-pressed={chosen.length === 0} onClick={() => choose([])}>None</button>
      {all().map((each) => {
        const index = chosen.indexOf(each.name);
        return (
          <button key={each.name} class={`chip service n${Math.max(0, index) % 8} ${severity(each)}`} aria-pressed={on.has(each.name)}
            title="Alt: only this one"
            onClick={(event) => choose(event.altKey ? [each.name] : on.has(each.name) ? chosen.filter((name) => name !== each.name) : [...chosen, each.name])}>
            <Glyph name={each.state === "running" && each.health === "unhealthy" ? "unhealthy" : each.state} />{each.name}
          </button>
        );
      })}
    </div>
  );
}
