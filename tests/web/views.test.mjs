// Service page, graph, events and plan.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newHome } from "./support/daemon.mjs";
import { say, speaker } from "./support/speaker.mjs";
import { picture, Stage } from "./support/stage.mjs";

let stage;
const home = newHome();
const restart = { delay: "300s", max_delay: "300s", jitter: 0, limit: 0 };
const config = {
  name: "views",
  services: {
    db: speaker(home, "db", { restart }),
    api: speaker(home, "api", { depends_on: ["db"], restart: { delay: "100ms", jitter: 0 } }),
    web: speaker(home, "web", { depends_on: ["api"], env: { DB_PASSWORD: "very-secret", COLOUR: "blue" } }),
    worker: { command: ["sleep", "1000"], instances: 2 },
  },
};
before(async () => {
  stage = await Stage.open({ home, config });
  await stage.daemon.until("web", (is) => is.state === "running", "runs");
});
after(() => stage?.close());

const summary = (page) => page.getByTestId("why-summary");

test("why: the chain of causes, the next start counting down, what blocks", async () => {
  const page = await stage.page({ at: "#/service/web" });
  await summary(page).getByText("web is running: ready").waitFor();
  await page.evaluate(() => void (location.hash = "#/service/db"));
  await summary(page).getByText("db is running").waitFor();
  await say(home, "db", "FATAL: no space left on device\n");
  await say(home, "db", "exit 3");
  await summary(page).getByText(/^db is backoff: .*exit code 3/).waitFor();
  await page.locator(".chain li", { hasText: "exit code 3" }).first().waitFor();
  await page.locator(".last-lines", { hasText: "FATAL: no space left on device" }).waitFor();
  const left = page.locator(".next b");
  const [, minutes, seconds] = /^(?:(\d+) min )?(\d+) s$/.exec(await left.innerText());
  const first = Number(minutes ?? 0) * 60 + Number(seconds);
  assert.ok(first > 60 && first <= 300, String(first));
  await page.waitForFunction((was) => document.querySelector(".next b").textContent !== was, await left.innerText());
  await stage.daemon.api("POST", "/api/v1/services/api/restart", {});
  await page.evaluate(() => void (location.hash = "#/service/api"));
  await summary(page).getByText("api is waiting: waits for db").waitFor();
  await page.locator(".next .blocker", { hasText: "db" }).waitFor();
  await page.locator(".chain", { hasText: /db: .*exit code 3/ }).waitFor();
  await picture(page, "why");
  await page.locator(".next .blocker").click();
  await page.getByRole("heading", { level: 1, name: "db" }).waitFor();
  await stage.blameless(page);
  await page.context().close();
});

test("the graph lights the failing path and leads to the service", async () => {
  const page = await stage.page({ at: "#/graph" });
  for (const name of ["api", "db"]) await page.locator(".node.lit", { hasText: name }).waitFor();
  await page.locator(".node", { hasText: "worker ×2" }).waitFor();
  assert.equal(await page.locator(".edge.lit[d]").count() >= 1, true);
  await picture(page, "graph");
  await page.getByRole("link", { name: /^db/ }).click();
  await page.getByRole("heading", { level: 1, name: "db" }).waitFor();
  await page.goBack();
  await page.locator(".node.lit", { hasText: "db" }).waitFor();
  await stage.daemon.api("POST", "/api/v1/services/db/start", {});
  await page.waitForFunction(() => !document.querySelector(".node.lit"));
  await stage.blameless(page);
  await page.context().close();
});

test("the timeline tells states, and an entry leads to its log", async () => {
  const page = await stage.page({ at: "#/service/db" });
  await page.locator(".entries li", { hasText: "running → backoff" }).first().waitFor();
  assert.ok((await page.locator(".bar rect").count()) >= 3);
  await page.locator(".entries li", { hasText: "running → backoff" }).first().getByRole("link").click();
  await page.locator(".log-row.current").waitFor();
  await page.locator(".log-row", { hasText: "FATAL: no space left" }).waitFor();
  await page.context().close();
});

