"""Output faster and longer than anybody reads: throughput, others' delay, memory, and readers that stopped."""

import contextlib
import subprocess
import time

from aurora_e2e import DEADLINE, SANITIZED, cpu_seconds, eventually, main, select_briefly
from aurora_puppet import PuppetCase, numbered_lines
from aurora_stream import stream_of

MIB = 1 << 20
LOGS = {"max_size": "2GiB"}


class Floods(PuppetCase):
    def flood(self, daemon, web, size, kept):
        """MB/s of one flood, until all of it is in the file; and MB for each second of processor time it took."""
        path = daemon.state / "logs/web.log"
        begun, used = time.monotonic(), cpu_seconds(daemon.reactor())
        web.tell(f"flood {size}")
        while not (path.exists() and path.stat().st_size >= kept + size):
            self.assertLess(time.monotonic() - begun, 2 * DEADLINE, "the flood is not kept")
            select_briefly()
        self.assertEqual(web._read(), "ok")
        return size / 1e6 / (time.monotonic() - begun), size / 1e6 / max(cpu_seconds(daemon.reactor()) - used, 0.01)

    def plain(self, size):
        """MB/s of the same flood into a file by way of cat: what this machine can do just now."""
        begun = time.monotonic()
        with open(self.home / "plain", "wb") as out:
            cat = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=out)
            flood = subprocess.Popen([self.puppets.program, "--flood", str(size), "--mode", "exit", "0"], stdout=cat.stdin)
            cat.stdin.close()
            self.assertEqual((flood.wait(DEADLINE), cat.wait(DEADLINE)), (0, 0))
        (self.home / "plain").unlink()
        return size / 1e6 / (time.monotonic() - begun)

    def test_throughput(self):
        """L01: 300 MB/s and more are kept, to the byte, in little memory."""
        size, tries = (32 * MIB, 1) if SANITIZED else (200 * MIB, 4)
        daemon = self.daemon({"web": self.puppets.service(logs=LOGS)})
        web = self.puppets.meet("web")
        daemon.wait_state("web", "running")
        web.ask("number 1")
        daemon.wait_log("web", " 1 ")
        path = daemon.state / "logs/web.log"
        begin = path.stat().st_size
        before, rates = daemon.resident(), []
        for turn in range(tries):  # the best of them
            rate, of_processor = self.flood(daemon, web, size, begin + turn * size)
            rates.append((rate, of_processor, self.plain(size)))
            self.assertLess(daemon.resident() - before, 8 * MIB)
            # Where others keep the machine busy, what counts is the processor time, and not to be far behind cat.
            if enough := rate >= 300 or of_processor >= 300 and rate >= rates[-1][2] / 8:
                break
        self.assertEqual(path.stat().st_size, begin + len(rates) * size)
        block = (b"x" * 63 + b"\n") * 16384
        with open(path, "rb") as log:
            log.seek(begin)
            while part := log.read(len(block)):
                self.assertTrue(part == block, "the bytes are others")
        self.assertTrue(SANITIZED or enough, f"MB/s, MB/s of processor time, MB/s of cat: {rates}")

    def test_others_are_not_delayed(self):
        """L01: while one service floods, 99 of 100 lines of another are in its file within 250 ms, and status within a second."""
        daemon = self.daemon({"web": self.puppets.service(logs={"max_size": "64MiB", "keep": 1}), "calm": self.puppets.service()})
        web, calm = self.puppets.meet("web"), self.puppets.meet("calm")
        daemon.wait_state("web", "running")
        daemon.wait_state("calm", "running")
        web.tell(f"flood {1 << 40}")
        path = daemon.state / "logs/calm.log"
        delays, answers, length = [], [], 0
        for n in range(100):
            line = f"tick {n:03}"
            length += len(line) + 1
            asked = time.monotonic()
            calm.ask(f"out {line}")
            eventually(lambda: path.exists() and path.stat().st_size >= length, "the line is kept", daemon)
            delays.append(time.monotonic() - asked)
            asked = time.monotonic()
            daemon.status("calm")
            answers.append(time.monotonic() - asked)
        self.assertLess(sorted(delays)[98], 1 if SANITIZED else 0.25, sorted(delays)[-5:])
        self.assertLess(sorted(answers)[98], 1, sorted(answers)[-5:])
        self.assertEqual(daemon.log_of("calm"), "".join(f"tick {n:03}\n" for n in range(100)))

    def test_a_line_of_100_mb(self):
        """L02: a line of 100 MB is kept to the byte in little memory; readers get parts of at most 64 KiB that say so."""
        size = 100_000_000
        daemon = self.daemon({"web": self.puppets.service(logs=LOGS)})
        puppet = self.puppets.meet()
        daemon.wait_state("web", "running")
        before = daemon.resident()
        puppet.ask(f"long-line {size}")
        puppet.ask("out end")
        path = daemon.state / "logs/web.log"
        eventually(lambda: path.stat().st_size == size + 5, "all is kept", daemon)
        with open(path, "rb") as log:
            for at in range(0, size, 1_000_000):
                self.assertTrue(log.read(1_000_000) == b"l" * 1_000_000, f"the bytes after {at} are others")
            self.assertEqual(log.read(), b"\nend\n")
        lines = daemon.log_lines("web", "lines=20")
        if not SANITIZED:  # freed memory stays in quarantine there
            self.assertLess(daemon.resident() - before, 8 * MIB)
        self.assertLessEqual(max(len(line["text"]) for line in lines), 65536)
        self.assertTrue(all(line["text"].strip("l") == "" and line["partial"] for line in lines[:-2]))
        self.assertEqual([(line["text"], line["partial"]) for line in lines[-1:]], [("end", False)])

    def test_readers_that_stopped(self):
        """L13: fifty followers that stopped reading hold up neither the log nor the daemon, cost a bounded queue each, and are told what they missed."""
        count, lines = (10, 40000) if SANITIZED else (50, 100000)  # the socket serves 64
        daemon = self.daemon({"web": self.puppets.service(logs=LOGS)})
        puppet = self.puppets.meet()
        daemon.wait_state("web", "running")
        with contextlib.ExitStack() as all_of_them:
            followers = []
            for _ in range(count):
                followers.append(stream_of(daemon))
                all_of_them.callback(followers[-1].close)
                followers[-1].say({"subscribe": {"logs": ["web"]}})
                followers[-1].message_of("subscribed")
            before, took = daemon.resident(), []
            for _ in range(20):
                puppet.ask(f"number {lines // 20}")
                asked = time.monotonic()
                daemon.status()
                took.append(time.monotonic() - asked)
            self.assertLess(sorted(took)[10], 2 if SANITIZED else 1, took)  # the middle one: the machine may be busy
            self.assertEqual(numbered_lines(daemon.wait_log("web", f" {lines} ")), [*range(1, lines + 1)])
            if not SANITIZED:  # 1 MiB of text, and what the heap needs to hold it line by line
                self.assertLess(daemon.resident() - before, count * 3 * MIB)
            for follower in (followers[0], followers[-1]):
                got = []
                while (message := follower.message())["type"] == "log":
                    got.append(message["text"])
                self.assertEqual(message["type"], "dropped")
                self.assertEqual(numbered_lines("\n".join(got)), [*range(1, len(got) + 1)])
                self.assertEqual(len(got) + message["lines"], lines)
            puppet.ask("out end")
            for follower in (followers[0], followers[-1]):
                self.assertEqual(follower.message()["text"], "end")


if __name__ == "__main__":
    main()
