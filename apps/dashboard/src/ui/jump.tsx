// Ctrl+K: to a service or a view by a few letters of its name.
import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { go, linkTo } from "../state/route.ts";
import { instance, names } from "../state/stack.ts";
import { fuzzy } from "../text/find.ts";
import { Dialog } from "./dialog.tsx";
import { Glyph, type GlyphName } from "./glyph.tsx";

export const jumpOpen = signal(false);
const most = 12;

interface Place {
  name: string;
  kind: string;
  link: string;
  glyph: GlyphName;
}

const views: Place[] = (["overview", "logs", "graph", "events", "plan"] as const).map((view) => ({
  name: view, kind: "view", link: linkTo(view), glyph: view,
}));

function places(typed: string): Place[] {
  const services = names.value.flatMap((name): Place[] => [
    { name, kind: "service", link: linkTo("service", name), glyph: instance(name)?.value.state ?? "stopped" },
    { name: `${name} logs`, kind: "logs", link: linkTo("logs", "", { services: name }), glyph: "logs" },
  ]);
  return [...services, ...views]
    .map((place) => ({ place, score: fuzzy(typed, place.name) }))
    .filter((each): each is { place: Place; score: number } => each.score !== null)
    .sort((a, b) => b.score - a.score)
    .slice(0, most)
    .map((each) => each.place);
}

const typed = signal("");
const at = signal(0);

export function openJump(): void {
  typed.value = "";
  at.value = 0;
  jumpOpen.value = true;
}

export function Jump() {
  const list = useRef<HTMLUListElement>(null);
  if (!jumpOpen.value) return null;
  const found = places(typed.value);
  const chosen = Math.min(at.value, found.length - 1);
  const leave = (place?: Place): void => {
    jumpOpen.value = false;
    if (place) go(place.link);
  };
  const keys = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) at.value = (chosen + step + found.length) % Math.max(1, found.length);
    else if (event.key === "Enter") leave(found[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Jump to" class="jump" onClose={() => leave()}>
      <input class="jump-input" type="text" autofocus autocomplete="off" role="combobox" aria-label="Service or view" aria-expanded="true" aria-controls="jump-list"
        aria-activedescendant={chosen >= 0 ? `jump-${chosen}` : undefined} value={typed.value} onKeyDown={keys}
        onInput={(event) => { typed.value = event.currentTarget.value; at.value = 0; }} />
      <ul id="jump-list" ref={list} role="listbox" aria-label="Places">
        {found.map((place, i) => (
          <li key={place.link} id={`jump-${i}`} role="option" aria-selected={i === chosen} onClick={() => leave(place)}>
            <Glyph name={place.glyph} />{place.name}<span class="kind">{place.kind}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
