// The journal: what happened to which instance, newest first.
import type { Event } from "../api/shapes.ts";
import { journal } from "../state/journal.ts";
import { linkTo, route, setQuery } from "../state/route.ts";
import { names } from "../state/stack.ts";
import { moment, plural } from "../text/formats.ts";
import { eventInWords, isIncident, severity } from "../text/words.ts";
import { Glyph, StateBadge } from "../ui/glyph.tsx";
import { useKeys } from "../ui/keys.ts";
import { VirtualRows } from "../ui/virtual.tsx";

const rowHeight = 40;

export default function Events() {
  const { query } = route.value;
  const text = query.get("q") ?? "";
  const service = query.get("service") ?? "";
  const show = query.get("show") ?? "";
  useKeys({ "/": () => document.querySelector<HTMLInputElement>("#events-filter")?.focus() });
  const found = journal().filter((each) => wanted(each, text.toLowerCase(), service, show));
  const rows = found.map((event) => ({ key: String(event.sequence), height: rowHeight, event })).reverse();
  return (
    <main id="main" class="events-view">
      <section class="toolbar" aria-label="Filter of the journal">
        <h1>Events <span class="count">{plural(found.length, "entry", "entries")}</span></h1>
        <label class="search"><Glyph name="search" /><span class="hidden">Filter events</span>
          <input id="events-filter" type="search" placeholder="Filter  /" value={text} onInput={(event) => setQuery({ q: event.currentTarget.value })} />
        </label>
        <label class="pick"><span>Service</span>
          <select value={service} onChange={(event) => setQuery({ service: event.currentTarget.value })}>
            <option value="">all</option>
            {names.value.map((each) => <option key={each} value={each}>{each}</option>)}
          </select>
        </label>
        <div class="chips" role="group" aria-label="Show">
          {[["", "All"], ["incidents", "Incidents"], ["operator", "By hand"]].map(([value = "", word]) => (
            <button key={value} class="chip" aria-pressed={show === value} onClick={() => setQuery({ show: value })}>{word}</button>
          ))}
        </div>
      </section>
      {rows.length === 0
        ? <p class="nothing">Nothing like that happened since this journal began.</p>
        : <div class="journal"><VirtualRows rows={rows} reveal={null} draw={({ event }) => <Entry of={event} />} /></div>}
    </main>
  );
}

function wanted(event: Event, text: string, service: string, show: string): boolean {
  if (service !== "" && event.instance !== service) return false;
  if (show === "incidents" && !isIncident(event)) return false;
  if (show === "operator" && !event.reason.startsWith("operator-")) return false;
  if (text === "") return true;
  return `${event.instance} ${event.from} ${event.to} ${event.reason} ${eventInWords(event)}`.toLowerCase().includes(text);
}

function Entry({ of: event }: { of: Event }) {
  return (
    <div class={`entry ${severity({ state: event.to, health: event.health })}`}>
      <a class="mono" href={linkTo("logs", "", { services: event.instance, at: event.at })} title="The log of that moment"><time dateTime={event.at}>{moment(event.at)}</time></a>
      <a class="name" href={linkTo("service", event.instance)}>{event.instance}</a>
      <StateBadge state={event.to} health={event.health} />
      <span class="words">{eventInWords(event)}</span>
      <span class="from">{event.from === event.to ? `health: ${event.health}` : `was ${event.from}`}</span>
    </div>
  );
}
