// Log views: live lines, colours, search, filters, pause, wrap, merging, incidents, download.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { newHome } from "./support/daemon.mjs";
import { say, speaker } from "./support/speaker.mjs";
import { picture, Stage } from "./support/stage.mjs";

let stage;
const home = newHome();
const row = (page, text) => page.locator(".log-row", { hasText: text });

before(async () => {
  const restart = { delay: "100ms", jitter: 0 };
  stage = await Stage.open({ home, config: { name: "logs", services: { web: speaker(home, "web", { restart }), db: speaker(home, "db", { restart }) } } });
  for (const name of ["web", "db"]) await stage.daemon.until(name, (is) => is.state === "running", "runs");
});
after(() => stage?.close());

async function logsOf(names) {
  const page = await stage.page({ at: `#/logs?services=${names}` });
  await page.locator(".log-row").first().waitFor();
  return page;
}

test("a line is on the page as it is printed, in its colours", async () => {
  const page = await logsOf("web");
  await say(home, "web", "\x1b[1;31mERROR\x1b[0m cannot \x1b[38;2;1;200;3mconnect\x1b[0m to db\n");
  const line = row(page, "ERROR cannot connect to db");
  await line.waitFor();
  assert.match(await line.getAttribute("class"), /error/);
  assert.match(await line.locator(".f1.bold").innerText(), /ERROR/);
  assert.equal(await line.locator("span", { hasText: /^connect$/ }).evaluate((span) => getComputedStyle(span).color), "rgb(1, 200, 3)");
  await stage.blameless(page);
  await page.context().close();
});

