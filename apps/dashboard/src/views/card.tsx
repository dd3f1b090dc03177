// One instance on the overview, as a card or, compact, as a line.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Actions } from "../ui/actions.tsx";
import { Glyph, StateBadge } from "../ui/glyph.tsx";
import { Sparkline } from "../ui/sparkline.tsx";
import { Sentence, Uptime } from "../ui/tick.tsx";
import { linkTo } from "../state/route.ts";
import { instance, type Live } from "../state/stack.ts";
import { loadUsage, samplesOf } from "../state/usage.ts";
import { bytes, moment, percent } from "../text/formats.ts";
import { lastExit, severity } from "../text/words.ts";

interface Props {
  name: string;
  chosen: boolean;
  /** By a key: then it takes the focus. */
  focus: boolean;
}

export function Card({ name, chosen, focus }: Props) {
  const ref = useRef<HTMLElement>(null);
  const is = instance(name)?.value;
  useEffect(() => void loadUsage(name), [name]);
  useLayoutEffect(() => {
    if (chosen && focus) ref.current?.focus({ preventScroll: true });
  }, [chosen, focus]);
  if (!is) return null;
  const ended = lastExit(is);
  // Of one in trouble the sentence says it.
  const told = !["bad", "wait"].includes(severity(is));
  return (
    <article ref={ref} class={`card ${severity(is)}`} tabIndex={-1} aria-label={name} data-name={name} data-state={is.state}
      aria-current={chosen ? "true" : undefined}>
      <header>
        <h3><a href={linkTo("service", name)}>{name}</a></h3>
        <StateBadge state={is.state} health={is.health} />
      </header>
      <div class="because">
        <p class="sentence"><Sentence of={is} /></p>
        {ended && told && <p class="ended">last exit: {ended}{is.last_exit?.at ? ` at ${moment(is.last_exit.at)}` : ""}</p>}
      </div>
      <Facts of={is} />
      <Usage of={is} />
      <footer>
        <Actions service={is} />
        <a class="button quiet" href={linkTo("logs", "", { services: name })} aria-label={`Logs of ${name}`}><Glyph name="logs" /><span>Logs</span></a>
      </footer>
    </article>
  );
}

function Facts({ of: is }: { of: Live }) {
  return (
    <dl class="facts">
      <div><dt>up</dt><dd><Uptime of={is} short /></dd></div>
      <div><dt>pid</dt><dd>{is.pid ?? "–"}</dd></div>
      <div><dt>port</dt><dd>{is.port === null ? "–" : <PortLink port={is.port} />}</dd></div>
      <div><dt>restarts</dt><dd class={is.restarts > 0 ? "some" : ""}>{is.restarts}</dd></div>
    </dl>
  );
}

export function PortLink({ port }: { port: number }) {
  const host = location.hostname || "127.0.0.1";
  return <a href={`http://${host}:${port}/`} target="_blank" rel="noreferrer noopener" title={`Open http://${host}:${port}/`}>{port}<Glyph name="link" /></a>;
}

function Usage({ of: is }: { of: Live }) {
  const of = samplesOf(is.name);
  return (
    <div class="usage">
      <div><span class="figure"><b>CPU</b> {is.cpu_percent === null ? "–" : percent(is.cpu_percent)}</span><Sparkline of={of} what="cpu" floor={1} /></div>
      <div><span class="figure"><b>MEM</b> {is.memory_bytes === null ? "–" : bytes(is.memory_bytes)}</span><Sparkline of={of} what="memory" floor={1 << 20} /></div>
    </div>
  );
}

export function CompactCard({ name, chosen, focus }: Props) {
  const ref = useRef<HTMLElement>(null);
  const is = instance(name)?.value;
  useLayoutEffect(() => {
    if (chosen && focus) ref.current?.focus({ preventScroll: true });
  }, [chosen, focus]);
  if (!is) return null;
  return (
    <article ref={ref} class={`card compact ${severity(is)}`} tabIndex={-1} aria-label={name} data-name={name} data-state={is.state}
      aria-current={chosen ? "true" : undefined}>
      <h3><a href={linkTo("service", name)}>{name}</a></h3>
      <StateBadge state={is.state} health={is.health} />
      <span class="number"><Uptime of={is} short /></span>
      <span class="number wide">{is.cpu_percent === null ? "" : percent(is.cpu_percent)}</span>
      <span class="number wide">{is.memory_bytes === null ? "" : bytes(is.memory_bytes)}</span>
      <span class="sentence"><Sentence of={is} /></span>
      <Actions service={is} small />
    </article>
  );
}
