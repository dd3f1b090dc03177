// All services at a glance.
import { signal } from "@preact/signals";
import { role } from "../api/session.ts";
import { list, groupings, type Group, type Kind, type Listing } from "../state/listing.ts";
import { label, operateOn, type Action } from "../state/operations.ts";
import { go, linkTo, route, setQuery } from "../state/route.ts";
import { compact, group, sort, type Sort } from "../state/settings.ts";
import { all, counts, daemon, instance } from "../state/stack.ts";
import { severity } from "../text/words.ts";
import { plural } from "../text/formats.ts";
import { operateAsked } from "../ui/actions.tsx";
import { confirm } from "../ui/dialog.tsx";
import { Glyph } from "../ui/glyph.tsx";
import { useKeys } from "../ui/keys.ts";
import { Sentence } from "../ui/tick.tsx";
import { useWidth, VirtualRows, type VirtualRow } from "../ui/virtual.tsx";
import { Card, CompactCard } from "./card.tsx";
import { Tiles } from "./tiles.tsx";

const cardWidth = 340;
const cardHeight = 236;
const compactHeight = 46;
const headHeight = 44;

const kinds: { value: Kind; text: string }[] = [
  { value: "all", text: "All" },
  { value: "running", text: "Running" },
  { value: "trouble", text: "Trouble" },
  { value: "stopped", text: "Stopped" },
];

/** The card that keys move; kept over visits of other views. */
const chosen = signal<{ name: string; byKey: boolean }>({ name: "", byKey: false });

function listing(): Listing {
  const { query } = route.value;
  const wanted = query.get("sort") as Sort | null;
  return {
    text: query.get("q") ?? "",
    kind: (query.get("show") as Kind | null) ?? "all",
    sort: wanted ?? sort.value,
    group: group.value,
  };
}

export default function Overview() {
  const groups = list(all(), listing());
  const shown = groups.flatMap((each) => each.services.map((service) => service.name));
  useOverviewKeys(shown);
  return (
    <main id="main" class="overview">
      <h1 class="hidden">Services of {daemon.value?.name ?? "this machine"}</h1>
      <Warnings />
      <Tiles />
      <Trouble />
      <Toolbar shown={shown} />
      {shown.length === 0 ? <Nothing /> : <Cards groups={groups} />}
    </main>
  );
}

