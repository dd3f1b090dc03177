import assert from "node:assert/strict";
import { test } from "node:test";
import type { Evidence, Service } from "../api/shapes.ts";
import { cut } from "../ui/spans.tsx";
import { parseAnsi } from "./ansi.ts";
import { breaks, expandTabs } from "./columns.ts";
import { compile, fuzzy, levelOf, type Matcher } from "./find.ts";
import { bytes, calmSpan, latency, plural, span } from "./formats.ts";
import { isIncident, reasonInWords, sentence, severity } from "./words.ts";

const matcher = (text: string, regex = false): Matcher => compile({ text, regex }) as Matcher;

test("search finds small letters in both cases, capitals as they are", () => {
  assert.ok(matcher("error").test("An ERROR"));
  assert.ok(!matcher("Error").test("an error"));
  assert.deepEqual(matcher("a.c").ranges("abc a.c"), [[4, 7]]);
  assert.deepEqual(matcher("b+", true).ranges("abbb b"), [[1, 4], [5, 6]]);
  assert.deepEqual(matcher("x*", true).ranges("abc"), []);
  assert.equal(compile({ text: "", regex: true }), null);
  assert.equal(typeof compile({ text: "(", regex: true }), "string");
});

test("hits are cut out of spans without losing a letter", () => {
  const pieces = cut(parseAnsi("ab\x1b[31mcdef\x1b[0mgh"), 1, 7, [[2, 5], [6, 7]]);
  assert.deepEqual(pieces.map(({ text, hit }) => (hit ? `<${text}>` : text)), ["b", "<cde>", "f", "<g>"]);
});

test("levels are what lines say themselves", () => {
  assert.equal(levelOf("2026-01-01 ERROR no"), "error");
  assert.equal(levelOf('{"level":"warn","msg":"x"}'), "warning");
  assert.equal(levelOf("level=debug msg=x"), "debug");
  assert.equal(levelOf("Traceback (most recent call last):"), "error");
  assert.equal(levelOf("no errors here, mirror"), null);
});

test("the jump finds letters that lie apart and prefers beginnings", () => {
  assert.equal(fuzzy("xyz", "web"), null);
  const best = (typed: string, names: string[]): string | undefined =>
    names.filter((each) => fuzzy(typed, each) !== null).sort((a, b) => (fuzzy(typed, b) ?? 0) - (fuzzy(typed, a) ?? 0))[0];
  assert.equal(best("ab", ["self-lab", "aurora-backend", "table"]), "aurora-backend");
  assert.equal(best("web", ["cobweb", "web"]), "web");
});

test("rows break at columns, wide letters count two, no letter is lost", () => {
  assert.deepEqual(breaks("short", 80), [0]);
  assert.deepEqual(breaks("x".repeat(25), 10), [0, 10, 20]);
  assert.deepEqual(breaks("日本語日本語", 8), [0, 4]);
  assert.deepEqual(breaks("🙂".repeat(5), 8), [0, 8]);
  assert.equal(expandTabs("ab\tc"), "ab      c");
});

test("spans, sizes and latencies read well", () => {
  assert.deepEqual([span(3.26), span(42), span(192), span(7500), span(200_000)], ["3.2 s", "42 s", "3 min 12 s", "2 h 05 min", "2 d 7 h"]);
  assert.deepEqual([calmSpan(3.9), bytes(512), bytes(12_900_000), latency(0.0123), latency(1.5)], ["3 s", "512 B", "12.3 MiB", "12 ms", "1.50 s"]);
  assert.deepEqual([plural(1, "line"), plural(12345, "line")], ["1 line", "12,345 lines"]);
});

const because: Evidence = { exit: null, text: "", dependency: "", delay_seconds: null, count: 0, limit: 0 };
const web: Service = {
  name: "web", service: "web", instance: 1, state: "running", desired: "up", health: "healthy", pid: 1, port: null, started_at: null,
  uptime_seconds: 1, restarts: 0, next_start_in_seconds: null, last_exit: null, reason: "ready", depends_on: [], cpu_percent: null, memory_bytes: null,
};
const killed = { code: null, signal: "SIGKILL", cause: null, at: null };

test("one sentence tells cause, last exit, next retry and what blocks", () => {
  assert.equal(sentence({ ...web, state: "backoff", restarts: 2, last_exit: killed }, 1.2), "killed by SIGKILL; starts again in 2 s (restart 3)");
  assert.equal(sentence({ ...web, state: "waiting", reason: "dependency-wait", because: { ...because, dependency: "db" } }, null), "waits for db; starts by itself when that is there");
  assert.match(sentence({ ...web, state: "failed", reason: "limit-reached", because: { ...because, count: 10, limit: 10, exit: { code: 3, signal: null, cause: null } } }, null), /gave up after 10 restarts: exit code 3; stays down until you start it/);
  assert.equal(sentence({ ...web, last_exit: { ...killed, cause: "oom" }, state: "backoff" }, 0), "killed for want of memory (OOM); starts now (restart 1)");
  assert.equal(reasonInWords("something-new", because), "something new");
  assert.equal(severity({ ...web, health: "unhealthy" }), "bad");
});

test("an incident is what one would search the log for", () => {
  const event = { sequence: 1, at: "", instance: "web", from: "running", to: "running", reason: "probe-failed", health: "unhealthy", run: 1, pid: 1, because } as const;
  assert.ok(isIncident(event));
  assert.ok(!isIncident({ ...event, health: "healthy" }));
  assert.ok(isIncident({ ...event, to: "backoff" }));
});
