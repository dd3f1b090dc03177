// Stands where the daemon's own TCP listener will: serves the built page with its security headers,
// trades codes for tokens, and hands HTTP and WebSocket on to the control socket of a real aurorad.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { extname, join } from "node:path";

export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

export class Relay {
  constructor(daemon, dist) {
    this.daemon = daemon;
    this.dist = dist;
    this.tokens = new Map();
    this.codes = new Map();
    this.sockets = new Set();
    this.server = http.createServer((request, answer) => this.answer(request, answer));
    this.server.on("upgrade", (request, client, head) => this.upgrade(request, client, head));
    this.server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
  }

  async start() {
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  async code(role = "operate") {
    const code = randomBytes(16).toString("base64url");
    this.codes.set(code, role);
    return code;
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  answer(request, answer) {
    const path = request.url.split("?")[0];
    if (path === "/" || path.startsWith("/assets/")) return this.file(path === "/" ? "/index.html" : path, request, answer);
    if (path === "/api/v1/session" && request.method === "POST") return this.session(request, answer);
    const role = this.tokens.get((request.headers.authorization ?? "").replace(/^Bearer /, ""));
    if (!role) return problem(answer, 401, "you are not signed in", "`aurorctl dashboard` gives a link that is");
    if (role === "read" && request.method === "POST" && !/\/(plan|check)$/.test(path)) {
      return problem(answer, 403, "your role is \"read\"", "it may look, and not change anything");
    }
    this.hand(request, answer);
  }

  file(path, request, answer) {
    let bytes;
    try {
      bytes = readFileSync(join(this.dist, path));
    } catch {
      return problem(answer, 404, "there is no such file", path);
    }
    answer.writeHead(200, {
      "Content-Type": types[extname(path)] ?? "application/octet-stream",
      "Content-Security-Policy": policy,
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Resource-Policy": "same-origin",
      "Cache-Control": path === "/index.html" ? "no-cache" : "public, max-age=31536000, immutable",
      ETag: `"${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}"`,
    });
    answer.end(request.method === "HEAD" ? undefined : bytes);
  }

  session(request, answer) {
    let text = "";
    request.on("data", (data) => (text += data));
    request.on("end", () => {
      const { code } = JSON.parse(text);
      const role = this.codes.get(code);
      this.codes.delete(code);
      if (!role) return problem(answer, 401, "the code is not known", "It works once, for 60 seconds: `aurorctl dashboard` gives another.");
      const token = randomBytes(16).toString("base64url");
      this.tokens.set(token, role);
      answer.writeHead(200, { "Content-Type": "application/json" });
      answer.end(JSON.stringify({ token, role, expires_at: new Date(Date.now() + 43_200_000).toISOString() }));
    });
  }

  hand(request, answer) {
    const { authorization, origin, ...headers } = request.headers;
    const onward = http.request({ socketPath: this.daemon.socket, method: request.method, path: request.url, headers: { ...headers, host: "localhost" } },
      (from) => {
        answer.writeHead(from.statusCode, from.headers);
        from.pipe(answer);
      });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    request.pipe(onward);
  }

  /** The first message signs in; until then nothing of the daemon's reaches the client. */
  upgrade(request, client, head) {
    const daemon = net.connect(this.daemon.socket);
    const give_up = () => {
      client.destroy();
      daemon.destroy();
    };
    client.on("error", give_up).on("close", give_up);
    daemon.on("error", give_up).on("close", give_up);
    const { origin, ...headers } = { ...request.headers, host: "localhost" };
    daemon.write(`GET ${request.url} HTTP/1.1\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
    let early = Buffer.from(head);
    let held = Buffer.alloc(0);
    let answered = false;
    const fromDaemon = (data) => {
      held = Buffer.concat([held, data]);
      const end = held.indexOf("\r\n\r\n");
      if (answered || end < 0) return;
      answered = true;
      client.write(held.subarray(0, end + 4));
      held = held.subarray(end + 4);
    };
    const fromClient = (data) => {
      early = Buffer.concat([early, data]);
      const frame = firstFrame(early);
      if (!frame) return;
      client.off("data", fromClient);
      const role = this.tokens.get(JSON.parse(frame.text).authenticate?.token);
      if (!role) return client.end(closeFrame(4401, "the token is not valid"));
      daemon.off("data", fromDaemon);
      client.write(textFrame(JSON.stringify({ type: "authenticated", role })));
      client.write(held);
      if (frame.rest.length > 0) daemon.write(frame.rest);
      daemon.pipe(client);
      client.pipe(daemon);
    };
    daemon.on("data", fromDaemon);
    client.on("data", fromClient);
  }
}

function problem(answer, status, title, detail) {
  answer.writeHead(status, { "Content-Type": "application/problem+json" });
  answer.end(JSON.stringify({ type: "about:blank", title, status, detail }));
}

function firstFrame(bytes) {
  if (bytes.length < 2) return null;
  const short = bytes[1] & 0x7f;
  const long = short === 126;
  const length = long ? bytes.readUInt16BE(2) : short;
  const mask = long ? 4 : 2;
  const start = mask + 4;
  if (bytes.length < start + length) return null;
  const text = Buffer.from(bytes.subarray(start, start + length));
  for (let i = 0; i < length; ++i) text[i] ^= bytes[mask + (i % 4)];
  return { text: text.toString(), rest: bytes.subarray(start + length) };
}

function textFrame(text) {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, body.length]), body]);
}

function closeFrame(code, reason) {
  const body = Buffer.alloc(2 + reason.length);
  body.writeUInt16BE(code);
  body.write(reason, 2);
  return Buffer.concat([Buffer.from([0x88, body.length]), body]);
}