test("events as they happen, filtered", async () => {
  const page = await stage.page({ at: "#/events" });
  await page.locator(".entry", { hasText: "exit code 3" }).first().waitFor();
  await page.getByRole("button", { name: "Incidents" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".entry").length === 1);
  await page.getByRole("button", { name: "All" }).click();
  await page.getByRole("combobox", { name: "Service" }).selectOption("worker@2");
  await page.waitForFunction(() => [...document.querySelectorAll(".entry .name")].every((each) => each.textContent === "worker@2"));
  const before = await page.locator(".entry").count();
  await stage.daemon.api("POST", "/api/v1/services/worker@2/restart?wait=10s", {});
  await page.waitForFunction((was) => document.querySelectorAll(".entry").length > was, before);
  await page.locator(".entry", { hasText: "restarted by hand" }).first().waitFor();
  await page.getByRole("searchbox").fill("no such event");
  await page.getByText("Nothing like that happened").waitFor();
  await stage.blameless(page);
  await page.context().close();
});

test("signal and scale from the service page, each with a question", async () => {
  const page = await stage.page({ at: "#/service/worker@1" });
  await page.getByRole("heading", { level: 1, name: "worker@1" }).waitFor();
  await page.getByText("More").click();
  await page.getByRole("spinbutton", { name: "Instances" }).fill("3");
  await page.getByRole("spinbutton", { name: "Instances" }).press("Tab");
  await page.getByRole("dialog").getByText("Run 3 of worker?").waitFor();
  await page.getByRole("button", { name: "Yes, do it" }).click();
  await page.getByRole("link", { name: "worker@3" }).waitFor();
  const { restarts } = await stage.daemon.service("worker@1");
  await page.getByLabel("Signal").selectOption("SIGKILL");
  await page.getByRole("dialog").getByText("Send SIGKILL to worker@1?").waitFor();
  await page.getByRole("button", { name: "Yes, do it" }).click();
  await stage.daemon.until("worker@1", (is) => is.restarts > restarts && is.state === "running", "is restarted");
  await page.locator(".wide-facts", { hasText: "killed by SIGKILL" }).waitFor();
  await page.context().close();
});

test("plan tells what a reload would do, then does it; a broken file is told with its mistakes", async () => {
  await stage.daemon.api("POST", "/api/v1/reload?wait=10s", {});  // the number of instances as it is written
  const page = await stage.page({ at: "#/plan" });
  await page.getByText("a reload would do nothing").waitFor();
  stage.daemon.write({ ...config, services: { ...config.services, worker: { command: ["sleep", "2000"], instances: 3 }, extra: { command: ["sleep", "1000"] } } });
  await page.getByRole("button", { name: "Look again" }).click();
  await page.locator(".step.add", { hasText: "extra" }).waitFor();
  await page.locator(".step.restart", { hasText: "worker" }).waitFor();
  assert.match(await page.locator(".step.restart").innerText(), /command/);
  await picture(page, "plan");
  const { pid } = await stage.daemon.service("web");
  await page.getByRole("button", { name: "Reload", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Reload" }).click();
  await page.getByText("a reload would do nothing").waitFor();
  await page.getByRole("heading", { name: "Done" }).waitFor();
  await stage.daemon.until("extra", (is) => is.state === "running", "runs");
  assert.equal((await stage.daemon.service("web")).pid, pid);
  stage.daemon.write({ ...config, services: { ...config.services, web: { comand: "x", restart: { delay: "5x" } } } });
  await page.getByRole("button", { name: "Look again" }).click();
  await page.locator(".refused", { hasText: "comand" }).waitFor();
  await page.locator(".refused", { hasText: "5x" }).waitFor();
  await picture(page, "plan-refused");
  await stage.blameless(page);
  await page.context().close();
});
