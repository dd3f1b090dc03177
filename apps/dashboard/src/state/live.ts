// Where the messages of the stream go.
import { startStream, stopStream, watchForReturn } from "../api/stream.ts";
import { learnRole, signIn } from "../api/session.ts";
import type { Message } from "../api/shapes.ts";
import { startClock } from "./clock.ts";
import { lastSequence, takeEvent, takeSequence } from "./journal.ts";
import { refuseResume, startLogFeed, subscribeLogs, takeDropped, takeLog, takeMissing } from "./log_feed.ts";
import { reviewOperations, startOperations } from "./operations.ts";
import { subscribeProbes, takeProbe } from "./probes.ts";
import { takeRemoved, takeSnapshot, takeStatus } from "./stack.ts";
import { refuseBatches, subscribeUsage, takeSamples, usageKnown } from "./usage.ts";

function hear(message: Message): void {
  switch (message.type) {
    case "log":
      return takeLog(message);
    case "batch":
      return message.messages.forEach(hear);
    case "status":
      return takeStatus(message.service);
    case "event":
      return takeEvent(message);
    case "usage":
      return takeSamples(message.at, message.services);
    case "probe":
      return takeProbe(message.name, message);
    case "dropped":
      if ("lines" in message) takeDropped(message.lines);
      if ("bytes" in message) takeMissing(message.name, message.bytes);
      return; // answers of probes that were skipped are in what the daemon keeps
    case "removed":
      return takeRemoved(message.name);
    case "snapshot":
      takeSnapshot(message.status);
      takeSequence(message.sequence);
      return;
    case "authenticated":
      return learnRole(message.role);
    case "error":
      return refused(`${message.title} ${message.detail}`);
    default:
      return; // "subscribed", and what a later daemon may say
  }
}

/** An older daemon refuses what it does not know: the page goes on without. */
function refused(text: string): void {
  if (text.includes("batch")) refuseBatches();
  else if (text.includes("after")) refuseResume();
  else if (text.includes("usage")) usageKnown.value = false;
}

export function startLive(): void {
  startClock();
  startLogFeed();
  startOperations();
  watchForReturn();
  signIn.subscribe((is) => {
    if (is === "signed-in") {
      startStream(hear, subscribeAll, lastSequence);
    } else {
      stopStream();
    }
  });
}

function subscribeAll(): void {
  reviewOperations();
  subscribeUsage();
  subscribeLogs();
  subscribeProbes();
}
