"""Rows L of the catalogue of faults once more, with the reactor killed at random instants beside them."""

import os
import random
import re
import signal
import subprocess

from aurora_e2e import BIN, CLEAN, SANITIZED, UnixConnection, eventually, main
from aurora_namespace import in_a_small_disk
from aurora_puppet import numbered_lines
from killing import QUICK, SEED, Killer, UnderFire


class Logs(UnderFire):
    def lines(self, name, count):
        """O6: each line once and in order."""
        eventually(lambda: f" {count} " in self.stack.log_of(name), f"line {count} of {name} is kept (seed {SEED})", self.stack)
        self.assertEqual(numbered_lines(self.stack.log_of(name)), list(range(1, count + 1)), f"seed {SEED}")

    def test_a_flood(self):
        """L01, L07: numbered lines as fast as they are taken, through rotations: none lost, none doubled."""
        count = 20000 if SANITIZED else 100000
        self.begin({"web": self.puppets.service(logs={"max_size": "1GiB"}), "turns": self.puppets.service(logs={"max_size": "64KiB", "keep": 1000})})
        web, turns = self.puppets.meet("web"), self.puppets.meet("turns")
        self.under_fire()
        for _ in range(10):
            web.ask(f"number {count // 10}")
            turns.ask(f"number {count // 10}")
        self.over()
        self.lines("web", count)
        eventually(lambda: f" {count} " in self.stack.log_of("turns"), f"its last line is kept (seed {SEED})", self.stack)
        self.assertEqual(numbered_lines(self.stack.whole_log_of("turns")), list(range(1, count + 1)), f"seed {SEED}")

    def test_bytes_as_they_are(self):
        """L02, L03: a line without end and bytes of every kind."""
        self.begin({"web": self.puppets.service(logs={"max_size": "1GiB"})})
        puppet = self.puppets.meet()
        self.under_fire()
        puppet.ask("long-line 3000000")
        puppet.ask("binary 1000000")
        self.over()
        expected = b"l" * 3000000 + b"\n" + bytes((i * 7 + i // 256) & 0xFF for i in range(1000000))
        log = self.stack.state / "logs" / "web.log"
        eventually(lambda: log.stat().st_size >= len(expected), f"all is kept (seed {SEED})", self.stack)
        self.assertTrue(log.read_bytes() == expected, f"seed {SEED}")

    def test_last_words(self):
        """L11: what it prints between the signal and its end."""
        self.begin({"web": self.puppets.service(restart=QUICK)})
        puppet = self.puppets.meet()
        puppet.ask("count TERM")
        self.under_fire()
        self.ask("stop", "web")
        eventually(lambda: puppet.ask("counted") != "0", f"it is asked to stop (seed {SEED})", self.stack)
        puppet.ask("number 1000")
        puppet.ask("exit 0")
        self.becomes("web", state="stopped", desired="down")
        self.over()
        self.lines("web", 1000)

    def test_killed_within_a_rotation(self):
        """L08: before each system call that renames, links or removes, until a rotation is done without one."""
        self.begin({"web": self.puppets.service(logs={"max_size": "4KiB", "keep": 3})})
        puppet, told, calls = self.puppets.meet(), 0, "rename,renameat2,link,linkat,unlink,ftruncate"
        for number in range(1, 20):
            reactor = self.stack.reactor()
            tracer = self.traced(self.stack, "-e", f"trace={calls}", "-e", f"inject={calls}:signal=KILL:when={number}")
            puppet.ask("number 200")
            told += 200
            eventually(lambda: f" {told} " in self.stack.whole_log_of("web"), f"line {told} is kept (call {number})", self.stack)
            kept = self.stack.whole_log_of("web")
            numbers = numbered_lines(kept)
            self.assertEqual(numbers, list(range(numbers[0], told + 1)), f"call {number}")
            # At a kill the oldest has gone, and the current one has not made its place free yet.
            self.assertTrue(numbers[0] == 1 or len(kept) >= 3 * 4096, f"call {number}: two files and the full one are kept: {len(kept)}")
            tracer.kill()
            if self.stack.reactor() == reactor:
                break
        self.assertIn(number, range(4, 19), "calls were hit, and in the end none")
        self.assertEqual(self.look("web")["pid"], puppet.pid)

    def test_renamed_by_others(self):
        """L09: logrotate's rename and USR1 while nobody or somebody lives."""
        self.begin({"web": self.puppets.service()})
        puppet, path, aside = self.puppets.meet(), self.stack.state / "logs/web.log", self.home / "moved"
        puppet.ask("number 1000")
        self.stack.wait_log("web", " 1000 ")
        self.under_fire()
        os.rename(path, aside)
        puppet.ask("number 1000")
        self.stack.process.send_signal(signal.SIGUSR1)
        puppet.ask("number 1000")
        self.over()
        eventually(lambda: path.exists() and " 3000 " in path.read_text() or " 3000 " in aside.read_text(), f"all is kept (seed {SEED})", self.stack)
        self.assertEqual(numbered_lines(aside.read_text() + (path.read_text() if path.exists() else "")), [*range(1, 3001)], f"seed {SEED}")

    def test_a_follower_goes_on(self):
        """L12: `logs -f` shows each line once, joined behind the offset at which its reactor died."""
        self.begin({"web": self.puppets.service(logs={"max_size": "256KiB", "keep": 100})})
        puppet = self.puppets.meet()
        puppet.ask("number 10")
        with open(self.home / "followed", "wb") as out:
            follower = subprocess.Popen([BIN / "aurorctl", "logs", "-f", "-n", "all", "web"], cwd=self.home, env=CLEAN, stdout=out, stderr=subprocess.DEVNULL)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        followed = lambda: (self.home / "followed").read_text()
        eventually(lambda: " 10 " in followed(), "it follows", self.stack)
        self.under_fire()
        for _ in range(20):
            puppet.ask("number 500")
        self.over()
        eventually(lambda: " 10010 " in followed(), f"the last line is shown (seed {SEED})", self.stack)
        self.assertEqual(numbered_lines("\n".join(line[line.index("web:"):] for line in followed().splitlines() if "web:" in line)), [*range(1, 10011)], f"seed {SEED}")

    def test_a_budget_holds(self):
        """L16: all logs together stay below their limit and a segment, and no current one is deleted."""
        names = [f"s{n}" for n in range(4)]
        self.begin({name: self.puppets.service(logs={"max_size": "64KiB", "keep": 100}) for name in names}, logs={"max_total_size": "1MiB"})
        puppets = {name: self.puppets.meet(name) for name in names}
        self.under_fire()
        for _ in range(10):
            for puppet in puppets.values():
                puppet.ask("number 2000")
        self.over()
        folder = self.stack.state / "logs"
        for name in names:
            eventually(lambda: " 20000 " in self.stack.log_of(name), f"the last line of {name} is kept (seed {SEED})", self.stack)
        eventually(lambda: sum(path.stat().st_size for path in folder.iterdir()) <= (1024 + 64) << 10, f"the limit holds (seed {SEED})", self.stack)

    def test_readers_that_stopped(self):
        """L13: whoever follows and does not read costs no later reactor anything, and the file has each line."""
        count = 20000 if SANITIZED else 100000
        self.begin({"web": self.puppets.service(logs={"max_size": "1GiB"})})
        puppet = self.puppets.meet()
        stuck = [self.stuck_reader() for _ in range(20)]
        self.under_fire()
        for _ in range(10):
            puppet.ask(f"number {count // 10}")
            stuck += [self.stuck_reader() for _ in range(2)]
        self.over()
        self.lines("web", count)
        for each in stuck:
            each.close()

    def stuck_reader(self):
        """Asks for the log and all that follows, and never reads the answer."""
        reader = UnixConnection(self.stack.state / "aurorad.sock")
        self.addCleanup(reader.close)
        try:
            reader.request("GET", "/api/v1/services/web/logs?follow=1")
        except OSError:
            pass  # this reactor is being killed
        return reader

    def test_a_full_disk(self):
        """L04: the service is never held up, and what is kept is in order and there once. What waits in memory while the
        disk is full dies with a reactor: so much may be missing, and no more."""
        stack, logs = in_a_small_disk(self, {"web": self.puppets.service(logs={"max_size": "100MiB"})}, 4 << 20)
        puppet = self.puppets.meet()
        self.stack, self.killer = stack, Killer(stack, random.Random(SEED))
        puppet.ask("number 1000")
        eventually(lambda: " 1000 " in (logs / "web.log").read_text(), "the log works", stack)
        (logs / "filler").write_bytes(b"\0" * (3 << 20))
        self.under_fire()
        for _ in range(20):
            puppet.ask("number 5000")
        self.over()
        (logs / "filler").unlink()
        puppet.ask("number 1")
        eventually(lambda: " 101001 " in (logs / "web.log").read_text(), f"it goes on (seed {SEED})", stack)
        # The disk may be full within a line, and the beginning of that one stays.
        whole = re.findall(r"^\S+ (\d+) [0-9a-f]{8}$", (logs / "web.log").read_text(), re.M)
        numbers = [int(number) for number in whole]
        self.assertEqual(numbers, sorted(set(numbers)), f"seed {SEED}")
        self.assertEqual(numbers[:1000], [*range(1, 1001)], f"seed {SEED}")


if __name__ == "__main__":
    print(f"seed {SEED}")
    main()
