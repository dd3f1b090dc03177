"""The daemon is killed at random instants under load, and nothing is lost, doubled or different (faults.md M01, M02).

AURORA_INSTANTS: how many; AURORA_SECONDS: for so long, and not a number of them; AURORA_SEED: of the instants and commands, printed with every failure.
"""

import contextlib
import itertools
import os
import random
import signal
import time
from pathlib import Path

from aurora_e2e import DEADLINE, SANITIZED, SUPPORT, Case, alive, copies, eventually, main, mappings
from aurora_puppet import numbered_lines

INSTANTS = int(os.environ.get("AURORA_INSTANTS", "100"))
SECONDS = float(os.environ.get("AURORA_SECONDS", "0"))
SEED = int(os.environ.get("AURORA_SEED", random.randrange(1 << 30)))
TALKERS, BUSY, CRASHERS = 150, 30, 20


class Chaos(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        talker = {"command": [str(SUPPORT / "puppet"), "--every", "200", "--lines", "0"],
                  "logs": {"max_size": "4KiB", "keep": 1000}, "restart": {"limit": 0, "delay": "20ms", "max_delay": "100ms"}}
        services = {f"calm{n}": talker for n in range(TALKERS)} | {f"busy{n}": talker for n in range(BUSY)}
        services |= {f"dies{n}": {"command": f"sleep 0.{self.random.randint(2, 9)}; exit {n + 1}",
                                  "restart": {"limit": 0, "delay": "50ms", "max_delay": "300ms"}} for n in range(CRASHERS)}
        self.stack = self.daemon(services)
        eventually(lambda: all(s["state"] == "running" for n, s in self.stack.status().items() if not n.startswith("dies")),
                   "all are up", self.stack)

    def answer(self, before):
        """Seconds until another reactor answers a status call."""
        begun = time.monotonic()
        while True:
            try:
                if self.stack.reactor() != before:
                    return time.monotonic() - begun
            except (OSError, AssertionError, ValueError):
                pass
            self.assertLess(time.monotonic() - begun, DEADLINE, self.stack.err()[-3000:])

    def command(self, both):
        """An operator does something to one of the busy ones or to the daemon, and does not wait."""
        what = self.random.choice(["restart", "stop", "start", "reload", "reload" if both else "upgrade"])
        path = f"/api/v1/{what}" if what in ("reload", "upgrade") else f"/api/v1/services/busy{self.random.randrange(BUSY)}/{what}"
        self.stack.api("POST", path)

    def reactor_below(self, before):
        """The pid of the stopped keeper's reactor, where there is one: an upgrade may have exchanged it since."""
        keeper = self.stack.process.pid
        children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
        for pid in map(int, children):
            with contextlib.suppress(FileNotFoundError):  # a zombie, or gone
                if os.readlink(f"/proc/{pid}/exe") == str(self.stack.program):
                    return pid
        return before

    def strike(self):
        """One instant: somewhere within the next tenth of a second one process, or both, are killed."""
        before = self.stack.reactor()
        both = self.random.random() < 0.2
        if self.random.random() < 0.7:
            self.command(both)
        until = time.monotonic() + self.random.random() * 0.1
        while time.monotonic() < until:
            pass  # the instant is random on purpose
        if both:
            self.stack.process.send_signal(signal.SIGSTOP)
            before = self.reactor_below(before)
        with contextlib.suppress(ProcessLookupError):  # an upgrade may have replaced it
            os.kill(before, signal.SIGKILL)
        if both:
            self.stack.process.kill()
            self.stack.process.wait()
            eventually(lambda: not alive(before), "it is gone")
            self.stack.start()
        return both, self.answer(before)

    def test_nothing_is_lost(self):
        """200 services, 900 lines a second, commands and rotations going on: pids, statuses and every line survive."""
        begun, strikes, recovered, ends = self.stack.status(), 0, [], time.monotonic() + SECONDS
        held = self.held_by_keeper()
        enough = lambda count: time.monotonic() > ends if SECONDS else count >= INSTANTS
        for instants in itertools.count(1):
            both, took = self.strike()
            strikes += both
            if not both:
                recovered.append(took)
            if enough(instants):
                break
        descriptors, memory = self.held_by_keeper()
        self.assertLess(descriptors, 3 * len(begun), "descriptors of the keeper: a pipe and a process of each service")
        if not SANITIZED:
            self.assertLess(memory - held[1], 1 << 20, "memory of the keeper")
        calm = {name: service for name, service in self.stack.status().items() if name.startswith("calm")}
        for name, service in calm.items():
            self.assertEqual((service["pid"], service["restarts"], service["state"]), (begun[name]["pid"], 0, "running"), name)
        self.assertEqual({name: count for name, count in copies(self.marker).items() if count > 1}, {}, "doubled")
        for name, service in self.stack.status().items():
            if not name.startswith("dies") or not service["last_exit"]:
                continue
            # Whoever was left without keeper once is nobody's child, and its status is nobody's to tell.
            unknown = strikes > 0 and service["last_exit"]["code"] is None and service["last_exit"]["signal"] is None
            self.assertTrue(unknown or service["last_exit"]["code"] == int(name[4:]) + 1, (name, service["last_exit"]))
        self.stack.ctl("down", check=0, timeout=120)
        for name in calm:
            self.check_lines(name, 1)
        for n in range(BUSY):
            self.check_lines(f"busy{n}", None)
        recovered.sort()
        print(f"{instants} instants, both processes in {strikes}; back after {recovered[len(recovered) // 2] * 1000:.0f} ms (median), "
              f"{recovered[-1] * 1000:.0f} ms (most)")

    def held_by_keeper(self):
        """Its descriptors, and the bytes of memory that are not its program."""
        pid = self.stack.process.pid
        return len(os.listdir(f"/proc/{pid}/fd")), sum(each["Rss"] for each in mappings(pid) if "w" in each["mode"])

    def check_lines(self, name, runs):
        """Of each run the lines 1 to N, each once and in order; none of another's."""
        text = self.stack.whole_log_of(name)
        self.assertTrue(text.endswith("\n"), name)
        by_run = {}
        for line in text.splitlines(keepends=True):
            by_run.setdefault(line.split(" ", 1)[0], []).append(line)
        if runs is not None:
            self.assertEqual(len(by_run), runs, name)
        for run, lines in by_run.items():
            numbers = numbered_lines("".join(lines), run)
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)), f"{name}, run {run}")


if __name__ == "__main__":
    print(f"seed {SEED}")
    main()
