// The daemon goes and comes back in front of an open page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newHome } from "./support/daemon.mjs";
import { say, speaker } from "./support/speaker.mjs";
import { picture, Stage } from "./support/stage.mjs";

let stage;
const home = newHome();
before(async () => {
  stage = await Stage.open({ home, config: { name: "survival", services: { web: speaker(home, "web"), db: speaker(home, "db") } } });
  await stage.daemon.until("web", (is) => is.state === "running", "runs");
});
after(() => stage?.close());

const numbers = (page) => page.locator(".log-text").evaluateAll((all) => all.map((each) => /^number (\d+)$/.exec(each.textContent)?.[1]).filter(Boolean).map(Number));
const row = (page, text) => page.locator(".log-row", { hasText: text });

test("both processes killed: reconnecting, then on where it was, no line lost and none twice", async () => {
  const page = await stage.page({ at: "#/logs?services=web" });
  await say(home, "web", "number 1\nnumber 2\nnumber 3\n");
  await row(page, "number 3").waitFor();
  await stage.daemon.kill();
  await page.locator(".away-bar", { hasText: "Reconnecting" }).waitFor();
  await page.locator(".link.away").waitFor();
  await picture(page, "reconnecting");
  await say(home, "web", "number 4\nnumber 5\n");
  await stage.daemon.start();
  await page.locator(".link.live").waitFor();
  await page.locator(".away-bar").waitFor({ state: "detached" });
  await say(home, "web", "number 6\n");
  await row(page, "number 6").waitFor();
  assert.deepEqual(await numbers(page), [1, 2, 3, 4, 5, 6]);
  await page.evaluate(() => void (location.hash = "#/"));
  const { pid } = await stage.daemon.service("web");
  await page.locator('.card[data-name="web"]', { hasText: String(pid) }).waitFor();
  await page.context().close();
});

test("the reactor alone killed, over and over: the page goes on each time", async () => {
  const page = await stage.page({ at: "#/logs?services=web" });
  await row(page, "number 6").waitFor();
  for (let number = 7; number < 12; ++number) {
    const { body } = await stage.daemon.api("GET", "/api/v1/status");
    await page.evaluate(() => {
      globalThis.wasAway = new Promise((done) => {
        new MutationObserver((_all, observer) => {
          if (!document.querySelector(".link.away")) return;
          observer.disconnect();
          done(true);
        }).observe(document.querySelector(".head"), { subtree: true, childList: true, attributes: true });
      });
    });
    process.kill(body.daemon.pid, "SIGKILL");
    await page.evaluate(() => globalThis.wasAway);
    await say(home, "web", `number ${number}\n`);
    await page.locator(".link.live").waitFor();
    await row(page, `number ${number}`).waitFor();
  }
  assert.deepEqual(await numbers(page), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  await stage.blameless(page);
  await page.context().close();
});

test("asked while it is away, an operation fails with words", async () => {
  const page = await stage.page();
  await page.locator('.card[data-name="db"][data-state="running"]').waitFor();
  await stage.daemon.kill();
  await page.locator(".away-bar").waitFor();
  await page.getByRole("button", { name: "Stop db", exact: true }).click();
  await page.locator(".notice.bad", { hasText: "Cannot stop db" }).waitFor();
  await page.getByRole("button", { name: "Close this notice" }).click();
  await stage.daemon.start();
  await page.locator(".link.live").waitFor();
  await page.getByRole("button", { name: "Stop db", exact: true }).click();
  await page.locator('.card[data-name="db"][data-state="stopped"]').waitFor();
  await page.context().close();
});