test("search counts, marks and goes from one match to the next; filters hide", async () => {
  const page = await logsOf("web");
  await say(home, "web", Array.from({ length: 300 }, (_, i) => `request ${i} ${i % 100 === 7 ? "TIMEOUT" : "fine"}\n`).join(""));
  await row(page, "request 299").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("timeout");
  await page.locator(".hits", { hasText: "3 lines" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".log-row.current mark", { hasText: "TIMEOUT" }).waitFor();
  await row(page, "request 7 ").waitFor();
  await page.keyboard.press("Enter");
  await row(page, "request 107 ").waitFor();
  await page.getByRole("button", { name: "Only matches" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".log-row").length === 3);
  assert.match(page.url(), /q=timeout.*only=1|only=1.*q=timeout/);
  await page.getByRole("button", { name: ".*", exact: true }).click();
  await page.getByRole("searchbox", { name: "Search the log" }).fill("request [12]07");
  await page.waitForFunction(() => document.querySelectorAll(".log-row").length === 2);
  await page.getByRole("searchbox", { name: "Search the log" }).fill("(");
  await page.locator(".hits", { hasText: "not a pattern" }).waitFor();
  await page.getByRole("searchbox", { name: "Search the log" }).fill("");
  await page.getByRole("searchbox", { name: "Hide lines with" }).fill("fine|ready|ERROR");
  await page.waitForFunction(() => [...document.querySelectorAll(".log-row")].every((each) => !/fine|ready/.test(each.textContent)) && document.querySelectorAll(".log-row").length === 3);
  await page.getByRole("searchbox", { name: "Hide lines with" }).fill("");
  await page.getByLabel("Level").selectOption("error");
  await page.waitForFunction(() => document.querySelectorAll(".log-row.error").length === document.querySelectorAll(".log-row").length);
  await page.context().close();
});

test("an Enter in the same moment as the last letter goes to a match of all letters", async () => {
  const page = await logsOf("web");
  await say(home, "web", Array.from({ length: 200 }, (_, i) => `swift ${i === 11 ? "SALLOW" : "SALLY"} ${i}\n`).join(""));
  await row(page, "SALLY 199").waitFor();
  await page.getByRole("searchbox", { name: "Search the log" }).evaluate((input) => {
    for (const text of ["sall", "sallow"]) {
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  });
  await page.locator(".log-row.current mark", { hasText: "SALLOW" }).waitFor();
  await page.context().close();
});

test("pause holds still and loses nothing; follow goes along", async () => {
  const page = await logsOf("web");
  await say(home, "web", "before it was paused\n");
  await row(page, "before it was paused").waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await say(home, "web", "while it was paused 1\nwhile it was paused 2\n");
  await page.getByText("paused, 2 new lines").waitFor();
  assert.equal(await row(page, "while it was paused").count(), 0);
  await page.getByText("paused, 2 new lines").click();
  await row(page, "while it was paused 2").waitFor();
  await page.locator(".log-rows").hover();
  await page.mouse.wheel(0, -2000);
  await page.getByText("to the end").waitFor();
  const before = await page.locator(".log-rows").evaluate((box) => box.scrollTop);
  await say(home, "web", "not scrolled to\n");
  await page.getByText(/rows/).waitFor();
  assert.equal(await page.locator(".log-rows").evaluate((box) => box.scrollTop), before);
  await page.getByText("to the end").click();
  await row(page, "not scrolled to").waitFor();
  await page.context().close();
});

test("wrap shows all of a long line; without it the rest is counted", async () => {
  const page = await logsOf("web");
  await say(home, "web", `begin ${"x".repeat(9000)} end-of-it\n`);
  await row(page, /5,01\d more characters/).waitFor();
  await page.getByRole("button", { name: "Wrap" }).click();
  await row(page, "end-of-it").waitFor();
  const inside = await page.locator(".log-rows").evaluate((box) => box.scrollWidth <= box.clientWidth + 1);
  assert.ok(inside, "a wrapped view does not scroll sideways");
  await page.getByRole("button", { name: "Times" }).click();
  assert.equal(await page.locator(".log-time").count(), 0);
  await page.getByRole("button", { name: "Times" }).click();
  await page.context().close();
});

test("several services are merged by time, in colours of their own", async () => {
  const page = await logsOf("web,db");
  // One after the other: what two services print at once the daemon may read in either order.
  for (const [name, text] of [["web", "merged first"], ["db", "merged second"], ["web", "merged third"]]) {
    await say(home, name, `${text}\n`);
    await row(page, text).waitFor();
  }
  const found = await page.locator(".log-row", { hasText: "merged" }).evaluateAll((all) => all.map((each) => [each.querySelector(".log-name").textContent, each.querySelector(".log-text").textContent]));
  assert.deepEqual(found, [["web", "merged first"], ["db", "merged second"], ["web", "merged third"]]);
  const colours = await page.locator(".log-name").evaluateAll((all) => new Set(all.map((each) => getComputedStyle(each).color)).size);
  assert.ok(colours >= 2);
  await page.getByRole("button", { name: "db", exact: true }).click();
  await page.waitForFunction(() => !document.querySelector(".log-name"));
  await row(page, "merged first").waitFor();
  assert.equal(await row(page, "merged second").count(), 0);
  await picture(page, "logs");
  await page.context().close();
});

test("an incident can be jumped to; the whole log can be saved; older lines can be had", async () => {
  await say(home, "db", "about to end\n");
  const { pid } = await stage.daemon.service("db");
  await say(home, "db", "exit 7");
  await stage.daemon.until("db", (is) => is.state === "running" && is.pid !== pid, "is back");
  await say(home, "db", Array.from({ length: 3000 }, (_, i) => `afterwards ${i}\n`).join(""));
  const page = await logsAt("db", "afterwards 2999");
  const incident = page.getByLabel("Incident");
  const value = await incident.locator("option", { hasText: "exit code 7" }).getAttribute("value");
  await incident.selectOption(value);
  await page.locator(".log-row.current").waitFor();
  await row(page, "about to end").waitFor();
  const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  const text = readFileSync(await saved.path(), "utf8");
  assert.equal(saved.suggestedFilename(), "db.log");
  assert.match(text, /^ready\n/);
  assert.match(text, /about to end\n[\s\S]*afterwards 2999\n$/);
  await stage.blameless(page);
  await page.context().close();
  const other = await logsAt("db", "afterwards 2999");
  await other.getByRole("button", { name: "Older" }).click();
  await other.getByText(/older lines loaded/).waitFor();
  await other.getByRole("button", { name: "From here" }).click();
  await other.getByText("0 rows").waitFor();
  await say(home, "db", "a new beginning\n");
  await row(other, "a new beginning").waitFor();
  await other.context().close();
});

async function logsAt(name, text) {
  const page = await stage.page({ at: `#/logs?services=${name}` });
  await row(page, text).waitFor();
  return page;
}
