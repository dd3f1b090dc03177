"""Health checks against servers that misbehave in scripted ways."""

import contextlib
import os
import socket
import struct
import threading
from datetime import datetime
from pathlib import Path

from aurora_e2e import FOREVER, Case, alive, eventually, main

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
BAD = b"HTTP/1.1 503 Bad\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def moment(event):
    return datetime.fromisoformat(event["at"].replace("Z", "+00:00")).timestamp()


class Server:
    """Answers each connection by `answer(connection, number)`; counts those open at once."""

    def __init__(self, answer, read=True):
        self.answer, self.read = answer, read
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.count = self.open = self.most = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.socket.accept()[0]
                with self.lock:
                    self.count += 1
                    self.open += 1
                    self.most = max(self.most, self.open)
                    number = self.count
                threading.Thread(target=self.serve, args=(connection, number), daemon=True).start()

    def serve(self, connection, number):
        with connection, contextlib.suppress(OSError):
            if self.read:
                connection.recv(65536)
            self.answer(connection, number)
        with self.lock:
            self.open -= 1

    def until_closed(self, connection):
        while connection.recv(4096):
            pass

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def endless(head, part):
    def answer(connection, _):
        connection.sendall(head)
        while True:
            connection.sendall(part)
    return answer


def says(text):
    return lambda connection, _: connection.sendall(text)


