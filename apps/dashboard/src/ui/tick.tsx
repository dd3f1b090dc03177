// Text that counts with the clock: each its own component, so that a second draws just that.
import { illness } from "../state/journal.ts";
import { nextStart, totalUptime, uptime, daemonUptime, type Live } from "../state/stack.ts";
import { calmSpan, shortSpan } from "../text/formats.ts";
import { sentence } from "../text/words.ts";

export function Uptime({ of, short = false }: { of: Live; short?: boolean }) {
  const seconds = uptime(of);
  return <>{seconds === null ? "–" : short ? shortSpan(seconds) : calmSpan(seconds)}</>;
}

export function TotalUptime() {
  return <>{calmSpan(totalUptime())}</>;
}

export function DaemonUptime() {
  const seconds = daemonUptime();
  return <>{seconds === null ? "–" : calmSpan(seconds)}</>;
}

/** Why it is so, and what comes next; the time until then counts down. */
export function Sentence({ of }: { of: Live }) {
  return <>{sentence(of, of.next_start_in_seconds === null ? null : nextStart(of), illness(of.name))}</>;
}
