// `?`: the keys, and whether single letters are keys at all.
import { signal } from "@preact/signals";
import { singleKeys } from "../state/settings.ts";
import { Dialog } from "./dialog.tsx";

export const helpOpen = signal(false);

const groups: [string, [string, string][]][] = [
  ["Everywhere", [
    ["Ctrl K", "jump to a service or a view"], ["?", "this sheet"], ["t", "theme: as the system, dark, light"],
    ["g o", "overview"], ["g l", "logs"], ["g g", "graph"], ["g e", "events"], ["g p", "plan"],
  ]],
  ["Overview", [
    ["/", "filter"], ["j  k", "next, previous service"], ["Enter", "open it"],
    ["s  r  x", "start, restart, stop it (asks first)"], ["c", "compact"],
  ]],
  ["Service", [["s  r  x", "start, restart, stop (asks first)"], ["g l", "its logs"], ["Esc", "back to the overview"]]],
  ["Logs", [
    ["/", "search"], ["n  N", "next, previous match"], ["p  Space", "pause, go on"], ["f", "follow the end"],
    ["w", "wrap"], ["d", "times"],
  ]],
];

export function Help() {
  if (!helpOpen.value) return null;
  return (
    <Dialog title="Keys" class="help" onClose={() => (helpOpen.value = false)}>
      <div class="help-groups">
        {groups.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>{keys.map(([key, does]) => <div key={key}><dt>{key.split("  ").map((each) => <kbd key={each}>{each}</kbd>)}</dt><dd>{does}</dd></div>)}</dl>
          </section>
        ))}
      </div>
      <label class="check"><input type="checkbox" checked={singleKeys.value} onChange={(event) => (singleKeys.value = event.currentTarget.checked)} />
        Single letters are keys (turn this off where you use speech input)</label>
    </Dialog>
  );
}
