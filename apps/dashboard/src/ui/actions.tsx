// Start, stop and restart of one instance, with what is under way.
import { role } from "../api/session.ts";
import type { Service } from "../api/shapes.ts";
import { label, operate, pending, type Action } from "../state/operations.ts";
import { confirm } from "./dialog.tsx";
import { Glyph } from "./glyph.tsx";

const doing: Record<Action, string> = { start: "Starting…", stop: "Stopping…", restart: "Restarting…" };

/** Which of the three make sense now. */
export function possible(service: Service): Record<Action, boolean> {
  const idle = service.state === "stopped" || service.state === "failed" || service.state === "completed";
  return { start: idle || service.state === "backoff", stop: service.desired === "up" && service.state !== "stopping" && service.state !== "completed", restart: !idle };
}

export function Actions({ service, small = false }: { service: Service; small?: boolean }) {
  const allowed = role.value === "operate";
  const busy = pending.value.get(service.name)?.action;
  const can = possible(service);
  const button = (action: Action) => (
    <button class={`action ${action}${busy === action ? " busy" : ""}`} key={action}
      disabled={!allowed || busy !== undefined || !can[action]}
      title={allowed ? `${label(action)} ${service.name}` : "You may look, and not change anything (role read)"}
      aria-label={`${label(action)} ${service.name}`}
      aria-busy={busy === action}
      onClick={() => void operate(action, service.name)}>
      <Glyph name={action} />
      {!small && <span>{busy === action ? doing[action] : label(action)}</span>}
    </button>
  );
  return (
    <div class={`actions${small ? " small" : ""}`} role="group" aria-label={`Operate ${service.name}`}>
      {(["start", "stop", "restart"] as const).map(button)}
    </div>
  );
}

/** The same by a key: asks first, for a key is easily hit. */
export async function operateAsked(action: Action, service: Service): Promise<void> {
  if (role.peek() !== "operate" || !possible(service)[action]) return;
  const text = action === "stop" ? "It stays stopped until somebody starts it." : `It is ${service.state} now.`;
  if (await confirm(`${label(action)} ${service.name}?`, text, label(action), action === "stop")) {
    await operate(action, service.name);
  }
}
