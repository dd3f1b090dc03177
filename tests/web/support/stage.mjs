// A daemon, what serves its page, and a browser: what every test plays on. Which of the two serves,
// the daemon's own listener or the relay, is decided here and nowhere else.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { Daemon, deadline, freePort, newHome, sampleHome } from "./daemon.mjs";
import { Relay } from "./relay.mjs";

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
export const artefacts = join(process.env.AURORA_WEB_ARTEFACTS, "artefacts");
mkdirSync(artefacts, { recursive: true });

/** The daemon's own listener, on a port of its own. */
class Listener {
  constructor(daemon, port) {
    this.daemon = daemon;
    this.origin = `http://127.0.0.1:${port}`;
  }
  async code(role = "operate") {
    const { status, body } = await this.daemon.api("POST", "/api/v1/codes", { role });
    if (status !== 200) throw new Error(`no code: ${JSON.stringify(body)}`);
    return body.code;
  }
  async stop() {}
}

export class Stage {
  /** Of a configuration, or of the sample where none is given. */
  static async open({ config, home } = {}) {
    const stage = new Stage();
    const place = config ? { home: home ?? newHome(), config } : await sampleHome();
    const real = process.env.AURORA_WEB_FRONT === "daemon";
    const port = real ? await freePort() : 0;
    stage.daemon = await new Daemon(place.home, place.config, ["--http", real ? `127.0.0.1:${port}` : "off"]).start();
    stage.front = real ? new Listener(stage.daemon, port) : await new Relay(stage.daemon, process.env.AURORA_DIST).start();
    stage.browser = await chromium.launch({ executablePath: process.env.AURORA_CHROMIUM ?? "/usr/bin/chromium", args: flags });
    stage.faults = [];
    return stage;
  }

  async close() {
    await this.browser?.close();
    await this.front?.stop();
    await this.daemon?.stop();
  }

  /** A signed-in page of its own context; `at`: "#/logs". */
  async page({ at = "#/", role = "operate", signedIn = true, ...options } = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "dark", ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(deadline);
    this.watch(page);
    await page.goto(`${this.front.origin}/${signedIn ? `#code=${await this.front.code(role)}` : at}`);
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
      if (!["data:", "blob:"].includes(url.protocol) && url.host !== new URL(this.front.origin).host) faults.push(`a request left: ${url}`);
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
