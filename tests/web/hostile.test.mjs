// What services print and are called reaches the page as text, whatever it is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newHome } from "./support/daemon.mjs";
import { say, speaker } from "./support/speaker.mjs";
import { picture, Stage } from "./support/stage.mjs";

let stage;
const home = newHome();
const script = "<img src=x onerror=alert(1)><script>alert(2)</script>";
const row = (page, text) => page.locator(".log-row", { hasText: text });

before(async () => {
  stage = await Stage.open({
    home,
    config: {
      name: `<b>${script}</b>`,
      services: {
        evil: speaker(home, "evil", { labels: { "<i>team</i>": script } }),
        broken: { command: ["sh", "-c", `echo '${script}'; exit 1`], restart: { limit: 0, delay: "1s" } },
        sick: speaker(home, "sick", { health: { exec: ["sh", "-c", `echo '${script}'; exit 1`], interval: "100ms", retries: 1, on_failure: "alert" } }),
        absent: { command: [`./${script}`] },
      },
    },
  });
  await stage.daemon.until("evil", (is) => is.state === "running", "runs");
});
after(() => stage?.close());

test("HTML, ANSI, OSC, control characters and U+2028 are shown, and do nothing", async () => {
  const page = await stage.page({ at: "#/logs?services=evil" });
  await row(page, "ready").waitFor();
  const lines = [
    `html ${script}`,
    `colour \x1b[31m${script}\x1b[0m`,
    "osc \x1b]0;stolen title\x07 \x1b]8;;javascript:alert(3)\x1b\\click\x1b]8;;\x1b\\ \x1b]52;c;ZXZpbA==\x07 over",
    "cursor \x1b[2J\x1b[1;1H\x1b[?25l moved",
    "separator \u2028 \u2029 \u202e reversed",
    "style \x1b[38;5;1;url(x)m \x1b[38;2;999;1;1m odd",
    "null \0 and \x9b31m bell \x07",
    "entities &lt;b&gt; &#x3c;script&#x3e;",
  ];
  await say(home, "evil", `${lines.join("\n")}\n\xff\xfe broken bytes\n`);
  await say(home, "evil", Buffer.from([0x66, 0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0x0a]));
  await say(home, "evil", "the last of them\n");
  await row(page, "the last of them").waitFor();
  const shown = await page.locator(".log-text").allInnerTexts();
  assert.ok(shown.includes(`html ${script}`), shown.join("\n"));
  assert.ok(shown.includes(`colour ${script}`));
  assert.ok(shown.some((each) => /^osc\s+click\s+over$/.test(each)));
  assert.ok(shown.includes("entities &lt;b&gt; &#x3c;script&#x3e;"));
  assert.equal(await page.locator(".log-rows :is(img, script, a, iframe, b)").count(), 0);
  assert.match(await page.title(), /Aurora$/);
  await picture(page, "hostile");
  await stage.blameless(page);
  await page.context().close();
});

test("a line of 100 MB without an end comes in pieces, and the page stays alive", { timeout: 120_000 }, async () => {
  const page = await stage.page({ at: "#/logs?services=evil" });
  await row(page, "ready").first().waitFor();
  const piece = Buffer.alloc(10 << 20, "x");
  for (let i = 0; i < 10; ++i) await say(home, "evil", piece);
  await say(home, "evil", " the end of 100 MB\nand a short line\n");
  await row(page, "and a short line").waitFor({ timeout: 90_000 });
  const heap = await page.evaluate(() => performance.memory.usedJSHeapSize);
  console.log(`heap after a line of 100 MB: ${(heap / 1048576).toFixed(1)} MiB`);
  assert.ok(heap < 150 << 20, `${heap} bytes`);
  await page.getByRole("button", { name: "Wrap" }).click();
  await row(page, "and a short line").waitFor();
  await stage.blameless(page);
  await page.context().close();
});

test("names, labels, reasons and answers of probes are text in every view", async () => {
  const page = await stage.page();
  await stage.daemon.until("sick", (is) => is.health === "unhealthy", "is unhealthy");
  await page.locator('.card[data-name="sick"]', { hasText: "onerror=alert(1)" }).waitFor();
  for (const at of ["#/", "#/service/broken", "#/service/sick", "#/service/absent", "#/events", "#/graph", "#/plan", "#/service/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", `#/logs?services=evil&q=${encodeURIComponent(script)}`, `#/events?q=${encodeURIComponent(script)}`, "#/%00/../x?%"]) {
    await page.evaluate((to) => void (location.hash = to), at);
    await page.locator("main").waitFor();
    await page.waitForFunction(() => !/^…/.test(document.querySelector("main").innerText));
    assert.equal(await page.locator("#app :is(img, script, iframe, i:not([aria-hidden]))").count(), 0, at);
  }
  await page.evaluate(() => void (location.hash = "#/service/broken"));
  await page.locator(".last-lines", { hasText: "onerror=alert(1)" }).waitFor();
  await picture(page, "hostile-why");
  await stage.blameless(page);
  await page.context().close();
});
