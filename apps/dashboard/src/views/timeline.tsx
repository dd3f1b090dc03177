// The states of an instance over time: a bar, and the entries of the journal it is made of.
import type { Event, State } from "../api/shapes.ts";
import { journal } from "../state/journal.ts";
import { linkTo } from "../state/route.ts";
import { now } from "../state/clock.ts";
import type { Live } from "../state/stack.ts";
import { moment, plural, span } from "../text/formats.ts";
import { eventInWords, severity } from "../text/words.ts";
import { Glyph } from "../ui/glyph.tsx";

export interface Stretch {
  state: State;
  health: Event["health"];
  from: number;
  to: number;
}

/** The stretches between entries, up to `end` (ms since 1970). */
export function stretches(events: readonly Event[], end: number): Stretch[] {
  const out: Stretch[] = [];
  events.forEach((event, i) => {
    const next = events[i + 1];
    const from = Date.parse(event.at);
    const to = next ? Date.parse(next.at) : end;
    const last = out[out.length - 1];
    if (last && last.state === event.to && last.health === event.health) {
      last.to = to;
    } else {
      out.push({ state: event.to, health: event.health, from, to: Math.max(from, to) });
    }
  });
  return out;
}

const shownInBar = 60;
const shownInList = 40;

export function Timeline({ of: is }: { of: Live }) {
  const events = journal().filter((each) => each.instance === is.name);
  if (events.length === 0) return null;
  return (
    <section class="panel" aria-label="Timeline of states">
      <h2>Timeline <span class="count">{plural(events.length, "entry", "entries")}</span></h2>
      <Bar events={events.slice(-shownInBar)} />
      <ol class="entries" tabIndex={0} aria-label="Entries of the journal, newest first">
        {events.slice(-shownInList).reverse().map((each) => <Entry key={each.sequence} of={each} />)}
      </ol>
    </section>
  );
}

function Entry({ of: event }: { of: Event }) {
  const same = event.from === event.to;
  return (
    <li class={severity({ state: event.to, health: event.health })}>
      <Glyph name={event.to} />
      <a href={linkTo("logs", "", { services: event.instance, at: event.at })} title="The log of that moment"><time dateTime={event.at}>{moment(event.at)}</time></a>
      <span class="states">{same ? event.health : `${event.from} → ${event.to}`}</span>
      <span>{eventInWords(event)}</span>
    </li>
  );
}

/**
 * Stretches as wide as they were long, with a least width so that a short death is seen: the square
 * root keeps seconds beside hours.
 */
function Bar({ events }: { events: Event[] }) {
  now.value;
  const parts = stretches(events, Date.now());
  const weights = parts.map((each) => Math.sqrt(Math.max(0.05, (each.to - each.from) / 1000)));
  const sum = weights.reduce((a, b) => a + b, 0);
  let x = 0;
  return (
    <svg class="bar" viewBox="0 0 1000 26" preserveAspectRatio="none" role="img" aria-label={`The last ${parts.length} states, oldest first`}>
      {parts.map((each, i) => {
        const width = ((weights[i] ?? 0) / sum) * 1000;
        const at = x;
        x += width;
        return (
          <rect key={i} class={`tone-${severity(each)}`} x={at.toFixed(1)} y="0" width={Math.max(1.5, width - 2).toFixed(1)} height="26">
            <title>{`${each.state}${each.health === "none" ? "" : `, ${each.health}`} for ${span((each.to - each.from) / 1000)} from ${moment(new Date(each.from))}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