class Probes(Case):
    def server(self, answer, **how):
        made = Server(answer, **how)
        self.addCleanup(made.close)
        return made

    def stack(self, servers, **health):
        keys = {"interval": "50ms", "start_interval": "50ms", "timeout": "2s", "on_failure": "alert", **health}
        return self.daemon({name: {"command": FOREVER, "ready": {"delay": "0s"}, "health": {"http": f"http://127.0.0.1:{server.port}/", **keys}}
                            for name, server in servers.items()})

    def judged(self, daemon, name, health):
        return daemon.wait_event(lambda e: e["instance"] == name and e["health"] == health)

    def test_silence_fails_at_the_timeout_and_never_stacks(self):
        """H01: who accepts and never answers fails when the timeout ends, with one probe in flight at most."""
        server = self.server(lambda connection, _: server.until_closed(connection))
        daemon = self.stack({"web": server}, timeout="300ms", retries=3)
        event = self.judged(daemon, "web", "unhealthy")
        started = daemon.wait_state("web", "running")
        self.assertGreaterEqual(moment(event) - moment(started), 0.55)
        self.assertRegex(event["because"]["text"].lower(), "time|no answer")
        self.assertIn("300", event["because"]["text"])
        self.assertEqual(server.most, 1)

    def test_bodies_without_end_are_decided_by_status(self):
        """H03: an endless body is read to a bound and judged by its status; memory stays flat."""
        junk = b"x" * 65536
        servers = {"plain": self.server(endless(b"HTTP/1.1 200 OK\r\n\r\n", junk)),
                   "long": self.server(endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", junk)),
                   "chunked": self.server(endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + junk + b"\r\n"))}
        daemon = self.stack(servers)
        for name in servers:
            self.judged(daemon, name, "healthy")
        before = daemon.resident()
        eventually(lambda: min(server.count for server in servers.values()) >= 20, "twenty probes of each", daemon)
        self.assertLess(daemon.resident() - before, 8 << 20)

    def test_refusals_fail_at_once(self):
        """H06: refused, reset and closed connections fail when it happens, not at the timeout."""
        def reset(connection, _):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        def halfway(connection, _):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
            reset(connection, 0)
        servers = {"refused": self.server(says(b"")), "reset": self.server(reset, read=False),
                   "halfway": self.server(halfway), "closed": self.server(says(b""))}
        servers["refused"].close()
        daemon = self.stack(servers, timeout="60s", retries=2, body="never there")
        for name, words in (("refused", "refused"), ("reset", "reset"), ("halfway", "reset|clos|end"), ("closed", "clos|end")):
            self.assertRegex(self.judged(daemon, name, "unhealthy")["because"]["text"].lower(), words)

    def test_malformed_answers_fail_with_a_reason(self):
        """H13: what is no HTTP answer is a failure with words; the daemon survives all of it."""
        answers = {"version": says(b"hello\r\n"), "nine": says(b"<html>HTTP/0.9</html>"), "header": endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536),
                   "headers": endless(b"HTTP/1.1 200 OK\r\n", b"X-Y: z\r\n" * 1000), "continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
                   "chunk": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "length": says(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
                   "status": says(b"HTTP/1.1 9999 OK\r\n\r\n"), "nul": says(b"\0" * 1000)}
        daemon = self.stack({name: self.server(answer) for name, answer in answers.items()}, timeout="1s", retries=2, body="ok")
        before = daemon.resident()
        for name in answers:
            text = self.judged(daemon, name, "unhealthy")["because"]["text"]
            self.assertTrue(text.strip() and len(text) < 500 and text.isprintable(), (name, text))
        self.assertLess(daemon.resident() - before, 16 << 20)

    def test_a_probe_in_flight_holds_up_no_shutdown(self):
        """A check that waits for its answer is given up when the stack stops."""
        server = self.server(lambda connection, _: server.until_closed(connection))
        daemon = self.stack({"web": server}, timeout="10m")
        eventually(lambda: server.open, "a probe in flight", daemon)
        self.assertEqual(daemon.stop(), 0)

    def test_no_redirect_is_followed(self):
        """A redirect is an answer like any other: judged by its status, never followed."""
        target = self.server(says(OK))
        moved = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{target.port}/\r\nContent-Length: 0\r\n\r\n".encode()
        daemon = self.stack({"web": self.server(says(moved))}, status="200-299", retries=1)
        self.assertIn("302", self.judged(daemon, "web", "unhealthy")["because"]["text"])
        self.assertEqual(target.count, 0)

    def test_only_failures_in_a_row_count(self):
        """H10: one failure less than `retries` never restarts, however often; the last one does."""
        failing = threading.Event()
        server = self.server(lambda connection, number: connection.sendall(BAD if number % 3 or failing.is_set() else OK))
        daemon = self.daemon({"web": {"command": FOREVER, "restart": {"delay": "10ms"}, "health": {
            "http": f"http://127.0.0.1:{server.port}/", "interval": "30ms", "start_interval": "30ms", "timeout": "20s", "retries": 3}}})
        daemon.wait_state("web", "running")
        seen = server.count
        eventually(lambda: server.count > seen + 30, "thirty probes", daemon)
        self.assertEqual(daemon.status("web")["restarts"], 0)
        since = daemon.sequence()
        failing.set()
        event = daemon.wait_state("web", "stopping", since)
        self.assertEqual((event["reason"], event["because"]["count"], event["because"]["limit"]), ("unhealthy", 3, 3))
        self.assertIn("503", event["because"]["text"])

    def test_status_body_headers_and_method(self):
        """What is asked and what is accepted is as the configuration says."""
        asked = []

        def answer(connection, _):
            connection.sendall(b"HTTP/1.1 418 Teapot\r\nContent-Length: 12\r\n\r\nstate: green")

        server = self.server(answer)
        original = server.serve

        def serve(connection, number):
            asked.append(connection.recv(65536, socket.MSG_PEEK).decode())
            original(connection, number)
        server.serve = serve
        daemon = self.stack({"web": server}, status="418,200-204", body="state: gr[ae]y|green", headers={"X-Probe": "yes", "Host": "own.example"}, method="POST")
        self.judged(daemon, "web", "healthy")
        self.assertTrue(asked[0].startswith("POST / HTTP/1.1\r\n"), asked[0])
        self.assertIn("x-probe: yes", asked[0].lower())
        self.assertEqual(asked[0].lower().count("host: "), 1)

    def test_hanging_exec_probes_are_killed_as_trees(self):
        """H09: a check that hangs, forks, floods and ignores TERM is killed with all of it at its timeout."""
        pids = self.home / "pids"
        check = f"trap '' TERM; echo $$$$ >> {pids}; setsid sleep 1000 & echo $! >> {pids}; sleep 1000 & echo $! >> {pids}; yes flood"
        daemon = self.daemon({"web": {"command": FOREVER, "ready": {"delay": "0s"}, "health": {
            "exec": ["/bin/sh", "-c", check], "interval": "100ms", "start_interval": "100ms", "timeout": "700ms", "retries": 3, "on_failure": "alert"}}})
        event = self.judged(daemon, "web", "unhealthy")
        self.assertLess(len(event["because"]["text"]), 11000)
        before, fds = daemon.resident(), daemon.fds()
        seen = daemon.status("web")
        count = len(pids.read_text().split())
        eventually(lambda: len(pids.read_text().split()) >= count + 9, "three more probes", daemon)
        old = [int(pid) for pid in pids.read_text().split()[:count]]
        self.assertEqual([pid for pid in old if alive(pid)], [])
        self.assertLess(daemon.resident() - before, 5 << 20)
        eventually(lambda: abs(daemon.fds() - fds) <= 6, "descriptors come back", daemon)
        self.assertEqual(daemon.status("web")["pid"], seen["pid"])

    def test_exec_probe_tells_what_it_said(self):
        """The exit code of a check decides, and its last words are in the reason."""
        flag = self.home / "flag"
        daemon = self.daemon({"web": {"command": FOREVER, "ready": {"delay": "0s"}, "health": {
            "exec": ["/bin/sh", "-c", f"test -e {flag} || {{ echo the flag is missing; exit 7; }}"], "interval": "50ms", "start_interval": "50ms", "retries": 2, "successes": 2, "on_failure": "alert"}}})
        text = self.judged(daemon, "web", "unhealthy")["because"]["text"]
        self.assertIn("7", text)
        self.assertIn("the flag is missing", text)
        checked = daemon.ctl("check", "web")
        self.assertEqual(checked.returncode, 3)
        self.assertIn("the flag is missing", checked.stdout)
        since = daemon.sequence()
        flag.touch()
        daemon.wait_event(lambda e: e["instance"] == "web" and e["health"] == "healthy", since)
        daemon.ctl("check", "web", check=0)
        self.assertEqual(Path(f"/proc/{daemon.status('web')['pid']}").stat().st_uid, os.geteuid())


if __name__ == "__main__":
    main()
