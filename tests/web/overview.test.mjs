// The overview: signing in, what cards tell, every button, keys.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { picture, Stage } from "./support/stage.mjs";

let stage;
before(async () => (stage = await Stage.open()));
after(() => stage?.close());

const card = (page, name) => page.locator(`.card[data-name="${name}"]`);
const inState = (page, name, state) => page.locator(`.card[data-name="${name}"][data-state="${state}"]`);
const all = ["aurora-backend", "aurora-ui", "file-server", "self-learning"];

/** From whatever the test before left. */
async function allRunning(page) {
  await stage.daemon.api("POST", "/api/v1/start?wait=30s", {});
  for (const name of all) await inState(page, name, "running").waitFor();
}

test("a link signs in once, and leaves no trace in the address", async () => {
  const page = await stage.page();
  assert.equal(new URL(page.url()).hash, "");
  assert.ok(await page.evaluate(() => sessionStorage.getItem("aurora.token")));
  assert.equal(await page.evaluate(() => localStorage.getItem("aurora.token")), null);
  assert.equal(await page.evaluate(() => document.cookie), "");
  await page.reload();
  await page.locator(".link.live").waitFor();
  await page.context().close();
});

test("without a token the page says which command gives one", async () => {
  const page = await stage.page({ signedIn: false });
  await page.getByText("aurorctl dashboard", { exact: true }).waitFor();
  await picture(page, "signed-out");
  await page.goto("about:blank"); // a fragment alone would load nothing
  await page.goto(`${stage.origin}/#code=${"x".repeat(22)}`);
  await page.getByRole("alert").waitFor();
  assert.match(await page.locator(".signed-out").innerText(), /aurorctl dashboard/);
  await stage.blameless(page);
  await page.context().close();
});

test("a token that ended leads back to the sign-in page", async () => {
  const page = await stage.page();
  await page.evaluate(() => sessionStorage.setItem("aurora.token", "of-yesterday"));
  await page.reload();
  await page.locator(".signed-out").waitFor();
  await page.context().close();
});

test("a card tells state, health, pid, port, uptime; the tiles count", async () => {
  const page = await stage.page();
  await allRunning(page);
  for (const name of all) {
    const is = await stage.daemon.until(name, (each) => each.health === "healthy", "is healthy");
    await card(page, name).locator(".badge", { hasText: "healthy" }).waitFor();
    const text = await card(page, name).innerText();
    assert.match(text, new RegExp(`pid\\s*${is.pid}`));
    const port = card(page, name).getByRole("link", { name: String(is.port) });
    assert.match(await port.getAttribute("href"), new RegExp(`:${is.port}/`));
  }
  assert.match(await page.locator(".tile", { hasText: "Running" }).innerText(), /4\s+of 4/);
  await page.waitForFunction(() => {
    const up = document.querySelector(".card dd").textContent;
    globalThis.firstUptime ??= up;
    return up !== globalThis.firstUptime;
  });
  await stage.blameless(page);
  await page.context().close();
});

test("stop, start and restart of one service, from its card", async () => {
  const page = await stage.page();
  await allRunning(page);
  await page.getByRole("button", { name: "Stop file-server", exact: true }).click();
  await inState(page, "file-server", "stopped").waitFor();
  assert.equal((await stage.daemon.service("file-server")).desired, "down");
  assert.ok(await page.getByRole("button", { name: "Stop file-server", exact: true }).isDisabled());
  await page.getByRole("button", { name: "Start file-server", exact: true }).click();
  await inState(page, "file-server", "running").waitFor();
  const { pid } = await stage.daemon.service("file-server");
  await page.getByRole("button", { name: "Restart file-server" }).click();
  await stage.daemon.until("file-server", (is) => is.pid !== null && is.pid !== pid && is.state === "running", "has another pid");
  await page.waitForFunction((old) => !document.querySelector('[data-name="file-server"]').innerText.includes(`pid\n${old}`), pid);
  await page.locator('.card[data-name="file-server"] button:not([aria-busy="true"])').nth(2).waitFor();
  await page.context().close();
});

