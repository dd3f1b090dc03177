import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Edge, LogLine } from "../api/shapes.ts";
import { compile, type Matcher } from "../text/find.ts";
import { failingPath, type ServiceState } from "./graph.ts";
import { list, passes } from "./listing.ts";
import { forget, gapOf, lineOf, limits, Ring, ringOf } from "./log_rings.ts";
import { everything, LogView } from "./log_view.ts";
import type { Live } from "./stack.ts";

const line = (offset: number, text = `line ${offset}`, name = "web", ms = offset): LogLine => ({
  name, offset, text, partial: false, at: new Date(1_700_000_000_000 + ms).toISOString(),
});

beforeEach(() => {
  forget("web");
  forget("db");
});

test("a line that comes twice is taken once", () => {
  const ring = new Ring();
  assert.ok(ring.push(lineOf(line(10))));
  assert.ok(!ring.push(lineOf(line(10))));
  assert.ok(!ring.push(lineOf(line(5))));
  assert.ok(ring.push(lineOf(line(20))));
  assert.equal(ring.newest, 20);
  assert.equal(ring.unshift([lineOf(line(5)), lineOf(line(10))]), 1);
  assert.deepEqual(ring.lines.map((each) => each.offset), [5, 10, 20]);
});

test("a ring keeps its bounds in lines and in characters", () => {
  const ring = new Ring();
  for (let i = 0; i < limits.lines * 2; ++i) {
    ring.push(lineOf(line(i)));
    ring.trim();
  }
  assert.ok(ring.lines.length <= limits.lines * 1.1);
  assert.equal(ring.lines.length + ring.forgotten, limits.lines * 2);
  const big = new Ring();
  for (let i = 0; i < 400; ++i) {
    big.push(lineOf(line(i, "x".repeat(65_536))));
    big.trim();
  }
  assert.ok(big.characters <= limits.characters * 1.1);
});

function fill(name: string, ...offsets: number[]): ReturnType<typeof lineOf>[] {
  const lines = offsets.map((offset) => lineOf(line(offset, `${name} ${offset}`, name)));
  for (const each of lines) ringOf(name).push(each);
  return lines;
}

const shown = (view: LogView): string[] => view.rows.map((row) => row.line.text);

test("several services are merged by time", () => {
  fill("web", 1, 4, 6);
  fill("db", 2, 3, 5);
  const view = new LogView();
  view.select(["web", "db"]);
  assert.deepEqual(shown(view), ["web 1", "db 2", "db 3", "web 4", "db 5", "web 6"]);
  view.append([...fill("web", 8), ...fill("db", 7)]);
  assert.deepEqual(shown(view).slice(-2), ["db 7", "web 8"]);
});

test("pause loses nothing", () => {
  const view = new LogView();
  view.select(["web"]);
  view.append(fill("web", 1, 2));
  view.pause(true);
  view.append(fill("web", 3, 4, 5));
  assert.equal(view.rows.length, 2);
  assert.equal(view.waiting.value, 3);
  view.pause(false);
  assert.equal(view.rows.length, 5);
  assert.equal(view.waiting.value, 0);
});

test("filters, matches and the way from one to the next", () => {
  fill("web", 1, 2, 3, 12);
  const view = new LogView();
  view.select(["web"]);
  const search = compile({ text: "[12]$", regex: true }) as Matcher;
  view.setFilter({ ...everything, search });
  assert.equal(view.rows.length, 4);
  assert.equal(view.matches, 3);
  assert.equal(view.find(-1, 1), 0);
  assert.equal(view.find(1, 1), 3);
  assert.equal(view.find(3, 1), 0);
  assert.equal(view.find(0, -1), 3);
  view.setFilter({ ...everything, search, only: true });
  assert.deepEqual(shown(view), ["web 1", "web 2", "web 12"]);
  view.setFilter({ ...everything, without: compile({ text: "web 1", regex: false }) as Matcher });
  assert.deepEqual(shown(view), ["web 2", "web 3"]);
});

test("wrapped lines are rows, and marks about missing lines pass every filter", () => {
  ringOf("web").push(lineOf(line(1, "y".repeat(25))));
  ringOf("web").push(gapOf("web", "5 lines skipped", 1_700_000_000_002, 1));
  const view = new LogView();
  view.select(["web"]);
  view.setColumns(10);
  assert.deepEqual(view.rows.map(({ from, to }) => [from, to]).slice(0, 3), [[0, 10], [10, 20], [20, -1]]);
  view.setFilter({ ...everything, search: compile({ text: "nothing", regex: false }) as Matcher, only: true });
  assert.equal(view.rows[0]?.line.gap, true);
});

const service = (name: string, more: Partial<Live> = {}): Live => ({
  name, service: name, instance: 1, state: "running", desired: "up", health: "none", pid: 7, port: null, started_at: null, uptime_seconds: 1,
  restarts: 0, next_start_in_seconds: null, last_exit: null, reason: "ready", depends_on: [], cpu_percent: null, memory_bytes: null, received: 0, ...more,
});

test("the overview sorts trouble first, filters by words and labels, and groups", () => {
  const all = [service("b", { labels: { team: "core" } }), service("a"), service("z", { state: "failed" }), service("w10"), service("w9")];
  const how = { text: "", kind: "all", sort: "attention", group: "" } as const;
  assert.deepEqual(list(all, how)[0]?.services.map((each) => each.name), ["z", "a", "b", "w9", "w10"]);
  assert.ok(passes(all[0]!, { text: "team=co", kind: "all" }));
  assert.ok(!passes(all[0]!, { text: "core nothing", kind: "all" }));
  assert.ok(passes(all[2]!, { text: "failed", kind: "trouble" }));
  assert.deepEqual(list(all, { ...how, group: "label:team" }).map((each) => [each.title, each.services.length]), [["core", 1], ["no team", 4]]);
});

test("the failing path leads from who waits to the cause", () => {
  const edge = (from: string, to: string): Edge => ({ from, to, condition: "ready", required: true, restart: false, holds: false });
  const state = (is: ServiceState["state"]): ServiceState => ({ state: is, health: "none", instances: 1 });
  const states = new Map([["web", state("waiting")], ["api", state("waiting")], ["db", state("backoff")], ["cache", state("running")]]);
  assert.deepEqual([...failingPath([edge("web", "api"), edge("web", "cache"), edge("api", "db")], states)].sort(), ["api", "db", "web"]);
});
