// Services that print what a test tells them.
import { copyFileSync } from "node:fs";
import net from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const program = join(dirname(fileURLToPath(import.meta.url)), "speaker.py");

/** A service of a configuration; `more` are its other keys. */
export function speaker(home, name, more = {}) {
  copyFileSync(program, join(home, "speaker.py"));
  return { command: ["python3", "speaker.py", name], ready: { log: "^ready" }, ...more };
}

/** Lets it print these bytes; done when they are printed. */
export function say(home, name, bytes) {
  return new Promise((resolve, reject) => {
    // The name of a socket is short: sockets of a deep directory are reached from there.
    const socket = net.connect(join(home, `${name}.sock`));
    let answer = "";
    socket.on("data", (data) => (answer += data)).on("error", reject);
    socket.on("close", () => (answer === "ok" || String(bytes).startsWith("exit") ? resolve() : reject(new Error(`${name} said nothing`))));
    socket.end(bytes);
  });
}
