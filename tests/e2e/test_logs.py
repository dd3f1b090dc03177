"""What services print is kept: every byte, in order, whatever happens to the files."""

import gzip
import os
import re
import subprocess
import signal
import time

from aurora_e2e import BIN, CLEAN, DEADLINE, UnixConnection, eventually, main
from aurora_puppet import PuppetCase, numbered_lines

MIB = 1 << 20


class Logs(PuppetCase):
    def kept(self, name="web"):
        """All of a service's log files as one text, oldest first."""
        folder = self.home / ".aurora/logs"
        files = sorted(folder.glob(f"{name}.log.*"), key=lambda path: -int(re.search(r"\.log\.(\d+)", path.name)[1]))
        parts = [(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()) for path in files]
        return b"".join([*parts, (folder / f"{name}.log").read_bytes()])

    def test_a_flood_is_kept_and_disturbs_nobody(self):
        """L01: full speed loses nothing, memory stays flat, others' lines and status calls come through."""
        size = 64 * MIB
        daemon = self.daemon({"web": self.puppets.service(logs={"max_size": "100MiB"}), "calm": self.puppets.service()})
        web, calm = self.puppets.meet("web"), self.puppets.meet("calm")
        daemon.wait_state("web", "running")
        before = daemon.resident()
        web.tell(f"flood {size}")
        for n in range(5):
            calm.ask(f"out tick {n}")
            daemon.wait_log("calm", f"tick {n}\n")
            asked = time.monotonic()
            daemon.status()
            self.assertLess(time.monotonic() - asked, 1)
        self.assertEqual(web._read(), "ok")
        eventually(lambda: (daemon.state / "logs/web.log").stat().st_size == size, "all is kept", daemon)
        block = (b"x" * 63 + b"\n") * 16384
        with open(daemon.state / "logs/web.log", "rb") as log:
            while part := log.read(len(block)):
                self.assertTrue(part == block, "the bytes are others")
        self.assertLess(daemon.resident() - before, 8 * MIB)

    def test_binary_output(self):
        """L03: any bytes are kept as they are; the API's answer is JSON all the same."""
        daemon = self.daemon({"web": self.puppets.service()})
        puppet = self.puppets.meet()
        puppet.ask("binary 100000")
        puppet.ask("out \x1b[2J\x1b]0;title\x07 end")
        expected = bytes((i * 7 + i // 256) & 255 for i in range(100000)) + b"\x1b[2J\x1b]0;title\x07 end\n"
        path = daemon.state / "logs/web.log"
        eventually(lambda: path.exists() and path.stat().st_size == len(expected), "all is kept", daemon)
        self.assertTrue(path.read_bytes() == expected)
        lines = daemon.log_lines("web")
        self.assertTrue(all("text" in line for line in lines))
        self.assertTrue(lines[-1]["text"].endswith(" end"))
        connection = UnixConnection(daemon.state / "aurorad.sock")
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/services/web/logs?lines=1000")
        answer = connection.getresponse()
        body = answer.read()
        if "utf-8" in answer.getheader("Content-Type").lower():
            self.assertTrue(body == body.decode(errors="ignore").encode(), "it says that it is UTF-8")
        piped = subprocess.run([BIN / "aurorctl", "logs", "-n", "all", "web"], cwd=self.home, env=CLEAN, capture_output=True, timeout=DEADLINE)
        self.assertEqual(piped.returncode, 0)
        self.assertTrue(piped.stdout == expected, "piped output of one service is its bytes")

    def test_stdout_and_stderr_in_order(self):
        """Both streams are one log in the order written; `separate` makes two."""
        daemon = self.daemon({"web": self.puppets.service(), "two": self.puppets.service(logs={"stderr": "separate"})})
        for name in ("web", "two"):
            puppet = self.puppets.meet(name)
            for n in range(50):
                puppet.ask(f"out {n} out")
                puppet.ask(f"err {n} err")
        daemon.wait_log("web", "49 err\n")
        self.assertEqual(daemon.log_of("web"), "".join(f"{n} out\n{n} err\n" for n in range(50)))
        daemon.wait_log("two", "49 out\n")
        daemon.wait_log("two.err", "49 err\n")
        self.assertEqual(daemon.log_of("two"), "".join(f"{n} out\n" for n in range(50)))
        self.assertEqual(daemon.log_of("two.err"), "".join(f"{n} err\n" for n in range(50)))

    def test_a_separate_stderr_is_shown_too(self):
        """`logs`, the API, `why` and `ready.log` have both streams where they are kept apart."""
        daemon = self.daemon({"web": self.puppets.service(ready={"log": "serving"}, logs={"stderr": "separate"})})
        puppet = self.puppets.meet("web")
        self.assertEqual(daemon.status("web")["state"], "starting")
        puppet.ask("out plain")
        puppet.ask("err now serving")
        daemon.wait_state("web", "running")
        daemon.wait_log("web.err", "serving\n")
        shown = daemon.ctl("logs", "web", check=0).stdout
        self.assertIn("plain", shown)
        self.assertIn("now serving", shown)
        told = [(line["name"], line["text"]) for line in daemon.log_lines("web")]
        self.assertEqual(sorted(told), [("web", "plain"), ("web.err", "now serving")])
        self.assertIn("now serving", daemon.ctl("why", "web", check=0).stdout)

    def test_a_reload_that_restarts_brings_its_log_rules(self):
        """The new rules of a service that a reload restarts hold from its next start on."""
        service = self.puppets.service(logs={"stderr": "merged", "max_size": "10MiB", "keep": 2})
        daemon = self.daemon({"web": service})
        self.puppets.meet("web")
        daemon.wait_state("web", "running")
        service |= {"logs": {"stderr": "separate", "max_size": "64KiB", "keep": 2}, "env": {**service.get("env", {}), "TURN": "2"}}
        daemon.write(self.config({"web": service}))
        daemon.ctl("reload", check=0)
        puppet = self.puppets.meet("web")
        puppet.ask("err to itself")
        daemon.wait_log("web.err", "to itself\n")
        puppet.ask("number 20000")
        eventually(lambda: (daemon.state / "logs" / "web.log.1").exists(), "it is rotated at the new size", daemon)

    def test_rotation_loses_nothing(self):
        """L07: over many rotations every line is kept once, in order and whole."""
        for compress in (False, True):
            with self.subTest(compress=compress):
                name = f"web{int(compress)}"
                daemon = self.daemon({name: self.puppets.service(logs={"max_size": "64KiB", "keep": 1000, "compress": compress})})
                puppet = self.puppets.meet(name)
                daemon.wait_state(name, "running")
                for _ in range(8):
                    puppet.ask("number 5000")
                    puppet.ask("out 0")
                    puppet.ask("number 1")
                puppet.tell("exit 0")
                daemon.ctl("stop", name, check=0)
                self.assertEqual(daemon.stop(), 0)
                lines = [line for line in self.kept(name).decode().split("\n") if line != "0"]
                self.assertEqual(numbered_lines("\n".join(lines)), [*range(1, 8 * 5001 + 1)])
                self.assertGreater(len(list((daemon.state / "logs").glob(f"{name}.log.*"))), 10)

    def test_only_so_many_are_kept(self):
        """`keep` is the number of rotated files, each whole lines and not much larger than max_size."""
        daemon = self.daemon({"web": self.puppets.service(logs={"max_size": "64KiB", "keep": 3})})
        puppet = self.puppets.meet()
        puppet.ask("number 20000")
        daemon.ctl("stop", "web", check=0)
        files = sorted(path.name for path in (daemon.state / "logs").glob("web.log*"))
        self.assertEqual(files, ["web.log", "web.log.1", "web.log.2", "web.log.3"])
        numbers = numbered_lines(self.kept().decode())
        self.assertEqual(numbers, [*range(numbers[0], 20001)])
        for path in (daemon.state / "logs").glob("web.log.*"):
            self.assertTrue(path.read_bytes().endswith(b"\n"), "no line is torn")

    def test_renamed_by_others(self):
        """L09: logrotate's rename and USR1, or its copy and truncate, lose nothing and leave no hole."""
        daemon = self.daemon({"web": self.puppets.service()})
        puppet = self.puppets.meet()
        path = daemon.state / "logs/web.log"
        puppet.ask("number 1000")
        daemon.wait_log("web", " 1000 ")
        os.rename(path, aside := self.home / "moved")
        puppet.ask("number 1000")
        eventually(lambda: b" 2000 " in aside.read_bytes(), "it goes on where it was", daemon)
        daemon.process.send_signal(signal.SIGUSR1)
        eventually(path.exists, "a new file", daemon)
        puppet.ask("number 1000")
        daemon.wait_log("web", " 3000 ")
        self.assertEqual(numbered_lines(aside.read_text() + path.read_text()), [*range(1, 3001)])
        os.truncate(path, 0)
        puppet.ask("number 10")
        daemon.wait_log("web", " 3010 ")
        self.assertEqual(numbered_lines(path.read_text()), [*range(3001, 3011)])

    def test_last_words(self):
        """L11: what is printed while stopping, and after the main process by its children, is kept."""
        command = "trap 'i=0; while [ $i -lt 1000 ]; do echo last $i; i=$((i+1)); done; exit' TERM; echo up; while :; do sleep 1000 & wait; done"
        daemon = self.daemon({"web": {"command": command, "ready": {"log": "up"}}})
        daemon.wait_state("web", "running")
        daemon.ctl("stop", "web", check=0)
        self.assertEqual(daemon.log_of("web"), "up\n" + "".join(f"last {n}\n" for n in range(1000)))

    def test_following_across_rotation_and_restart(self):
        """`logs -f` shows every line once, over rotations and restarts of the service."""
        daemon = self.daemon({"web": self.puppets.service(logs={"max_size": "64KiB", "keep": 100}, restart={"delay": "10ms"})})
        puppet = self.puppets.meet()
        puppet.ask("out first")
        with open(self.home / "followed", "wb") as out:
            follower = subprocess.Popen([BIN / "aurorctl", "logs", "-f", "-n", "all", "web"], cwd=self.home, env=CLEAN, stdout=out, stderr=subprocess.STDOUT)
        followed = lambda: (self.home / "followed").read_text()
        try:
            eventually(lambda: "first\n" in followed(), "it follows", daemon)
            for turn in range(3):
                puppet.ask("number 3000")
                puppet.ask(f"out turn {turn}")
                # Who does not keep up is told what it missed; 3,000 lines must not be too many.
                eventually(lambda: f"turn {turn}\n" in followed() or "left out" in followed(), "it keeps up", daemon)
                self.assertIn(f"turn {turn}\n", followed(), followed()[-300:])
                puppet.tell("exit 1")
                puppet = self.puppets.meet()
            puppet.ask("out finally")
            eventually(lambda: "finally\n" in followed(), "it goes on", daemon)
        finally:
            follower.send_signal(signal.SIGINT)
            self.assertEqual(follower.wait(DEADLINE), 0)
        self.assertTrue(followed() == self.kept().decode(), followed()[-500:])


if __name__ == "__main__":
    main()
