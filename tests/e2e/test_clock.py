"""Steps of the wall clock, by libfaketime: nothing that waits notices."""

import os
import shutil
import socket
import threading
import time
from itertools import pairwise
from pathlib import Path

from aurora_e2e import FOREVER, SANITIZED, Case, alive, eventually, main, moment

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
DAY = 86400


class Server:
    """Answers as long as it is not told to be silent; knows when each probe came and was given up."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.silent = threading.Event()
        self.came, self.left = [], []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            self.came.append(time.monotonic())
            with connection:
                try:
                    connection.recv(65536)
                    if not self.silent.is_set():
                        connection.sendall(OK)
                    while connection.recv(65536):
                        pass
                except OSError:
                    pass
                self.left.append(time.monotonic())

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Steps(Case):
    def setUp(self):
        super().setUp()
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        if SANITIZED or not found or not shutil.which("faketime"):
            self.skipTest("libfaketime is not here, or cannot be loaded below a sanitizer")
        self.library = found[0]
        self.offset = self.home / "offset"
        self.step(0)

    def step(self, seconds):
        """The daemon's wall clock jumps there at once."""
        aside = self.home / "offset.new"
        aside.write_text(f"{seconds:+d}\n")
        aside.rename(self.offset)

    def wall(self, daemon):
        """The time of the newest event, as a day."""
        return daemon.events()[-1]["at"][:10]

    def test_a_day_forth_and_back(self):
        """H14: a wall clock that steps by a day, during a probe too, changes no interval, no timeout, no pause and no uptime."""
        server = Server()
        self.addCleanup(server.close)
        daemon = self.daemon({
            "web": {"command": FOREVER, "ready": {"delay": "0s"}, "health": {"http": f"http://127.0.0.1:{server.port}/", "interval": "300ms",
                    "start_interval": "300ms", "timeout": "1s", "retries": 1, "on_failure": "alert"}},
            "flaky": {"command": ["false"], "restart": {"delay": "1500ms", "factor": 1, "jitter": 0, "limit": 0}}}, start=False)
        daemon.start(env={"LD_PRELOAD": str(self.library), "FAKETIME_TIMESTAMP_FILE": str(self.offset), "FAKETIME_NO_CACHE": "1",
                          "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
        daemon.wait_event(lambda e: e["instance"] == "web" and e["health"] == "healthy")
        pid, today = daemon.status("web")["pid"], time.strftime("%Y-%m-%d", time.gmtime())
        for seconds in (DAY, -DAY, 0):
            with self.subTest(step=seconds):
                self.interval_and_pause(daemon, server, seconds, today)
                self.timeout(daemon, server, -seconds)
        status = daemon.status("web")
        self.assertEqual((status["pid"], status["restarts"]), (pid, 0))
        self.assertTrue(alive(pid))
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        self.assertAlmostEqual(status["uptime_seconds"], time.clock_gettime(time.CLOCK_BOOTTIME) - ticks, delta=0.5)
        sequence = [event["sequence"] for event in daemon.events()]
        self.assertEqual(sequence, sorted(sequence), "history is in order, whatever the clock says")

    def test_hours_and_decades(self):
        """M12: an hour, ten years, 1970, the hour that summer time skips and the leap second: waits, uptimes and answers are what they were."""
        daemon = self.daemon({"web": {"command": FOREVER},
                              "flaky": {"command": ["false"], "restart": {"delay": "800ms", "factor": 1, "jitter": 0, "limit": 0}}}, start=False)
        daemon.start(env={"LD_PRELOAD": str(self.library), "FAKETIME_TIMESTAMP_FILE": str(self.offset), "FAKETIME_NO_CACHE": "1",
                          "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "Europe/Berlin"})
        daemon.wait_state("web", "running")
        pid, real = daemon.status("web")["pid"], time.time()
        summer, leap = 1774746000, 1483228799  # 2026-03-29T01:00Z, 2016-12-31T23:59:59Z
        for seconds in (3600, -3600, 10 * 365 * DAY, -10 * 365 * DAY, -int(real), summer - int(real) - 1, leap - int(real) - 1, 0):
            with self.subTest(step=seconds):
                since = daemon.wait_state("flaky", "backoff", daemon.sequence())["sequence"]
                begun, uptime = time.monotonic(), daemon.status("web")["uptime_seconds"]
                self.step(seconds)
                daemon.wait_state("flaky", "starting", since)
                passed = time.monotonic() - begun
                self.assertTrue(0.5 < passed < 2, f"the pause was {passed}")
                self.assertAlmostEqual(daemon.status("web")["uptime_seconds"] - uptime, passed, delta=0.5)
                told = moment(daemon.events()[-1])
                self.assertAlmostEqual(told, time.time() + seconds, delta=30, msg="the times told follow the clock")
        self.assertEqual((daemon.status("web")["pid"], daemon.status("web")["restarts"]), (pid, 0))
        sequence = [event["sequence"] for event in daemon.events()]
        self.assertEqual(sequence, sorted(sequence), "history is in order, whatever the clock says")

    def interval_and_pause(self, daemon, server, seconds, today):
        since = daemon.wait_state("flaky", "backoff", daemon.sequence())["sequence"]
        begun, seen = time.monotonic(), len(server.came)
        self.step(seconds)
        daemon.wait_state("flaky", "starting", since)
        self.assertTrue(1.2 < time.monotonic() - begun < 2.5, "the pause is what it was")
        self.assertEqual(self.wall(daemon) == today, seconds == 0, "the step has been seen")
        gaps = sorted(after - before for before, after in pairwise(server.came[seen:]))
        self.assertGreaterEqual(len(gaps), 2)
        self.assertGreater(gaps[0], 0.2, "no burst")
        self.assertLess(gaps[len(gaps) // 2], 0.6, "no gap")

    def timeout(self, daemon, server, seconds):
        since = daemon.sequence()
        server.silent.set()
        seen = len(server.came)  # one that is under way now may have been answered
        eventually(lambda: len(server.came) > seen, "a probe that gets no answer", daemon)
        self.step(seconds)
        eventually(lambda: len(server.left) > seen, "it is given up", daemon)
        self.assertTrue(0.9 < server.left[seen] - server.came[seen] < 2, "the timeout is what it was")
        daemon.wait_event(lambda e: e["instance"] == "web" and e["health"] == "unhealthy", since)
        since = daemon.sequence()
        server.silent.clear()
        daemon.wait_event(lambda e: e["instance"] == "web" and e["health"] == "healthy", since)


if __name__ == "__main__":
    main()
