// The parts of a service page that the daemon is asked for: against its own routes, and, for what charts
// draw, against answers of their shapes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, newHome } from "./support/daemon.mjs";
import { speaker } from "./support/speaker.mjs";
import { picture, Stage } from "./support/stage.mjs";

let stage;
const home = newHome();
before(async () => {
  const web = speaker(home, "web", {
    env: { DB_PASSWORD: "very-secret", COLOUR: "blue" },
    health: { exec: ["true"], interval: "200ms" },
    labels: { team: "core" },
  });
  stage = await Stage.open({ home, config: { name: "panels", services: { web } } });
  await stage.daemon.until("web", (is) => is.health === "healthy", "is healthy");
});
after(() => stage?.close());

const panel = (page, name) => page.getByRole("region", { name, exact: true });

test("the configuration as resolved, secrets masked", async () => {
  const page = await stage.page({ at: "#/service/web" });
  await panel(page, "Configuration").getByText("python3 speaker.py web").waitFor();
  await panel(page, "Environment").getByText("blue").waitFor();
  await panel(page, "Environment").getByText("DB_PASSWORD").waitFor();
  assert.doesNotMatch(await page.content(), /very-secret/);
  await stage.blameless(page);
  await page.context().close();
});

test("the processes of its tree", async () => {
  const page = await stage.page({ at: "#/service/web" });
  const { pid } = await stage.daemon.service("web");
  await panel(page, "Processes").getByRole("cell", { name: String(pid), exact: true }).waitFor();
  await panel(page, "Processes").getByText("speaker.py").waitFor();
  await page.context().close();
});

test("results of probes as they come", async () => {
  const page = await stage.page({ at: "#/service/web" });
  await panel(page, "Probes").getByText("exit code 0").first().waitFor();
  const newest = () => panel(page, "Probes").locator(".scroll tbody tr").first().innerText();
  const first = await newest();
  await eventually(async () => (await newest()) !== first, "another result came");
  await page.context().close();
});

test("samples of CPU and memory, on the card and on the page", { timeout: 60_000 }, async () => {
  const page = await stage.page();
  // A level line has no height: for Playwright it is not visible.
  await page.locator('.card[data-name="web"] .spark.memory .line').waitFor({ state: "attached" });
  await page.evaluate(() => void (location.hash = "#/service/web"));
  await page.locator(".chart canvas").first().waitFor();
  await stage.blameless(page);
  await page.context().close();
});

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const told = {
  probes: { probes: Array.from({ length: 90 }, (_, i) => ({ at: ago(180 - 2 * i), healthy: i % 37 !== 5, took_seconds: 0.004, text: i % 37 === 5 ? "connection refused" : "HTTP 200" })) },
  usage: { samples: Array.from({ length: 170 }, (_, i) => ({ at: ago(850 - 5 * i), cpu_percent: i % 50, memory_bytes: 2e7 + i * 1e4 })) },
};

test("charts are drawn under the policy, in the colours of the theme", async () => {
  const page = await stage.page();
  for (const [part, answer] of Object.entries(told)) {
    await page.route(`**/api/v1/services/web/${part}`, (route) => route.fulfill({ json: { services: [{ name: "web", ...answer }] } }));
  }
  // What the daemon has to tell by itself would come between.
  await page.routeWebSocket(/stream/, (client) => {
    const daemon = client.connectToServer();
    client.onMessage((message) => void (/"usage"|"probes"/.test(String(message)) || daemon.send(message)));
  });
  await page.reload();
  await page.locator('.card[data-name="web"] .spark.cpu .line').waitFor();
  await page.evaluate(() => void (location.hash = "#/service/web"));
  await page.waitForFunction(() => document.querySelectorAll(".chart canvas").length === 3);
  const ink = () => page.locator(".chart canvas").first().evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let i = 3; i < data.length; i += 4) sum += data[i] > 0 ? 1 : 0;
    return sum;
  });
  await eventually(async () => (await ink()) > 1000, "something is drawn");
  assert.match(await page.getByRole("img", { name: /^Latency: newest 4.0 ms/ }).getAttribute("aria-label"), /highest/);
  await panel(page, "Probes").scrollIntoViewIfNeeded();
  await picture(page, "charts");
  await stage.blameless(page);
  await page.context().close();
});
