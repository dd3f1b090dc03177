import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAnsi, plainLook, stripAnsi } from "./ansi.ts";

const texts = (line: string): string => parseAnsi(line).map((each) => each.text).join("");

test("colours and weights become looks", () => {
  const spans = parseAnsi("\x1b[1;31mred\x1b[0m plain \x1b[38;5;208morange\x1b[48;2;1;2;3mground\x1b[39;49mback");
  assert.deepEqual(spans.map((each) => each.text), ["red", " plain ", "orange", "ground", "back"]);
  assert.equal(spans[0]?.look.fg, 1);
  assert.equal(spans[0]?.look.bold, true);
  assert.deepEqual(spans[1]?.look, plainLook);
  assert.equal(spans[2]?.look.fg, "#ff8700");
  assert.equal(spans[3]?.look.bg, "#010203");
  assert.equal(spans[4]?.look.fg, null);
});

test("every control sequence but colours is taken out", () => {
  for (const [line, left] of [
    ["a\x1b[2Jb\x1b[10;20Hc", "abc"],
    ["a\x1b]0;title\x07b", "ab"],
    ["a\x1b]8;;javascript:alert(1)\x1b\\link\x1b]8;;\x1b\\b", "alinkb"],
    ["a\x1bPdevice\x1b\\b", "ab"],
    ["a\x1b]52;c;never ended", "a"],
    ["a\x1b[31", "a"],
    ["a\x1b", "a"],
    ["\x1b(Bx\x1b=y", "xy"],
    ["a\x9b31mred", "ared"],
  ] as const) {
    assert.equal(texts(line), left);
    assert.equal(stripAnsi(line), left);
  }
});

test("what would hide or turn text is shown", () => {
  assert.equal(texts("a\0b\bc"), "a␀b␈c");
  assert.equal(texts("a\u2028b\u202ec"), "a\ufffdb\ufffdc");
  assert.equal(texts("50%\r100%"), "50%100%");
  assert.equal(texts("<script>alert(1)</script>"), "<script>alert(1)</script>");
});

test("stripped text is the text of the spans, whatever comes", () => {
  let seed = 12345;
  const next = (below: number): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
  const parts = ["\x1b", "[", "]", "3", "8", ";", "5", ":", "m", "\x07", "\\", "text", "\x9c", "P", "\u2028", "é", "\x9b", "?", "\r", "0"];
  for (let round = 0; round < 5000; ++round) {
    let line = "";
    for (let i = next(30); i > 0; --i) line += parts[next(parts.length)];
    assert.equal(texts(line), stripAnsi(line), JSON.stringify(line));
    assert.doesNotMatch(texts(line), /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028]/);
  }
});

test("a long hostile line takes linear time", () => {
  const began = performance.now();
  for (const piece of ["\x1b[", "\x1b]", "\x1b[38;5;", "\x1b]8;;"]) stripAnsi(piece.repeat(64 * 1024 / piece.length));
  assert.ok(performance.now() - began < 1000);
});
