// Why an instance is in the state it is in: one sentence, then the chain of causes with evidence.
import type { Explanation } from "../api/shapes.ts";
import { ofService } from "../api/http.ts";
import { linkTo } from "../state/route.ts";
import { instancesOf, nextStart, type Live } from "../state/stack.ts";
import { calmSpan, moment } from "../text/formats.ts";
import { parseAnsi } from "../text/ansi.ts";
import { severity } from "../text/words.ts";
import { useFetched } from "../ui/fetched.ts";
import { Glyph, StateBadge } from "../ui/glyph.tsx";
import { Spans } from "../ui/spans.tsx";
import { Sentence } from "../ui/tick.tsx";

export function Why({ of: is }: { of: Live }) {
  const key = [is.state, is.health, is.pid, is.restarts, is.reason].join();
  const { value } = useFetched<{ explanations: Explanation[] }>(ofService(is.name, "/why"), key);
  const told = value?.explanations.find((each) => each.instance === is.name);
  return (
    <section class={`why ${severity(is)}`} aria-label={`Why ${is.name} is ${is.state}`}>
      <header>
        <h2>Why</h2>
        <StateBadge state={is.state} health={is.health} />
      </header>
      {told ? <Told of={is} is={told} /> : <p class="loading-panel">asking the daemon…</p>}
    </section>
  );
}

function Told({ of, is }: { of: Live; is: Explanation }) {
  return (
    <>
      <p class="summary" data-testid="why-summary">{is.summary}</p>
      <dl class="next">
        <div><dt>Next</dt><dd><Next of={of} otherwise={is.next} /></dd></div>
        {is.waits_for.length > 0 && (
          <div><dt>Blocked by</dt><dd><Blockers names={is.waits_for} above={[of.service]} /></dd></div>
        )}
        {is.rule && <div><dt>Rule</dt><dd>{is.rule}</dd></div>}
      </dl>
      {is.chain.length > 0 && (
        <ol class="chain" aria-label="Chain of causes, oldest first">
          {is.chain.map((link, i) => (
            <li key={i}>
              <time dateTime={link.at}>{moment(link.at)}</time>
              <p>{link.text}</p>
              {link.detail.map((each) => <p class="evidence" key={each}>{each}</p>)}
            </li>
          ))}
        </ol>
      )}
      {is.last_lines.length > 0 && (
        <div class="last-lines">
          <h3>Its last lines</h3>
          <pre tabIndex={0}>{is.last_lines.map((each, i) => <span key={i} class="last-line"><Spans of={parseAnsi(each)} />{"\n"}</span>)}</pre>
          <a class="button quiet" href={linkTo("logs", "", { services: of.name })}><Glyph name="logs" />All of them</a>
        </div>
      )}
    </>
  );
}

/** What it waits for, and why that is not there, down to the cause. */
function Blockers({ names, above }: { names: readonly string[]; above: readonly string[] }) {
  const blocking = names.filter((each) => !above.includes(each)).map((name) => ({ name, found: instancesOf(name).filter((each) => severity(each) !== "good") }));
  return (
    <ul class="blockers">
      {blocking.map(({ name, found }) => (
        <li key={name}>
          <a class="blocker" href={linkTo("service", name)}>{name}</a>
          {found.map((each) => (
            <span key={each.name}> is {each.state === "backoff" ? "in backoff" : each.state}: <Sentence of={each} />
              {each.state === "waiting" && <Blockers names={each.depends_on} above={[...above, name]} />}
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}

/** The daemon's words; a time that runs counts down here. */
function Next({ of, otherwise }: { of: Live; otherwise: string }) {
  if (of.state !== "backoff" || of.next_start_in_seconds === null) return <>{otherwise}</>;
  const left = nextStart(of) ?? 0;
  return <>it starts again {left > 0 ? <>in <b>{calmSpan(Math.ceil(left))}</b></> : "now"}</>;
}
