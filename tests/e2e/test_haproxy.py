"""Behind HAProxy: what the two could read in two ways reaches the daemon as one thing, or not at all (faults.md A06)."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess

from aurora_e2e import CLEAN, DEADLINE, FOREVER, Case, eventually, free_port, main
from aurora_http import Page, token_of, url_of

CONFIG = """
global
  log {log} len 4096 format raw local0
defaults
  mode http
  log global
  log-format "seen %[capture.req.method] %[capture.req.uri] %ST"
  timeout connect 5s
  timeout client 20s
  timeout server 20s
  option http-keep-alive
frontend outside
  bind 127.0.0.1:{port}
  default_backend aurora
backend aurora
  http-reuse always
  http-request set-header Host {daemon}
  server one {daemon} maxconn 1
"""


class Smuggling(Case):
    def setUp(self):
        super().setUp()
        if not shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin"):
            self.skipTest("there is no haproxy (apt-get install haproxy)")
        self.stack = self.daemon({"web": {"command": FOREVER}}, start=False).start(http="127.0.0.1:0")
        self.stack.wait_state("web", "running")
        self.token, self.port = token_of(self.stack), free_port()
        self.log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.log.bind(str(self.home / "log"))
        self.log.setblocking(False)
        self.addCleanup(self.log.close)
        text = CONFIG.format(log=self.home / "log", port=self.port, daemon=url_of(self.stack).removeprefix("http://"))
        (self.home / "haproxy.cfg").write_text(text)
        self.proxy = subprocess.Popen(["haproxy", "-q", "-db", "-f", "haproxy.cfg"], cwd=self.home, stdin=subprocess.DEVNULL,
                                      env=CLEAN | {"PATH": CLEAN["PATH"] + ":/usr/sbin"})
        self.addCleanup(self.proxy.wait)
        self.addCleanup(self.proxy.send_signal, signal.SIGTERM)
        self.outside = Page(self.stack, self.token, f"http://127.0.0.1:{self.port}")
        eventually(self.answers, "the proxy answers", self.stack)

    def answers(self):
        with contextlib.suppress(OSError):
            return self.outside.get("/healthz")[0] == 200

    def seen(self):
        """What the proxy handed on since the last look: "POST /api/v1/services/web/stop 200"."""
        lines = []
        with contextlib.suppress(BlockingIOError):
            while True:
                lines += re.findall(r"seen (\S+ \S+ \d+)", self.log.recv(65536).decode())
        return lines

    def head(self, fields, body="", version="1.1", target="/api/v1/services/web/start", method="POST"):
        return f"{method} {target} HTTP/{version}\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.token}\r\nContent-Type: application/json\r\n{fields}\r\n{body}"

    def payloads(self):
        chunked = "Transfer-Encoding: chunked\r\n"
        yield self.head("Content-Length: 2\r\n" + chunked, "0\r\n\r\n")
        yield self.head(chunked + "Content-Length: 2\r\n", "0\r\n\r\n")
        yield self.head("Content-Length: 2\r\nContent-Length: 60\r\n", "{}")
        yield self.head("Content-Length: 2, 60\r\n", "{}")
        yield self.head("Content-Length: +2\r\n", "{}")
        for coding in ("xchunked", "chunked, identity", "identity, chunked", "\r\n chunked", "chunked\x0b", " chunked", "Chunked", "\tchunked"):
            yield self.head(f"Transfer-Encoding: {coding}\r\n", "0\r\n\r\n")
        yield self.head("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")
        yield self.head("Transfer_Encoding: chunked\r\n", "0\r\n\r\n")
        yield self.head(chunked, "0\r\n\r\n", version="1.0")
        yield self.head("Host: b\r\nContent-Length: 2\r\n", "{}")
        yield self.head("", method="GET", target="/healthz").replace("\r\n", "\n")
        yield self.head("Content-Length: 2\r\n", "{}", method="GET", target="/healthz")
        yield self.head("Content-Length: 2\r\n", "{}", target="http://evil.test/api/v1/services/web/start")
        for chunks in ("2;x\n\r\n{}\r\n0\r\n\r\n", "2\n{}\r\n0\r\n\r\n", "0x2\r\n{}\r\n0\r\n\r\n", "+2\r\n{}\r\n0\r\n\r\n", "2 \r\n{}\r\n0\r\n\r\n", "-1\r\n{}\r\n0\r\n\r\n",
                       "2\r\n{}x\r\n0\r\n\r\n", "2\r\n{}0\r\n\r\n", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n", "2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"):
            yield self.head(chunked, chunks)

    def test_nothing_is_smuggled(self):
        """As many changes are made as the proxy has seen asked for, whatever it was sent in front of them."""
        smuggled = self.head("Content-Length: 2\r\n", "{}", target="/api/v1/services/web/restart")
        passed = 0
        for payload in self.payloads():
            with self.subTest(payload=payload):
                self.seen()
                told = self.stack.err()
                with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as client:
                    client.sendall((payload + smuggled).encode("latin-1"))
                    client.shutdown(socket.SHUT_WR)
                    with contextlib.suppress(ConnectionError):
                        while client.recv(65536):
                            pass
                self.assertEqual(self.outside.get("/healthz")[0], 200)  # whatever waited in the proxy's connection has been read by now
                seen = [line for line in self.seen() if line.startswith("POST") and line.split()[2][0] == "2"]
                made = re.findall(r"audit: (POST \S+) by the token from \S+: (\d+)", self.stack.err().removeprefix(told))
                made = [f"{what} {code}" for what, code in made if code[0] == "2"]
                self.assertEqual(sorted(line.split()[1] for line in seen), sorted(line.split()[1] for line in made))
                passed += len(made)
        self.assertGreater(passed, 0, "what is well made gets through")

    def test_a_page_behind_it(self):
        """The ordinary ways through it work: data, and a change."""
        self.assertEqual(self.outside.get("/api/v1/status")[2]["services"][0]["name"], "web")
        self.assertEqual(self.outside.post("/api/v1/services/web/restart?wait=30s")[0], 200)
        self.assertIn("POST /api/v1/services/web/restart?wait=30s 200", eventually(self.seen, "it is seen"))


if __name__ == "__main__":
    main()
