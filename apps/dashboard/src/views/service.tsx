// One service, or one instance of it.
import { role } from "../api/session.ts";
import { ofService, post, told } from "../api/http.ts";
import { go, linkTo, route } from "../state/route.ts";
import { notify } from "../state/notices.ts";
import { instancesOf, names, type Live } from "../state/stack.ts";
import { Actions, operateAsked } from "../ui/actions.tsx";
import { confirm } from "../ui/dialog.tsx";
import { Glyph, StateBadge } from "../ui/glyph.tsx";
import { useKeys } from "../ui/keys.ts";
import { LogPanel } from "../ui/log_panel.tsx";
import { Uptime } from "../ui/tick.tsx";
import { bytes, moment, percent } from "../text/formats.ts";
import { lastExit } from "../text/words.ts";
import { PortLink } from "./card.tsx";
import { ConfigurationPanel, ProbesPanel, ProcessesPanel, UsagePanel } from "./panels.tsx";
import { Timeline } from "./timeline.tsx";
import { Why } from "./why.tsx";

export default function ServicePage() {
  const name = route.value.name;
  const found = instancesOf(name);
  const is = found.find((each) => each.name === name) ?? found[0];
  if (!is) return <NotThere name={name} />;
  return <Page key={is.name} of={is} siblings={instancesOf(is.service)} />;
}

function NotThere({ name }: { name: string }) {
  return (
    <main id="main" class="service-page">
      <p class="nothing">
        {names.value.length === 0 ? "Waiting for the daemon…" : `There is no service “${name}”.`} <a href={linkTo("overview")}>All services</a>
      </p>
    </main>
  );
}

function Page({ of: is, siblings }: { of: Live; siblings: Live[] }) {
  useKeys({
    s: () => void operateAsked("start", is),
    r: () => void operateAsked("restart", is),
    x: () => void operateAsked("stop", is),
    Escape: () => go(linkTo("overview")),
    "g l": () => go(linkTo("logs", "", { services: is.name })),
  });
  return (
    <main id="main" class="service-page">
      <header class="service-head">
        <a class="back" href={linkTo("overview")} aria-label="All services">←</a>
        <h1>{is.name}</h1>
        <StateBadge state={is.state} health={is.health} />
        <Actions service={is} />
        <More of={is} siblings={siblings} />
      </header>
      {siblings.length > 1 && (
        <nav class="chips" aria-label={`Instances of ${is.service}`}>
          {siblings.map((each) => <a key={each.name} class="chip" aria-current={each.name === is.name ? "page" : undefined} href={linkTo("service", each.name)}><Glyph name={each.state} />{each.name}</a>)}
        </nav>
      )}
      <Facts of={is} />
      <div class="service-columns">
        <Why of={is} />
        <Timeline of={is} />
      </div>
      <section class="panel" aria-label="Log">
        <h2>Log <a class="count" href={linkTo("logs", "", { services: is.name })}>whole view</a></h2>
        <LogPanel names={[is.name]} />
      </section>
      <UsagePanel name={is.name} />
      <ProbesPanel name={is.name} />
      <ProcessesPanel of={is} />
      <ConfigurationPanel of={is} />
    </main>
  );
}

function Facts({ of: is }: { of: Live }) {
  const ended = lastExit(is);
  const labels = Object.entries(is.labels ?? {});
  return (
    <dl class="facts wide-facts">
      <div><dt>up</dt><dd><Uptime of={is} /></dd></div>
      <div><dt>pid</dt><dd>{is.pid ?? "–"}</dd></div>
      <div><dt>port</dt><dd>{is.port === null ? "–" : <PortLink port={is.port} />}</dd></div>
      <div><dt>restarts</dt><dd>{is.restarts}</dd></div>
      <div><dt>wanted</dt><dd>{is.desired}</dd></div>
      {is.cpu_percent !== null && <div><dt>CPU</dt><dd>{percent(is.cpu_percent)}</dd></div>}
      {is.memory_bytes !== null && <div><dt>memory</dt><dd>{bytes(is.memory_bytes)}</dd></div>}
      {ended && <div><dt>last exit</dt><dd>{ended}{is.last_exit?.at ? `, ${moment(is.last_exit.at)}` : ""}</dd></div>}
      {is.depends_on.length > 0 && <div><dt>depends on</dt><dd>{is.depends_on.map((each) => <a key={each} href={linkTo("service", each)}>{each} </a>)}</dd></div>}
      {labels.length > 0 && <div><dt>labels</dt><dd>{labels.map(([key, value]) => `${key}=${value}`).join(" ")}</dd></div>}
    </dl>
  );
}

const signals = ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGQUIT", "SIGTERM", "SIGKILL"];

/** What is needed less often: signals, and the number of instances. */
function More({ of: is, siblings }: { of: Live; siblings: Live[] }) {
  if (role.value !== "operate") return null;
  const ask = async (path: string, body: unknown, question: string, done: string): Promise<void> => {
    if (!(await confirm(question, `For ${is.service}.`, "Yes, do it", true))) return;
    try {
      await post(path, body);
      notify(done);
    } catch (fault) {
      notify(`That was not done: ${told(fault)}`, true);
    }
  };
  return (
    <details class="more">
      <summary>More</summary>
      <div class="more-body">
        <label class="pick"><span>Signal</span>
          <select value="" disabled={is.pid === null} onChange={(event) => {
            const signal = event.currentTarget.value;
            event.currentTarget.value = "";
            if (signal) void ask(ofService(is.name, "/signal"), { signal }, `Send ${signal} to ${is.name}?`, `${signal} sent to ${is.name}`);
          }}>
            <option value="">send…</option>
            {signals.map((each) => <option key={each} value={each}>{each}</option>)}
          </select>
        </label>
        <label class="pick"><span>Instances</span>
          <input type="number" min="1" max="1000" value={siblings.length} onChange={(event) => {
            const instances = event.currentTarget.valueAsNumber;
            if (Number.isInteger(instances) && instances > 0 && instances !== siblings.length) {
              void ask(ofService(is.service, "/scale"), { instances }, `Run ${instances} of ${is.service}?`, `${is.service} is scaled to ${instances}`);
            }
          }} />
        </label>
      </div>
    </details>
  );
}
