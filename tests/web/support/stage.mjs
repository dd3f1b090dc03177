// A daemon that serves its page, and a browser: what every test plays on.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { Daemon, deadline, freePort, newHome, sampleHome } from "./daemon.mjs";

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
export const artefacts = join(process.env.AURORA_WEB_ARTEFACTS, "artefacts");
mkdirSync(artefacts, { recursive: true });

export class Stage {
  /** Of a configuration, or of the sample where none is given. browser: further flags. */
  static async open({ config, home, browser = [] } = {}) {
    const stage = new Stage();
    const place = config ? { home: home ?? newHome(), config } : await sampleHome();
    const port = await freePort();
    stage.origin = `http://127.0.0.1:${port}`;
    stage.daemon = await new Daemon(place.home, place.config, ["--http", `127.0.0.1:${port}`]).start();
    stage.browser = await chromium.launch({ executablePath: process.env.AURORA_CHROMIUM ?? "/usr/bin/chromium", args: [...flags, ...browser] });
    stage.faults = [];
    return stage;
  }

  async close() {
    await this.browser?.close();
    await this.daemon?.stop();
  }

  /** One that signs in once. */
  async code(role = "operate") {
    const { status, body } = await this.daemon.api("POST", "/api/v1/codes", { role });
    if (status !== 200) throw new Error(`no code: ${JSON.stringify(body)}`);
    return body.code;
  }

  /** A signed-in page of its own context; `at`: "#/logs". */
  async page({ at = "#/", role = "operate", signedIn = true, ...options } = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "dark", ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(deadline);
    this.watch(page);
    await page.goto(`${this.origin}/${signedIn ? `#code=${await this.code(role)}` : at}`);
    if (signedIn) {
      await page.locator(".link.live").waitFor();
      if (at !== "#/") await page.evaluate((to) => void (location.hash = to), at);
    }
    return page;
  }

  /** Everything a page may not do, gathered: CSP violations, errors of scripts, requests elsewhere. */
  watch(page) {
    const faults = this.faults;
    page.on("pageerror", (fault) => faults.push(`error: ${fault.stack ?? fault}`));
    page.on("console", (said) => {
      if (/Content Security Policy|Trusted ?Type|Refused to/i.test(said.text())) faults.push(`CSP: ${said.text()}`);
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (!["data:", "blob:"].includes(url.protocol) && url.host !== new URL(this.origin).host) faults.push(`a request left: ${url}`);
    });
    page.on("dialog", (dialog) => {
      faults.push(`a script of a service ran: ${dialog.message()}`);
      void dialog.dismiss();
    });
    void page.addInitScript(() => {
      globalThis.violations = [];
      addEventListener("securitypolicyviolation", (event) => {
        globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`);
      });
    });
  }

  /** Nothing forbidden happened on this page, nor on any other of the stage. */
  async blameless(page) {
    const violations = await page.evaluate(() => globalThis.violations);
    const all = [...violations.map((each) => `CSP: ${each}`), ...this.faults];
    if (all.length > 0) throw new Error(`the page did what it may not:\n${all.join("\n")}`);
  }
}

/** What axe finds wrong, one line each. */
export async function axe(page) {
  const path = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
  // By the debugger's protocol: a script tag would be what the policy forbids.
  const { readFileSync } = await import("node:fs");
  await page.evaluate(readFileSync(path, "utf8") + "; void 0");
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary?.replaceAll("\n", " ")}`));
}

export async function picture(page, name) {
  await page.screenshot({ path: join(artefacts, `${name}.png`) });
}
