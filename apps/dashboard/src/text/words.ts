// What a state rests on, in words: the one sentence that a card shows. The long form is the daemon's
// own (GET …/why).
import type { Evidence, Event, Exit, Service } from "../api/shapes.ts";
import { calmSpan } from "./formats.ts";

export function exitInWords(exit: Exit): string {
  if (exit.cause === "oom") return "killed for want of memory (OOM)";
  if (exit.cause === "unattended") return "ended while no daemon ran";
  if (exit.signal !== null) return `killed by ${exit.signal}${exit.core_dumped ? " (core dumped)" : ""}`;
  if (exit.code !== null) return `exit code ${exit.code}`;
  return "ended, nobody saw how";
}

const plain: Record<string, string> = {
  "not-started": "not started yet",
  "operator-start": "started by hand",
  "operator-stop": "stopped by hand",
  "operator-restart": "restarted by hand",
  "config-added": "new in the configuration",
  "config-changed": "its configuration changed",
  "config-removed": "no longer configured",
  "scaled": "the number of instances changed",
  "files-changed": "watched files changed",
  "dependency-restart": "what it depends on restarted",
  "dependency-back": "what it needed is back",
  "spawned": "started, not ready yet",
  "ready": "ready",
  "completed": "done",
  "start-timeout": "was not ready in time",
  "watchdog": "its watchdog ran out",
  "spawn-retry": "the system could not start a process just now",
  "backoff-over": "starts again",
  "policy-never": "its policy is not to bring it back",
  "stop-timeout": "did not stop in time, killed",
  "stopped": "stopped",
  "shutdown": "everything stops",
  "critical-failed": "a critical service gave up",
  "probe-ok": "the probe succeeds again",
  "left-over": "left processes behind",
  "reachable": "answers",
  "unreachable": "does not answer",
};

/** A reason with its evidence: "killed by SIGKILL", "waits for db". Without a full stop. */
export function reasonInWords(reason: string, because?: Evidence): string {
  const on = because?.dependency || because?.text || "a dependency";
  switch (reason) {
    case "dependency-wait":
      return `waits for ${on}`;
    case "dependency-failed":
      return `${on} failed`;
    case "dependency-timeout":
      return `${on} was not there in time`;
    case "exited":
      return because?.exit ? exitInWords(because.exit) : "ended by itself";
    case "exec-failed":
      return withText("cannot be executed", because);
    case "hook-failed":
      return withText("a hook failed", because);
    case "unhealthy":
    case "probe-failed":
      return withText("the probe fails", because);
    case "backoff":
      return because?.exit ? exitInWords(because.exit) : withText("ended", because);
    case "limit-reached":
      return because?.limit
        ? `gave up after ${because.count || because.limit} restarts${because.exit ? `: ${exitInWords(because.exit)}` : ""}`
        : "gave up: too many restarts";
    default:
      return withText(plain[reason] ?? reason.replaceAll("-", " "), because);
  }
}

function withText(words: string, because?: Evidence): string {
  return because?.text ? `${words}: ${because.text}` : words;
}

/** How the last process ended: "killed by SIGKILL", or nothing where none has. */
export function lastExit(service: Service): string {
  return service.last_exit ? exitInWords(service.last_exit) : "";
}

/**
 * One sentence: why it is so, and what comes next. `nextIn`: seconds until the next start, counted by
 * the page; null where none is timed. `illness`: what says why it is unhealthy.
 */
export function sentence(service: Service, nextIn: number | null, illness?: Event): string {
  const why = reasonInWords(service.reason, service.because);
  switch (service.state) {
    case "backoff": {
      const end = service.last_exit ? exitInWords(service.last_exit) : why;
      const when = nextIn === null ? "starts again" : nextIn > 0 ? `starts again in ${calmSpan(Math.ceil(nextIn))}` : "starts now";
      return `${end}; ${when} (restart ${service.restarts + 1})`;
    }
    case "failed":
      return `${why}; stays down until you start it`;
    case "waiting":
      return `${why}; starts by itself when that is there`;
    case "running":
      if (service.health === "unhealthy") return illness ? reasonInWords(illness.reason, illness.because) : "the probe fails";
      return service.status_text || why;
    case "starting":
      return service.status_text || why;
    default:
      return why;
  }
}

/** An entry of the journal: "running → backoff: killed by SIGKILL". */
export function eventInWords(event: Event): string {
  return reasonInWords(event.reason, event.because);
}

export type Severity = "good" | "busy" | "wait" | "bad" | "off";

/** What an instance is to somebody who looks for trouble. */
export function severity(service: Pick<Service, "state" | "health">): Severity {
  switch (service.state) {
    case "running":
      return service.health === "unhealthy" ? "bad" : "good";
    case "completed":
      return "good";
    case "starting":
    case "stopping":
      return "busy";
    case "waiting":
      return "wait";
    case "backoff":
    case "failed":
      return "bad";
    default:
      return "off";
  }
}

/** A journal entry that somebody would search the logs for. */
export function isIncident(event: Event): boolean {
  return (
    event.to === "backoff" || event.to === "failed" || (event.from === event.to && event.health === "unhealthy")
  );
}
