"""A new aurorad takes the place of the running one, and nothing happened to the services (contract §4, SIGUSR2)."""

import http.client
import os
import shutil
import signal
import subprocess
import threading
import time
import zlib

from aurora_e2e import BIN, CLEAN, FOREVER, SANITIZED, SUPPORT, alive, eventually, main
from aurora_puppet import PuppetCase

KEPT = ("state", "pid", "desired", "health", "restarts", "reason", "last_exit")


class UpgradeCase(PuppetCase):
    def installed(self, services):
        """A daemon of a program that can be replaced."""
        daemon = self.daemon(services, start=False)
        daemon.program = self.home / "aurorad"
        self.install(daemon, BIN / "aurorad")
        self.usurper = self.home / "usurper"
        daemon.start(env={"AURORA_USURPER": str(self.usurper)})
        eventually(lambda: (daemon.state / "config.last").exists(), "its configuration is saved", daemon)
        return daemon

    def install(self, daemon, program):
        """As a package manager does: a new file, renamed over the old one."""
        fresh = self.home / "aurorad.new"
        shutil.copy(program, fresh)
        fresh.rename(daemon.program)

    def picture(self, daemon):
        return {each["name"]: {key: each[key] for key in KEPT} for each in daemon.status().values()}

    def runs(self, pid, program):
        return os.stat(f"/proc/{pid}/exe").st_ino == program.stat().st_ino

    def about(self, daemon):
        return daemon.api("GET", "/api/v1/status")[1]["daemon"]


