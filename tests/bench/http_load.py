"""How much the listener serves and what its clients cost, in numbers.

  AURORA_BIN=build/release/bin AURORA_SUPPORT=build/release/tests/support python3 tests/bench/http_load.py

Three measurements: requests a second for the status of four services, beside nginx serving a file of the same size
(wrk; the server on one core, the client on another); memory of 1,000 idle clients of the stream; the 99th percentile of
status on the socket while they are there, 50 services print 200 lines a second each and others crash all the time.
"""

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "e2e"))
from aurora_e2e import FOREVER, Case, main  # noqa: E402
from aurora_http import token_of, url_of  # noqa: E402

CHATTY = """
import time
at = time.monotonic()
while True:
    for i in range(20): print('line of a service that talks a lot', i)
    at += 0.1
    time.sleep(max(0, at - time.monotonic()))  # lint: sleeps: its 200 lines a second
"""
SECONDS = 10


def pss(pid):
    return int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1]) / 1024


def wrk(url, *headers):
    """Requests a second over ten kept connections."""
    command = ["taskset", "-c", "1", "wrk", "-t1", "-c10", f"-d{SECONDS}s", *[part for one in headers for part in ("-H", one)], url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in out, out
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


class Client:
    """One client of the stream that listens."""

    def __init__(self, host, port, token):
        self.socket = socket.create_connection((host, port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET /api/v1/stream HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(1)
        assert b" 101 " in head, head
        # As the dashboard does.
        self.say(f'{{"authenticate": {{"token": "{token}"}}}}')
        self.say('{"subscribe": {"usage": true, "batch": true}}')
        got = b""
        while b'"snapshot"' not in got:
            got += self.socket.recv(1 << 16)
        self.socket.setblocking(False)

    def say(self, text):
        self.socket.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text.encode())

    def close(self):
        self.socket.close()

    def drain(self):
        try:
            while self.socket.recv(1 << 20):
                pass
        except BlockingIOError:
            pass


class Load(Case):
    def listening(self, services):
        daemon = self.daemon(services, start=False).start(http="127.0.0.1:0")
        for name in services:
            daemon.wait_state(name, "running")
        url = url_of(daemon)
        host, port = re.match(r"http://([\d.]+):(\d+)", url).groups()
        return daemon, url.rstrip("/"), host, int(port)

    def nginx(self, body):
        """A worker on core 0 that serves a file of so many bytes."""
        root = Path(self.home) / "nginx"
        root.mkdir()
        root.chmod(0o755)
        (root / "status").write_bytes(b"x" * body)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (root / "nginx.conf").write_text(
            f"daemon off; master_process off; worker_processes 1; pid {root}/pid; error_log stderr crit;\n"
            f"events {{ }} http {{ access_log off; keepalive_requests 100000000; default_type application/json;\n"
            f"server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n")
        process = subprocess.Popen(["taskset", "-c", "0", "nginx", "-c", str(root / "nginx.conf"), "-p", str(root)])
        self.addCleanup(lambda: (process.terminate(), process.wait()))
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return f"http://127.0.0.1:{port}/status"
            except ConnectionRefusedError:
                assert process.poll() is None

    def test_requests_a_second(self):
        for tool in ("wrk", "nginx"):
            if not shutil.which(tool):
                self.skipTest(f"{tool} is not installed")
        daemon, url, _, _ = self.listening({name: {"command": FOREVER} for name in ("ui", "backend", "learning", "files")})
        os.sched_setaffinity(daemon.reactor(), {0})
        body = len(json.dumps(daemon.api("GET", "/api/v1/status")[1], separators=(",", ":")))
        beside = wrk(self.nginx(body))
        ours = wrk(url + "/api/v1/status", f"Authorization: Bearer {token_of(daemon)}")
        print(f"status of 4 services, {body} bytes: {ours:,.0f} requests/s; nginx, a file of that size: {beside:,.0f}; {ours / beside:.0%}")
        self.assertTrue(ours >= 20_000 or ours >= beside / 2)

    def test_a_thousand_clients(self):
        count, memory = 1000, None
        services = {f"chatty{i}": {"command": ["python3", "-u", "-c", CHATTY]} for i in range(50)}
        services |= {f"crash{i}": {"command": "exit 1", "restart": {"delay": "10ms", "limit": 0, "jitter": 0}, "ready": {"delay": "0s"}, "autostart": False}
                     for i in range(20)}
        daemon = self.daemon({**services, "calm": {"command": FOREVER}}, start=False).start(http="127.0.0.1:0")
        daemon.wait_state("calm", "running")
        host, port = re.match(r"http://([\d.]+):(\d+)", url_of(daemon)).groups()
        daemon.ctl("stop", *[f"chatty{i}" for i in range(50)], check=0)
        before = pss(daemon.reactor())
        clients = [Client(host, int(port), token_of(daemon)) for _ in range(count)]
        self.addCleanup(lambda: [client.close() for client in clients])
        memory = pss(daemon.reactor()) - before
        print(f"{count} idle clients of the stream: {memory:.1f} MiB (from {before:.1f})")
        daemon.ctl("start", *[f"chatty{i}" for i in range(50)], check=0)
        ended = threading.Event()

        def drain():
            while not ended.wait(0.05):
                for client in clients:
                    client.drain()

        reader = threading.Thread(target=drain)
        reader.start()
        for i in range(20):
            daemon.api("POST", f"/api/v1/services/crash{i}/start", {})
        took = []
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            asked = time.monotonic()
            daemon.api("GET", "/api/v1/status")
            took.append((time.monotonic() - asked) * 1000)
            ended.wait(0.01)
        ended.set()
        reader.join()
        took.sort()
        restarts = sum(each["restarts"] for name, each in daemon.status().items() if name.startswith("crash"))
        print(f"status while {count} clients, 50 chatty services and {restarts} crashes in {SECONDS} s: "
              f"median {took[len(took) // 2]:.1f} ms, p99 {took[int(len(took) * 0.99)]:.1f} ms, longest {took[-1]:.1f} ms, {len(took)} requests")
        self.assertLess(memory, 64)
        self.assertLess(took[int(len(took) * 0.99)], 100)


if __name__ == "__main__":
    main()
