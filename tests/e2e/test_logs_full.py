"""A full disk below the logs: nobody waits for it, and what it cost is counted."""

import re
import time

from aurora_e2e import SANITIZED, cpu_seconds, eventually, main
from aurora_namespace import in_a_small_disk
from aurora_puppet import PuppetCase, numbered_lines

MIB = 1 << 20


class Full(PuppetCase):
    def test_no_space(self):
        """L04: on a full disk a service runs on, the oldest whole lines are dropped, counted and marked; all else is kept."""
        daemon, logs = in_a_small_disk(self, {"web": self.puppets.service(logs={"max_size": "100MiB"}), "other": self.puppets.service()}, 4 * MIB)
        puppet, other = self.puppets.meet("web"), self.puppets.meet("other")
        other.ask("out before")
        eventually(lambda: (logs / "other.log").exists() and (logs / "other.log").read_text() == "before\n", "the log works", daemon)
        (logs / "filler").write_bytes(b"\0" * 3 * MIB)
        lines = 120000
        for _ in range(12):
            puppet.ask(f"number {lines // 12}")  # it answers: it is not blocked
        daemon.status()
        self.assertIn("no space left", eventually(lambda: "no space left" in daemon.err().lower() and daemon.err().lower(), "it is told", daemon))
        self.assertLessEqual(len(re.findall("no space left", daemon.err().lower())), 4, "told once, not each time")
        before = (logs / "web.log").stat().st_size
        (logs / "filler").unlink()
        puppet.ask("number 1")
        last = f" {lines + 1} "
        eventually(lambda: last in (logs / "web.log").read_text(), "it goes on when there is space", daemon)
        text = (logs / "web.log").read_text()
        marks = list(re.finditer(r"^\[aurora\] (\d+) bytes dropped.*\n", text, re.M))
        self.assertTrue(marks)
        head, tail = text[:marks[0].start()], re.sub(r"^\[aurora\].*\n", "", text[marks[0].start():], flags=re.M)
        run = head.split()[0]
        # The disk may be full within a line: its beginning is there, and a line end of ours.
        whole, _, torn = head.rstrip("\n").rpartition("\n")
        if len(torn.split()) == 3 and len(torn.split()[2]) == 8:
            whole, torn = head.rstrip("\n"), ""
        numbers = numbered_lines(whole) + numbered_lines(tail)
        self.assertEqual(numbers, sorted(set(numbers)), "in order, none twice")
        self.assertEqual((numbers[0], numbers[-1]), (1, lines + 1))
        size = lambda n: len(f"{run} {n} 00000000\n")
        if torn:
            self.assertTrue(f"{run} {len(numbered_lines(whole)) + 1} ".startswith(torn[:len(run) + 2]), torn)
        missing = sum(size(n) for n in set(range(1, lines + 2)) - set(numbers)) - len(torn)
        self.assertGreater(missing, 0)
        self.assertEqual(sum(int(mark[1]) for mark in marks), missing, "as many bytes as it says")
        self.assertGreater(len(text), before)
        other.ask("out after")
        eventually(lambda: "after\n" in (logs / "other.log").read_text(), "others too", daemon)

    def test_what_is_kept_and_how_often_it_is_tried(self):
        """L04: on a disk with 1 MiB for logs the newest 1 MiB waits, is tried again each 2 s without being busy, and that is told once."""
        daemon, logs = in_a_small_disk(self, {"web": self.puppets.service(logs={"max_size": "100MiB"})}, 4 * MIB)
        puppet = self.puppets.meet("web")
        (logs / "filler").write_bytes(b"\0" * 3 * MIB)
        lines = 200000
        for _ in range(10):
            puppet.ask(f"number {lines // 10}")  # 8 MB in all; it answers: it is not blocked
        log = logs / "web.log"
        eventually(lambda: log.stat().st_size == MIB, "it is full", daemon)
        used, begun = cpu_seconds(daemon.reactor()), time.monotonic()
        eventually(lambda: time.monotonic() - begun > 5, "two pauses and a half pass", daemon)  # what they cost is measured
        self.assertLess(cpu_seconds(daemon.reactor()) - used, 0.5 if SANITIZED else 0.1)
        self.assertEqual(log.stat().st_size, MIB)
        freed = time.monotonic()
        (logs / "filler").unlink()
        eventually(lambda: f" {lines} ".encode() in log.read_bytes()[-100:], "it goes on", daemon)
        self.assertLess(time.monotonic() - freed, 4 if SANITIZED else 2.5)
        mark = re.search(rb"^\[aurora\] \d+ bytes dropped.*\n", kept := log.read_bytes(), re.M)
        waited = kept[mark.end():]
        self.assertTrue(MIB - 65536 <= len(waited) <= MIB, len(waited))
        numbers = numbered_lines(waited.decode())
        self.assertEqual(numbers, [*range(numbers[0], lines + 1)])
        self.assertEqual(len(re.findall("no space left", daemon.err().lower())), 1, daemon.err())


if __name__ == "__main__":
    main()