test("stop all asks first; cancelled, nothing happens; then all stop and start", async () => {
  const page = await stage.page();
  await allRunning(page);
  await page.getByRole("button", { name: "Stop all" }).click();
  assert.match(await page.getByRole("dialog").innerText(), /all 4 services[\s\S]*no undo/);
  await picture(page, "stop-all");
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await page.locator(".card[data-state=running]").count(), 4);
  await page.getByRole("button", { name: "Stop all" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop all 4 services" }).click();
  for (const name of all) await inState(page, name, "stopped").waitFor();
  await page.getByRole("button", { name: "Start all", exact: true }).click();
  await allRunning(page);
  await page.getByRole("button", { name: "Restart all" }).click();
  await page.getByRole("dialog").getByRole("button", { name: /Restart all/ }).click();
  await page.locator('.card [aria-busy="true"]').first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.card[data-state="running"]').length === 4 && !document.querySelector('.card [aria-busy="true"]'));
  await page.context().close();
});

test("a service killed in front of the open page: seen within 100 ms, brought back, and told why", async () => {
  const page = await stage.page();
  await allRunning(page);
  const { pid } = await stage.daemon.until("aurora-ui", (is) => is.health === "healthy", "is healthy");
  await page.evaluate(() => {
    const card = document.querySelector('[data-name="aurora-ui"]');
    globalThis.changed = new Promise((done) => {
      new MutationObserver(() => done(Date.now())).observe(card, { attributes: true, attributeFilter: ["data-state"] });
    });
  });
  process.kill(pid, "SIGKILL");
  const shownAt = await page.evaluate(() => globalThis.changed);
  const { body } = await stage.daemon.api("GET", "/api/v1/events?last=20");
  const death = body.events.find((each) => each.instance === "aurora-ui" && each.to === "backoff" && each.because.exit?.signal === "SIGKILL");
  const took = shownAt - Date.parse(death.at);
  console.log(`state change on the page after ${took} ms`);
  assert.ok(took < 100 || process.env.AURORA_SANITIZE, `${took} ms`);
  await stage.daemon.until("aurora-ui", (is) => is.state === "running" && is.pid !== pid, "is back");
  await card(page, "aurora-ui").getByText("last exit: killed by SIGKILL").waitFor();
  assert.match(await card(page, "aurora-ui").innerText(), /restarts\s*1/);
  assert.match(await page.locator(".tile", { hasText: "Restarts today" }).innerText(), /Restarts today\s+[1-9]/);
  await stage.blameless(page);
  await page.context().close();
});

test("filter, sort, groups and compact", async () => {
  const page = await stage.page();
  await allRunning(page);
  await page.keyboard.press("/");
  await page.keyboard.type("learn");
  await page.waitForFunction(() => document.querySelectorAll(".card").length === 1);
  assert.match(page.url(), /q=learn/);
  await page.getByRole("button", { name: "Stop 1 shown" }).waitFor();
  await page.getByRole("searchbox", { name: "Filter services" }).fill("nothing like it");
  await page.getByText("No service is like that.").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await page.getByRole("button", { name: "Stopped" }).click();
  await page.getByText("No service is like that.").waitFor();
  await page.getByRole("button", { name: "All", exact: true }).click();
  await page.getByLabel("Sort").selectOption("name");
  assert.deepEqual(await page.locator(".card").evaluateAll((cards) => cards.map((each) => each.dataset.name)), all);
  await page.getByLabel("Group").selectOption("state");
  await page.getByRole("heading", { name: "running · 4" }).waitFor();
  await page.getByRole("button", { name: "Compact" }).click();
  await page.locator(".card.compact").first().waitFor();
  await picture(page, "compact");
  await page.reload();
  await page.locator(".card.compact").first().waitFor();
  await page.context().close();
});

test("keys: move, open, operate with a question, help, jump, theme", async () => {
  const page = await stage.page();
  await allRunning(page);
  await page.getByLabel("Sort").selectOption("name");
  await page.locator("body").click({ position: { x: 5, y: 890 } });
  for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
  await page.locator('.card[data-name="aurora-ui"][aria-current]').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.name), "aurora-ui");
  await page.keyboard.press("x");
  await page.getByRole("dialog").getByText("Stop aurora-ui?").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal((await stage.daemon.service("aurora-ui")).desired, "up");
  const { pid } = await stage.daemon.service("aurora-ui");
  await page.keyboard.press("r");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Enter");
  await stage.daemon.until("aurora-ui", (is) => is.pid !== null && is.pid !== pid, "restarted");
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keys" }).waitFor();
  await picture(page, "help");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Service or view" }).waitFor();
  await page.keyboard.type("flsrv");
  await page.getByRole("option", { name: /^file-server service/, selected: true }).waitFor();
  await picture(page, "jump");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "file-server" }).waitFor();
  for (const [keys, heading] of [["gl", "Logs"], ["gg", "Graph"], ["ge", "Events"], ["gp", "Plan"]]) {
    if (heading === "Logs") await page.evaluate(() => void (location.hash = "#/"));
    for (const key of keys) await page.keyboard.press(key);
    await page.getByRole("heading", { level: 1, name: new RegExp(heading) }).waitFor();
  }
  await page.keyboard.press("t");
  await page.keyboard.press("t");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  await stage.blameless(page);
  await page.context().close();
});

test("who may only look sees everything and changes nothing", async () => {
  const page = await stage.page({ role: "read" });
  await allRunning(page);
  await page.getByText("read only").waitFor();
  assert.equal(await page.locator(".action:not(:disabled)").count(), 0);
  await page.evaluate(() => void (location.hash = "#/plan"));
  await page.getByText("a reload would do nothing").waitFor();
  await page.context().close();
});
