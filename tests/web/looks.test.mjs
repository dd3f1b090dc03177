// How it looks and how it is read: axe in both themes at three widths in every view, dialogs too;
// first paint; reduced motion; the keyboard alone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { mistaken, sampleHome } from "./support/daemon.mjs";
import { axe, picture, Stage } from "./support/stage.mjs";

let stage;
const all = ["aurora-backend", "aurora-ui", "file-server", "self-learning"];

before(async () => {
  stage = await Stage.open(await sampleHome());
  for (const name of all) await stage.daemon.until(name, (is) => is.health === "healthy", "is healthy");
});
after(() => stage?.close());

const views = {
  overview: ["#/", ".card"], service: ["#/service/self-learning", ".summary"], logs: ["#/logs", ".log-row"],
  graph: ["#/graph", ".node"], events: ["#/events", ".entry"], plan: ["#/plan", ".nothing"],
};

async function open(page, [at, awaited]) {
  await page.evaluate((to) => void (location.hash = to), at);
  await page.locator(awaited).first().waitFor();
}

/** A mistake of everyday: the backend ends at once, and who needs it waits. */
async function breakBackend() {
  const path = join(stage.daemon.home, "aurora.json");
  stage.daemon.write(mistaken(stage.sample ??= readFileSync(path, "utf8")));
  await stage.daemon.api("POST", "/api/v1/reload", {});
  await stage.daemon.until("aurora-backend", (is) => is.state === "backoff", "is in backoff");
  await stage.daemon.api("POST", "/api/v1/services/self-learning/restart", {});
  await stage.daemon.until("self-learning", (is) => is.state === "waiting", "waits");
}

test("first paint within 300 ms, from the daemon's own port", async () => {
  const page = await stage.page();
  const paints = [];
  for (let i = 0; i < 5; ++i) {
    await page.reload();
    await page.locator(".card").first().waitFor();
    // In the document is not yet painted.
    const entry = await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
    paints.push(await entry.jsonValue());
  }
  paints.sort((a, b) => a - b);
  console.log(`first contentful paint: median ${paints[2].toFixed(0)} ms, all ${paints.map((each) => each.toFixed(0)).join(" ")}`);
  assert.ok(paints[2] < 300 || process.env.AURORA_SANITIZE, paints.join());
  await page.context().close();
});

for (const colorScheme of ["dark", "light"]) {
  for (const [width, height] of [[390, 844], [1280, 800], [2560, 1440]]) {
    test(`axe finds nothing: ${colorScheme}, ${width} wide`, async () => {
      await breakBackend();
      const page = await stage.page({ colorScheme, viewport: { width, height } });
      const found = [];
      for (const [name, view] of Object.entries(views)) {
        await open(page, view);
        await picture(page, `${name}-${colorScheme}-${width}`);
        found.push(...(await axe(page)).map((each) => `${name}: ${each}`));
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        if (sideways) found.push(`${name}: scrolls sideways`);
      }
      await open(page, views.overview);
      for (const [key, dialog] of [["?", "help"], ["Control+k", "jump"]]) {
        await page.keyboard.press(key);
        await page.locator(`dialog.${dialog}`).waitFor();
        found.push(...(await axe(page)).map((each) => `${dialog}: ${each}`));
        await page.keyboard.press("Escape");
      }
      const out = await stage.page({ colorScheme, viewport: { width, height }, signedIn: false });
      await out.locator(".signed-out").waitFor();
      found.push(...(await axe(out)).map((each) => `signed out: ${each}`));
      assert.deepEqual(found, []);
      await stage.blameless(page);
      await page.context().close();
      await out.context().close();
    });
  }
}

test("who wants less motion gets none", async () => {
  const page = await stage.page({ reducedMotion: "reduce" });
  await page.locator(".card").first().waitFor();
  await page.getByRole("button", { name: "Restart file-server", exact: true }).click();
  await stage.daemon.until("file-server", (is) => is.state === "running", "runs");
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  await page.context().close();
});

test("the keyboard alone reaches everything, and sees where it is", async () => {
  const page = await stage.page();
  await page.locator(".card").first().waitFor();
  const reached = new Set();
  for (let i = 0; i < 60; ++i) {
    await page.keyboard.press("Tab");
    const is = await page.evaluate(() => {
      const at = document.activeElement;
      const style = getComputedStyle(at);
      return { name: at.getAttribute("aria-label") || at.textContent.trim(), seen: at === document.body || style.outlineStyle !== "none" || style.boxShadow !== "none" };
    });
    assert.ok(is.seen, `focus is not seen on ${is.name}`);
    reached.add(is.name);
  }
  for (const name of ["To the content", "Stop all", "Stop file-server", "Logs of file-server", "Plan"]) assert.ok(reached.has(name), `${name}: ${[...reached].join(", ")}`);
  await page.context().close();
});
