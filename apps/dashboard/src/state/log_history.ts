// Lines from before the page was opened, and the whole log as a file.
import { ofService, Problem, request } from "../api/http.ts";
import type { LogLine } from "../api/shapes.ts";
import { lineOf, ringOf, type Line } from "./log_rings.ts";

const step = 2000;
const mostAtOnce = 20_000;

/** Puts older lines in front of what is here; returns how many there were. */
export async function loadOlder(name: string): Promise<number> {
  const lines = Math.min(mostAtOnce, ringOf(name).lines.length + step);
  return prepend(name, `lines=${lines}`);
}

/** The lines since a moment (ms since 1970), where the page does not have them. */
export async function loadSince(name: string, at: number): Promise<number> {
  const first = ringOf(name).lines.find((each) => each.at !== null)?.at;
  if (first !== undefined && first !== null && first <= at) return 0;
  return prepend(name, `since=${encodeURIComponent(new Date(at).toISOString())}&lines=${mostAtOnce}`);
}

async function prepend(name: string, query: string): Promise<number> {
  const answer = await request(ofService(name, `/logs?${query}`), {
    method: "GET",
    headers: { Accept: "application/x-ndjson" },
  });
  const older: Line[] = [];
  for (const text of (await answer.text()).split("\n")) {
    if (text === "") continue;
    const line = JSON.parse(text) as LogLine;
    if (line.name === name && typeof line.text === "string") older.push(lineOf(line));
  }
  return ringOf(name).unshift(older);
}

/** Saves the log of each as a file, whole retention where the daemon can. */
export async function download(names: readonly string[]): Promise<void> {
  for (const name of names) {
    let answer: Response;
    try {
      answer = await request(ofService(name, "/logs?download=1"), { method: "GET" });
    } catch (fault) {
      if (!(fault instanceof Problem) || fault.status !== 400) throw fault;
      answer = await request(ofService(name, "/logs?lines=100000"), { method: "GET" });
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `${name}.log`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}