class Upgraded(UpgradeCase):
    def test_nothing_happened(self):
        """Both processes are of the new program, the keeper's pid and all services are what they were; and once more."""
        daemon = self.installed({"web": self.puppets.service(), "off": {"command": FOREVER},
                                 "checked": {"command": FOREVER, "health": {"exec": ["true"], "interval": "100ms"}}})
        puppet = self.puppets.meet()
        daemon.ctl("stop", "off", check=0)
        eventually(lambda: daemon.status("checked")["health"] == "healthy", "its probe succeeds", daemon)
        before, keeper = self.picture(daemon), daemon.process.pid
        for _ in range(2):
            puppet.ask("out a line")
            reactor = daemon.reactor()
            self.install(daemon, BIN / "aurorad")
            said = daemon.ctl("upgrade", check=0).stdout
            self.assertIn("upgraded from", said)
            self.assertEqual(self.picture(daemon), before)
            about = self.about(daemon)
            self.assertEqual(about["keeper_pid"], keeper)
            self.assertNotEqual(about["pid"], reactor)
            self.assertFalse(alive(reactor))
            self.assertNotIn("upgrade", about)
            eventually(lambda: self.runs(keeper, daemon.program), "the keeper is of the new program", daemon)
            self.assertTrue(self.runs(about["pid"], daemon.program))
        puppet.ask("out the last line")
        daemon.wait_log("web", "a line\na line\nthe last line\n")
        os.kill(daemon.reactor(), signal.SIGKILL)
        daemon.another_reactor(about["pid"])
        self.assertEqual(self.picture(daemon), before)
        puppet.ask("exit 7")
        self.assertEqual(daemon.wait_event(lambda e: e["instance"] == "web" and e["because"]["exit"])["because"]["exit"]["code"], 7)

    def test_by_signal(self):
        """SIGUSR2 does the same."""
        daemon = self.installed({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        before, reactor = self.picture(daemon), daemon.reactor()
        self.install(daemon, BIN / "aurorad")
        daemon.process.send_signal(signal.SIGUSR2)
        daemon.another_reactor(reactor)
        self.assertEqual(self.picture(daemon), before)
        eventually(lambda: self.runs(daemon.process.pid, daemon.program), "the keeper too", daemon)

    def test_while_the_start_is_delayed(self):
        """The one that goes begins nothing any more; the next one starts the services, once."""
        daemon = self.installed({"web": self.puppets.service()})
        self.puppets.meet()
        daemon.ctl("down", check=0)
        daemon.wait_end()
        daemon.start("--start-delay", "1h")
        reactor, since = daemon.reactor(), daemon.sequence()
        self.install(daemon, BIN / "aurorad")
        daemon.ctl("upgrade", check=0)
        puppet = self.puppets.meet()
        self.assertEqual(daemon.wait_state("web", "running", since)["pid"], puppet.pid)
        self.assertNotIn(f"pid {reactor} (", daemon.err())
        self.assertEqual([event["to"] for event in daemon.events(since)], ["starting", "running"])

    def test_clients_hardly_notice(self):
        """Followers go on without a gap or a line twice, and the longest wait for an answer is short."""
        daemon = self.installed({"web": self.puppets.service()})
        puppet = self.puppets.meet()
        puppet.ask("out line 0")
        follower = subprocess.Popen([BIN / "aurorctl", "logs", "-f", "-n", "all", "web"], cwd=self.home, env=CLEAN,
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        self.assertEqual(follower.stdout.readline(), "line 0\n")
        longest, over = [0.0], threading.Event()

        def ask():
            while not over.is_set():
                began = time.monotonic()
                try:
                    daemon.api("GET", "/healthz")
                except (OSError, ValueError, http.client.HTTPException):
                    continue  # its connection ended; how long until the next answer is what counts
                longest[0] = max(longest[0], time.monotonic() - began)

        asker = threading.Thread(target=ask)
        self.addCleanup(over.set)
        asker.start()
        upgrade = subprocess.Popen([BIN / "aurorctl", "upgrade"], cwd=self.home, env=CLEAN, stdout=subprocess.DEVNULL)
        count = 0
        while upgrade.poll() is None:
            for number in range(count + 1, count + 51):
                puppet.ask(f"out line {number}")
            for number in range(count + 1, count + 51):
                self.assertEqual(follower.stdout.readline(), f"line {number}\n")
            count += 50
        over.set()
        asker.join()
        self.assertEqual(upgrade.returncode, 0)
        print(f"longest wait for an answer: {longest[0] * 1000:.0f} ms, {count} lines meanwhile")
        self.assertLess(longest[0], 5 if SANITIZED else 0.5)

    def test_statuses_of_the_gap_are_known(self):
        """What ends while the new reactor is not there yet."""
        daemon = self.installed({"web": self.puppets.service(restart={"delay": "10ms"})})
        puppet = self.puppets.meet()
        reactor = daemon.reactor()
        self.install(daemon, BIN / "aurorad")
        self.assertEqual(daemon.api("POST", "/api/v1/upgrade", {})[0], 202)
        daemon.process.send_signal(signal.SIGSTOP)
        eventually(lambda: not alive(reactor), "the old reactor is gone", daemon)
        puppet.ask("exit 9")
        puppet.gone()
        daemon.process.send_signal(signal.SIGCONT)
        self.assertEqual(daemon.wait_event(lambda e: e["instance"] == "web" and e["because"]["exit"])["because"]["exit"]["code"], 9)
        self.puppets.meet()


class Refused(UpgradeCase):
    def refused(self, daemon, words):
        before, reactor = self.picture(daemon), daemon.reactor()
        done = daemon.ctl("upgrade")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing has changed", done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual(daemon.reactor(), reactor)
        self.assertEqual(self.picture(daemon), before)

    def test_what_is_no_program(self):
        """A text, a missing file, a program that says no: refused with its words."""
        daemon = self.installed({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        text = self.home / "text"
        text.write_text("hello")
        text.chmod(0o755)
        self.install(daemon, text)
        self.refused(daemon, "self-test")
        daemon.program.unlink()
        self.refused(daemon, "No such file")
        self.usurper.write_text("refuse")
        self.install(daemon, SUPPORT / "usurper")
        self.refused(daemon, "not with me")
        self.install(daemon, BIN / "aurorad")
        daemon.ctl("upgrade", check=0)

    def test_state_of_a_newer_version(self):
        """M20: what this version cannot read, and another form of what is handed over, are refused in words."""
        daemon = self.installed({"web": {"command": FOREVER}})
        test = lambda layout: subprocess.run([BIN / "aurorad", "--self-test", str(layout), "--state-dir", state],
                                             capture_output=True, text=True, env=CLEAN)
        state = daemon.state
        self.assertEqual(test(1).returncode, 0, test(1).stderr)
        self.assertTrue(test(1).stdout.startswith("aurorad "))
        self.assertEqual(test(99).returncode, 1)
        self.assertIn("cannot take the place", test(99).stderr)
        state = self.home / "newer"
        state.mkdir()
        line = "aurora-journal 2 boot run"
        (state / "journal").write_text(f"{line} {zlib.crc32(line.encode()):08x}\n")
        self.assertEqual(test(1).returncode, 1)
        self.assertIn("newer", test(1).stderr)
        self.assertEqual(sorted(each.name for each in state.iterdir()), ["journal"])


class GoneBack(UpgradeCase):
    def goes_back(self, mode):
        daemon = self.installed({"web": self.puppets.service()})
        puppet = self.puppets.meet()
        before, keeper = self.picture(daemon), daemon.process.pid
        old = daemon.program.stat().st_ino
        self.usurper.write_text(mode)
        self.install(daemon, SUPPORT / "usurper")
        done = daemon.ctl("upgrade")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("did not stand", done.stderr)
        about = self.about(daemon)
        self.assertEqual(about["upgrade"], "gone_back")
        self.assertEqual(about["keeper_pid"], keeper)
        self.assertTrue(any("upgrade" in warning for warning in about["warnings"]))
        self.assertEqual(self.picture(daemon), before)
        for pid in (keeper, about["pid"]):
            self.assertEqual(os.stat(f"/proc/{pid}/exe").st_ino, old)
        puppet.ask("out still kept")
        daemon.wait_log("web", "still kept\n")
        # Mended, it goes through.
        self.install(daemon, BIN / "aurorad")
        daemon.ctl("upgrade", check=0)
        self.assertEqual(self.picture(daemon), before)
        self.assertNotIn("upgrade", self.about(daemon))

    def test_from_one_that_crashes(self):
        self.goes_back("crash")

    def test_from_one_that_never_gets_ready(self):
        self.goes_back("silent")

    def test_from_one_that_dies_within_its_first_seconds(self):
        """It was ready, and crashes on trial."""
        daemon = self.installed({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        before, reactor, old = self.picture(daemon), daemon.reactor(), daemon.program.stat().st_ino
        self.install(daemon, BIN / "aurorad")
        daemon.ctl("upgrade", "--no-wait", check=0)
        daemon.another_reactor(reactor)
        trial = self.about(daemon)
        self.assertEqual(trial["upgrade"], "on_trial")
        os.kill(trial["pid"], signal.SIGKILL)
        daemon.another_reactor(trial["pid"])
        about = self.about(daemon)
        self.assertEqual(about["upgrade"], "gone_back")
        self.assertEqual(os.stat(f"/proc/{about['pid']}/exe").st_ino, old)
        self.assertEqual(self.picture(daemon), before)


if __name__ == "__main__":
    main()
