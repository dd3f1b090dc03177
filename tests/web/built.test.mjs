// What npm and Vite make: small, without anything inline, the same every time.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const dist = process.env.AURORA_DIST;
const source = join(process.env.AURORA_SOURCE, "apps", "dashboard");
const files = (root) => readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.\w+$/.test(name)).sort();
const zipped = (path) => gzipSync(readFileSync(path), { level: 9 }).length;
const page = readFileSync(join(dist, "index.html"), "utf8");

test("the first load is at most 60 KiB gzipped", () => {
  const named = [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map((each) => each[1]);
  assert.ok(named.length >= 3, page);
  const sizes = ["index.html", ...named].map((name) => [name, zipped(join(dist, name))]);
  const sum = sizes.reduce((total, [, size]) => total + size, 0);
  console.log(sizes.map(([name, size]) => `${name} ${(size / 1024).toFixed(1)} KiB`).join(", "), `= ${(sum / 1024).toFixed(1)} KiB`);
  assert.ok(sum <= 60 * 1024, `${sum} bytes`);
});

test("nothing is inline, and nothing comes from another host", () => {
  assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/i);
  for (const name of files(dist)) {
    const text = readFileSync(join(dist, name), "utf8");
    const hosts = [...text.matchAll(/\b(?:https?|wss?):\/\/([\w.-]+)/g)].map((each) => each[1]).filter((host) => host !== "www.w3.org");
    assert.deepEqual(hosts, [], name);
    assert.doesNotMatch(text, /@font-face|\beval\(|new Function\(/, name);
  }
});

test("no source of ours writes HTML", () => {
  for (const name of files(join(source, "src"))) {
    const text = readFileSync(join(source, "src", name), "utf8");
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment/, name);
  }
});

test("the lock file names no registry", () => {
  const lock = readFileSync(join(source, "package-lock.json"), "utf8");
  assert.doesNotMatch(lock, /"resolved"|registry/);
  assert.match(lock, /"integrity": "sha512-/);
});

test("made again it is the same, byte by byte", () => {
  const again = mkdtempSync(join(tmpdir(), "aurora-dist-"));
  try {
    const run = spawnSync("npm", ["run", "--silent", "build", "--", "--logLevel", "warn"], { env: { ...process.env, AURORA_DIST: again }, encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(files(again), files(dist));
    for (const name of files(dist)) assert.deepEqual(readFileSync(join(again, name)), readFileSync(join(dist, name)), name);
  } finally {
    rmSync(again, { recursive: true, force: true });
  }
});
