// A real aurorad in a directory of its own, with its control socket.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = process.env.AURORA_BIN;
const source = process.env.AURORA_SOURCE;
export const deadline = Number(process.env.AURORA_WEB_DEADLINE ?? 30_000); // a bound for hangs, not a wait
// The caller's own settings of Aurora are not the test's.
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AURORA_")));

/** A port that nobody has now. */
export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Waits for what cannot tell by itself; fails with `what` after the deadline. */
export async function eventually(condition, what) {
  const ends = performance.now() + deadline;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > ends) throw new Error(`not so: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

export class Daemon {
  constructor(home, config, extra = []) {
    this.home = home;
    this.socket = join(home, ".aurora", "aurorad.sock");
    this.extra = extra;
    this.write(config);
  }

  write(config) {
    const text = typeof config === "string" ? config : JSON.stringify({ version: 1, ...config });
    writeFileSync(join(this.home, "aurora.json"), text);
  }

  async start() {
    this.errors = "";
    this.process = spawn(join(bin, "aurorad"), ["--config", "aurora.json", ...this.extra], {
      cwd: this.home, stdio: ["ignore", "ignore", "pipe"], env: { ...clean, AURORA_ALLOW_WRITABLE_CONFIG: "1" },
    });
    this.process.stderr.on("data", (data) => (this.errors += data));
    this.ended = new Promise((done) => this.process.on("exit", done));
    await eventually(async () => {
      if (this.process.exitCode !== null) throw new Error(`aurorad ended with ${this.process.exitCode}:\n${this.errors}`);
      return this.api("GET", "/healthz").then(({ status }) => status === 200, () => false);
    }, `aurorad answers:\n${this.errors}`);
    return this;
  }

  /** A request on the control socket. */
  api(method, path, body) {
    return new Promise((resolve, reject) => {
      const request = http.request({
        socketPath: this.socket, method, path, headers: body === undefined ? {} : { "Content-Type": "application/json" },
      }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (data) => (text += data));
        answer.on("end", () => {
          const json = /json/.test(answer.headers["content-type"] ?? "") && text !== "";
          resolve({ status: answer.statusCode, body: json ? JSON.parse(text) : text });
        });
        answer.on("error", reject);
      });
      request.on("error", reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async service(name) {
    const { body } = await this.api("GET", "/api/v1/status");
    return body.services.find((each) => each.name === name);
  }

  async until(name, condition, what) {
    return eventually(async () => {
      const is = await this.service(name);
      return is && condition(is) ? is : null;
    }, `${name} ${what}\n${this.errors.slice(-2000)}`);
  }

  /** Both processes at once, as nothing ends them in good order. */
  async kill() {
    const { body } = await this.api("GET", "/api/v1/status");
    this.process.kill("SIGSTOP");
    process.kill(body.daemon.pid, "SIGKILL");
    this.process.kill("SIGKILL");
    await this.ended;
  }

  async stop() {
    if (this.process?.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGTERM");
      await this.ended;
    }
    rmSync(this.home, { recursive: true, force: true });
  }
}

export function newHome() {
  const home = mkdtempSync(join(tmpdir(), "aurora-web-"));
  mkdirSync(home, { recursive: true });
  return home;
}

/** The sample of etc/sample on ports of the kernel's choice. */
export async function sampleHome(change = (text) => text) {
  const home = newHome();
  cpSync(join(source, "etc", "sample"), home, { recursive: true, filter: (path) => !/\.(venv|aurora)$|__pycache__/.test(path) });
  symlinkSync(sampleVirtualenv(), join(home, ".venv"));
  let text = readFileSync(join(home, "aurora.json"), "utf8");
  for (const port of ["5000", "5001", "5002", "8080"]) text = text.replaceAll(port, String(await freePort()));
  writeFileSync(join(home, "aurora.json"), change(text));
  return { home, config: change(text) };
}

/** The sample with an argument too much for its backend, which tries again only every 20 s. */
export function mistaken(sample) {
  return sample
    .replace('["python3", "backend.py", "${PORT}"]', '["python3", "backend.py", "--port", "${PORT}"]')
    .replace('"delay": "100ms"', '"delay": "20s", "jitter": 0');
}

/** Made once in the build folder. */
function sampleVirtualenv() {
  const path = join(process.env.AURORA_WEB_ARTEFACTS, "sample-venv");
  if (!existsSync(join(path, "bin", "python3"))) {
    const made = spawnSync("/usr/bin/python3", ["-m", "venv", "--without-pip", path], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(`cannot make the virtualenv of the sample: ${made.stderr}`);
  }
  return path;
}