function useOverviewKeys(shown: string[]): void {
  const search = (): void => document.querySelector<HTMLInputElement>("#filter")?.focus();
  const move = (step: number) => (): void => {
    const at = shown.indexOf(chosen.peek().name);
    const next = shown[Math.min(shown.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    if (next !== undefined) chosen.value = { name: next, byKey: true };
  };
  const act = (action: Action) => (): void => {
    const is = instance(chosen.peek().name)?.peek();
    if (is) void operateAsked(action, is);
  };
  const open = (): void => {
    if (chosen.peek().name) go(linkTo("service", chosen.peek().name));
  };
  useKeys({
    "/": search, j: move(1), k: move(-1), ArrowDown: move(1), ArrowUp: move(-1), Enter: open,
    s: act("start"), r: act("restart"), x: act("stop"),
    c: () => (compact.value = !compact.peek()),
  });
}

function Warnings() {
  const told = daemon.value?.warnings ?? [];
  if (told.length === 0) return null;
  return (
    <section class="warnings" aria-label="Warnings of the daemon">
      {told.map((each) => <p key={each}><Glyph name="unhealthy" />{each}</p>)}
    </section>
  );
}

const mostTrouble = 4;

/** Why something does not run: a sentence each. */
function Trouble() {
  const bad = all().filter((each) => ["bad", "wait"].includes(severity(each)));
  if (bad.length === 0) return null;
  const roots = bad.sort((a, b) => Number(a.state === "waiting") - Number(b.state === "waiting"));
  return (
    <section class="trouble" aria-label="What needs attention">
      <h2>Why</h2>
      <ul>
        {roots.slice(0, mostTrouble).map((each) => (
          <li key={each.name} class={severity(each)}>
            <Glyph name={each.state === "running" ? "unhealthy" : each.state} />
            <a href={linkTo("service", each.name)}>{each.name}</a>
            <span><Sentence of={each} /></span>
          </li>
        ))}
      </ul>
      {roots.length > mostTrouble && <a href={linkTo("overview", "", { show: "trouble" })}>and {roots.length - mostTrouble} more</a>}
    </section>
  );
}

function Toolbar({ shown }: { shown: string[] }) {
  const { text, kind, sort: by } = listing();
  const { all: sum, trouble } = counts.value;
  return (
    <section class="toolbar" aria-label="Services">
      <div class="toolbar-head">
        <h2>Services <span class="count">{shown.length === sum ? sum : `${shown.length} of ${sum}`}</span></h2>
        <Bulk shown={shown} />
      </div>
      <label class="search"><Glyph name="search" /><span class="hidden">Filter services</span>
        <input id="filter" type="search" placeholder="Filter  /" value={text} onInput={(event) => setQuery({ q: event.currentTarget.value })} />
      </label>
      <div class="chips" role="group" aria-label="Show">
        {kinds.map(({ value, text: word }) => (
          <button key={value} class="chip" aria-pressed={kind === value} onClick={() => setQuery({ show: value === "all" ? "" : value })}>
            {word}{value === "trouble" && trouble > 0 ? ` ${trouble}` : ""}
          </button>
        ))}
      </div>
      <label class="pick"><span>Sort</span>
        <select value={by} onChange={(event) => { sort.value = event.currentTarget.value as Sort; setQuery({ sort: "" }); }}>
          {["attention", "name", "uptime", "cpu", "memory", "restarts"].map((each) => <option key={each} value={each}>{each}</option>)}
        </select>
      </label>
      <label class="pick"><span>Group</span>
        <select value={group.value} onChange={(event) => (group.value = event.currentTarget.value)}>
          {groupings(all()).map((each) => <option key={each.value} value={each.value}>{each.text}</option>)}
        </select>
      </label>
      <button class="chip" aria-pressed={compact.value} onClick={() => (compact.value = !compact.value)}>Compact</button>
    </section>
  );
}

/** All that are shown at once. */
function Bulk({ shown }: { shown: string[] }) {
  const whole = shown.length === counts.value.all;
  const allowed = role.value === "operate" && shown.length > 0;
  const what = whole ? "all" : `${shown.length} shown`;
  const ask = async (action: Action): Promise<void> => {
    const subject = whole ? `all ${plural(shown.length, "service")}` : plural(shown.length, "service");
    const text = action === "stop"
      ? "They stop in the order of their dependencies and stay stopped, after a restart of the daemon too, until somebody starts them. There is no undo."
      : `In the order of their dependencies: ${shown.slice(0, 6).join(", ")}${shown.length > 6 ? " …" : ""}.`;
    if (await confirm(`${label(action)} ${subject}?`, text, `${label(action)} ${subject}`, action === "stop")) {
      await operateOn(action, shown);
    }
  };
  return (
    <div class="bulk" role="group" aria-label={`Operate ${what}`}>
      <button class="action start" disabled={!allowed} onClick={() => void operateOn("start", shown)}><Glyph name="start" />Start {what}</button>
      <button class="action restart" disabled={!allowed} onClick={() => void ask("restart")}><Glyph name="restart" />Restart {what}</button>
      <button class="action stop" disabled={!allowed} onClick={() => void ask("stop")}><Glyph name="stop" />Stop {what}</button>
    </div>
  );
}

function Nothing() {
  const empty = counts.value.all === 0;
  return (
    <p class="nothing">
      {empty ? "No services are configured." : "No service is like that."}{" "}
      {!empty && <button onClick={() => setQuery({ q: "", show: "" })}>Show all</button>}
    </p>
  );
}

interface Line extends VirtualRow {
  title: string;
  names: string[];
}

function Cards({ groups }: { groups: Group[] }) {
  const [ref, width] = useWidth();
  const small = compact.value;
  const columns = small ? 1 : Math.max(1, Math.floor((width + 12) / (cardWidth + 12)));
  const rows = lines(groups, columns, small);
  const { name, byKey } = chosen.value;
  const revealed = rows.find((each) => each.names.includes(name))?.key ?? null;
  const One = small ? CompactCard : Card;
  return (
    <div ref={ref} class={`cards columns-${Math.min(columns, 12)}`}>
      {width > 0 && (
        <VirtualRows rows={rows} reveal={byKey ? revealed : null} draw={(row) =>
          row.names.length === 0
            ? <h3 class="group-title">{row.title}</h3>
            : <div class="card-row">{row.names.map((each) => <One key={each} name={each} chosen={each === name} focus={byKey} />)}</div>} />
      )}
    </div>
  );
}

function lines(groups: Group[], columns: number, small: boolean): Line[] {
  const out: Line[] = [];
  for (const { title, services } of groups) {
    if (title !== "") out.push({ key: `group ${title}`, height: headHeight, title: `${title} · ${services.length}`, names: [] });
    for (let i = 0; i < services.length; i += columns) {
      const names = services.slice(i, i + columns).map((each) => each.name);
      out.push({ key: `row ${title} ${i}`, height: small ? compactHeight : cardHeight, title: "", names });
    }
  }
  return out;
}
