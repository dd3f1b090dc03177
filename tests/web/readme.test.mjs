// The three pictures of the README: the sample stack with a mistake in it. With AURORA_SCREENSHOTS
// they go there (etc/screenshots), else to the artefacts of the run.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { mistaken, sampleHome } from "./support/daemon.mjs";
import { artefacts, picture, Stage } from "./support/stage.mjs";

let stage;
before(async () => (stage = await Stage.open(await sampleHome())));
after(() => stage?.close());

const pictures = {
  overview: ["#/", '.card[data-name="self-learning"][data-state="waiting"]'],
  logs: ["#/logs", ".log-row.error"],
  why: ["#/service/self-learning", ".blockers"],
};

test("overview, logs and why, each under 300 KB", async () => {
  const { daemon } = stage;
  const learns = await daemon.until("self-learning", (is) => is.health === "healthy", "is healthy");
  const { pid } = await daemon.until("aurora-ui", (is) => is.health === "healthy", "is healthy");
  process.kill(pid, "SIGKILL");
  await daemon.until("aurora-ui", (is) => is.health === "healthy" && is.pid !== pid, "is back");
  daemon.write(mistaken(readFileSync(join(daemon.home, "aurora.json"), "utf8")));
  await daemon.api("POST", "/api/v1/reload", {});
  await daemon.until("aurora-backend", (is) => is.state === "backoff", "is in backoff");
  process.kill(learns.pid, "SIGKILL");
  await daemon.until("self-learning", (is) => is.state === "backoff" || is.state === "waiting", "is gone");
  await daemon.api("POST", "/api/v1/services/self-learning/start", {});
  await daemon.until("self-learning", (is) => is.state === "waiting", "waits");
  const page = await stage.page({ viewport: { width: 1360, height: 860 } });
  const folder = process.env.AURORA_SCREENSHOTS ?? join(artefacts, "readme");
  mkdirSync(folder, { recursive: true });
  for (const [name, [at, awaited]] of Object.entries(pictures)) {
    await page.evaluate((to) => void (location.hash = to), at);
    await page.locator(awaited).first().waitFor();
    await picture(page, `readme-${name}`);
    copyFileSync(join(artefacts, `readme-${name}.png`), join(folder, `${name}.png`));
    assert.ok(statSync(join(folder, `${name}.png`)).size < 300_000, name);
  }
  await stage.blameless(page);
});
