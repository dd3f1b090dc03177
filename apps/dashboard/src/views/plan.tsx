// What a reload of the configuration would do; then do it.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { post, Problem } from "../api/http.ts";
import { role } from "../api/session.ts";
import type { Operation, Step } from "../api/shapes.ts";
import { linkTo } from "../state/route.ts";
import { notify } from "../state/notices.ts";
import { daemon } from "../state/stack.ts";
import { plural } from "../text/formats.ts";
import { confirm } from "../ui/dialog.tsx";
import { Glyph, type GlyphName } from "../ui/glyph.tsx";

type Plan = { kind: "asking" } | { kind: "steps"; steps: Step[] } | { kind: "problem"; problem: Problem };

const glyphs: Record<Step["action"], GlyphName> = {
  add: "start", remove: "failed", restart: "restart", update: "completed", scale: "graph",
};
const words: Record<Step["action"], string> = {
  add: "is new, and starts where autostart says so",
  remove: "stops in order and is forgotten",
  restart: "restarts: what its process is made of changed",
  update: "goes on running: rules about it change in place",
  scale: "goes on running: instances come or go",
};

export default function PlanView() {
  const plan = useSignal<Plan>({ kind: "asking" });
  const done = useSignal<{ operation: Operation; warnings?: string[] } | null>(null);
  const busy = useSignal(false);
  useEffect(() => void ask(plan), []);
  const reload = async (steps: Step[]): Promise<void> => {
    const restarted = steps.filter((each) => each.action === "restart" || each.action === "remove").length;
    const text = restarted > 0 ? `${plural(restarted, "service")} will be stopped or restarted; the others go on undisturbed.` : "No running service is disturbed.";
    if (!(await confirm("Reload the configuration?", text, "Reload", restarted > 0))) return;
    busy.value = true;
    try {
      done.value = await post<{ operation: Operation; warnings?: string[] }>("reload?wait=30s");
      notify("The configuration is reloaded");
    } catch (fault) {
      if (fault instanceof Problem) plan.value = { kind: "problem", problem: fault };
    }
    busy.value = false;
    if (plan.peek().kind !== "problem") await ask(plan);
  };
  const is = plan.value;
  return (
    <main id="main" class="plan-view">
      <section class="toolbar" aria-label="Plan">
        <h1>Plan</h1>
        <p class="path mono">{daemon.value?.config}</p>
        <span class="spring" />
        <button onClick={() => { done.value = null; void ask(plan); }}><Glyph name="restart" />Look again</button>
        {is.kind === "steps" && is.steps.length > 0 && (
          <button class="primary" disabled={role.value !== "operate" || busy.value} aria-busy={busy.value} onClick={() => void reload(is.steps)}>
            {busy.value ? "Reloading…" : "Reload"}
          </button>
        )}
      </section>
      {is.kind === "asking" && <p class="nothing">Reading the configuration…</p>}
      {is.kind === "problem" && <Refused is={is.problem} />}
      {is.kind === "steps" && <Steps is={is.steps} />}
      {done.value && <Done is={done.value} />}
    </main>
  );
}

async function ask(plan: Signal<Plan>): Promise<void> {
  try {
    plan.value = { kind: "steps", steps: (await post<{ steps: Step[] }>("plan")).steps };
  } catch (fault) {
    if (fault instanceof Problem) plan.value = { kind: "problem", problem: fault };
  }
}

function Refused({ is }: { is: Problem }) {
  return (
    <section class="panel refused" aria-label="The configuration is not valid">
      <h2><Glyph name="failed" />{is.message}</h2>
      {is.detail && <p>{is.detail}</p>}
      {is.errors.length > 0 && <ul class="mono">{is.errors.map((each) => <li key={each}>{each}</li>)}</ul>}
      <p>{is.hint || "What runs goes on running as it is."}</p>
    </section>
  );
}

function Steps({ is }: { is: Step[] }) {
  if (is.length === 0) {
    return <p class="nothing"><Glyph name="completed" />What runs is what the configuration says: a reload would do nothing.</p>;
  }
  return (
    <ul class="steps" aria-label="What a reload would do">
      {is.map((each) => (
        <li key={`${each.service} ${each.action}`} class={`step ${each.action}`}>
          <Glyph name={glyphs[each.action]} />
          <b class="action-name">{each.action}</b>
          <a href={linkTo("service", each.service)}>{each.service}</a>
          <span>{words[each.action]}{each.action === "scale" ? `: ${each.from_instances} → ${each.to_instances}` : ""}</span>
          {each.keys.length > 0 && <span class="mono keys">{each.keys.join(", ")}</span>}
        </li>
      ))}
    </ul>
  );
}

function Done({ is }: { is: { operation: Operation; warnings?: string[] } }) {
  return (
    <section class="panel" aria-label="What the reload did">
      <h2>Done</h2>
      {(is.warnings ?? []).map((each) => <p key={each}><Glyph name="unhealthy" />{each}</p>)}
      <ul class="results">
        {is.operation.targets.map((each) => <li key={each.name}><a href={linkTo("service", each.name)}>{each.name}</a> {each.result}, {each.state}{each.detail ? `: ${each.detail}` : ""}</li>)}
      </ul>
    </section>
  );
}
