"""The limits of time, as they are and not shortened: who is slow on purpose is told and cut off, and nobody else waits (faults.md A01)."""

import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from aurora_e2e import DEADLINE, Case, eventually, main
from aurora_http import Page, token_of, url_of


class Slow(Case):
    def connect(self):
        where = urlsplit(url_of(self.stack))
        client = socket.create_connection((where.hostname, where.port), timeout=2 * DEADLINE)
        self.addCleanup(client.close)
        return client

    def head(self, method, path, fields=""):
        return f"{method} {path} HTTP/1.1\r\nHost: {urlsplit(url_of(self.stack)).netloc}\r\nAuthorization: Bearer {token_of(self.stack)}\r\n{fields}".encode()

    def holds(self, client):
        """Whether the daemon's end of a connection is open (ESTABLISHED)."""
        ours, theirs = (f"{address[1]:04X}" for address in (client.getsockname(), client.getpeername()))
        ends = [line.split()[1:4] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return any((local[-4:], remote[-4:], state) == (theirs, ours, "01") for local, remote, state in ends)

    def until_cut_off(self, text):
        """What comes for a request that stands still after `text`, and after how long it ends."""
        client, answer = self.connect(), b""
        client.sendall(text)
        begun = time.monotonic()
        while part := client.recv(65536):
            answer += part
        return answer, time.monotonic() - begun

    def test_who_is_slow_on_purpose(self):
        """A header that does not end: 10 s. A body: 30 s. An answer that is not read: 30 s of standing still."""
        self.stack = self.daemon({"web": {"command": ["/bin/sh", "-c", "head -c 30000000 /dev/zero | tr '\\0' x | fold -w 1000; exec sleep 1000"]}}, start=False).start(http="127.0.0.1:0")
        log = self.stack.state / "logs/web.log"
        eventually(lambda: log.exists() and sum(path.stat().st_size for path in log.parent.iterdir()) >= 30_000_000, "all is kept", self.stack)
        reader = self.connect()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.sendall(self.head("GET", "/api/v1/services/web/logs?download=1", "\r\n"))
        results = {}
        slow = {
            "header": self.head("GET", "/api/v1/status", "X-"),
            "body": self.head("POST", "/api/v1/services/web/restart", "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"),
        }
        threads = [threading.Thread(target=lambda name=name, text=text: results.update({name: self.until_cut_off(text)})) for name, text in slow.items()]
        for thread in threads:
            thread.start()
        worst, page = 0, Page(self.stack, token_of(self.stack))
        while any(thread.is_alive() for thread in threads):
            begun = time.monotonic()
            self.assertEqual(page.get("/api/v1/status")[0], 200)
            worst = max(worst, time.monotonic() - begun)
            threads[0].join(0.5)
            threads[1].join(0.5)
        self.assertLess(worst, 1, "O5")
        for name, seconds in (("header", 10), ("body", 30)):
            answer, took = results[name]
            self.assertRegex(answer, rb"^HTTP/1\.1 408 ", name)
            self.assertAlmostEqual(took, seconds, delta=2, msg=name)
        eventually(lambda: not self.holds(reader), "the daemon has closed its end", self.stack)


if __name__ == "__main__":
    main()
