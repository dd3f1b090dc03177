"""aurorad as the first process of a namespace: reaps strangers, hears signals that kill nobody, ends with the right code."""

import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

from aurora_e2e import BIN, CLEAN, DEADLINE, FOREVER, SANITIZED, alive, eventually, main, zombies_of
from aurora_namespace import FirstCase, Inside, child_of

MEANT = {signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGUSR2}


class First(FirstCase):
    def test_ends_as_it_is_told(self):
        """TERM and INT: 0, in order, and nothing is left."""
        for number in (signal.SIGTERM, signal.SIGINT):
            daemon, pid = self.first({"web": {"command": FOREVER}})
            daemon.wait_state("web", "running")
            self.finish(daemon, pid, number=number)
            self.assertIn("all services are stopped", daemon.err())

    def test_ends_with_the_code_of_the_critical(self):
        """The exit code of the critical service that gave up, or 128 and its signal."""
        for command, code in (("exit 7", 7), ("kill -9 $$$$", 137)):
            daemon = self.launch({"main": {"command": command, "critical": True, "restart": {"policy": "never"}}, "web": {"command": FOREVER}})
            self.finish(daemon, None, code, None)

    def test_hears_term_before_anything_else(self):
        """M08: TERM from its first instant on: ignored, or obeyed, and it never dies of one."""
        daemon = self.launch({"web": {"command": FOREVER}})
        pid = eventually(lambda: child_of(daemon.process.pid), "it is there")
        while daemon.process.poll() is None and alive(pid):
            os.kill(pid, signal.SIGTERM)
            if "shutting down" in daemon.err():
                break
        self.assertIn(daemon.wait_end(), (0, 1), daemon.err())

    def test_other_signals(self):
        """M08: signals without a meaning change nothing, for the keeper or the stack."""
        daemon, pid = self.first({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        before = daemon.status("web")["pid"]
        for number in set(range(1, signal.NSIG)) - MEANT - {32, 33}:
            os.kill(pid, number)
        self.assertEqual(daemon.status("web")["pid"], before)
        self.assertEqual(child_of(daemon.process.pid), pid)
        self.finish(daemon, pid)

    def test_with_nothing_open(self):
        """M08: stdin, stdout and stderr closed: the null device is there before anything else is opened."""
        daemon, pid = self.first({"web": self.puppets.service()}, redirect="<&- >&- 2>&-")
        puppet = Inside(self.puppets)
        for process in (pid, child_of(pid)):
            for fd in (0, 1, 2):
                self.assertEqual(os.readlink(f"/proc/{process}/fd/{fd}"), "/dev/null")
        puppet.ask("out hello")
        daemon.wait_log("web", "hello\n")
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(daemon.wait_end(), 0)

    def strangers(self, count, make, pid):
        """Makes so many orphans; how long after the last was made until all were reaped."""
        made = int(make(f"orphans {count}"))
        self.assertGreaterEqual(made, count * 0.99)
        ended = time.monotonic()
        reactor = child_of(pid)
        eventually(lambda: not zombies_of(pid) and not zombies_of(reactor), "all are reaped")
        return time.monotonic() - ended

    def test_reaps_the_orphans_of_its_services(self):
        """P05: thousands of orphans a second; none of them is taken for a service, whose own end is told right."""
        count = 2000 if SANITIZED else 10000
        daemon, pid = self.first({"web": self.puppets.service(restart={"delay": "10ms"}), "calm": {"command": FOREVER}})
        puppet = Inside(self.puppets)
        daemon.wait_state("calm", "running")
        took = self.strangers(count, puppet.ask, pid)
        self.assertLess(took, 1 if not SANITIZED else 5)
        puppet.tell("exit 7")
        Inside(self.puppets)
        ends = [event for event in daemon.events() if event["because"]["exit"]]
        self.assertEqual([event["because"]["exit"]["code"] for event in ends], [7])
        self.assertEqual(daemon.status("calm")["restarts"], 0)
        self.finish(daemon, pid)

    def test_reaps_those_of_strangers(self):
        """P05: what somebody started in the namespace from outside, and left to its first process."""
        count = 2000 if SANITIZED else 10000
        daemon, pid = self.first({"calm": {"command": FOREVER}})
        daemon.wait_state("calm", "running")
        environment = CLEAN | self.puppets.service()["env"]
        stranger = subprocess.Popen(["nsenter", "-t", str(pid), "-p", self.puppets.program], env=environment, stdin=subprocess.DEVNULL)
        self.addCleanup(stranger.wait)
        puppet = Inside(self.puppets)
        took = self.strangers(count, puppet.ask, pid)
        self.assertLess(took, 1 if not SANITIZED else 5)
        puppet.tell("exit 0")
        self.assertEqual(daemon.status("calm")["restarts"], 0)
        self.finish(daemon, pid)

    def test_the_reactor_dies_here_too(self):
        """M01: its first process is the keeper, and starts another one."""
        daemon, pid = self.first({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        before, reactor = daemon.status("web")["pid"], child_of(pid)
        os.kill(reactor, signal.SIGKILL)
        eventually(lambda: child_of(pid) not in (None, reactor), "another one", daemon)
        eventually(daemon._answers, "it answers", daemon)
        self.assertEqual(daemon.status("web")["pid"], before)
        self.finish(daemon, pid)


class Lacking(FirstCase):
    def test_of_another_namespace(self):
        """A /proc that shows other processes: it says so, and starts nothing."""
        daemon = self.launch({"web": {"command": ["touch", "ran"]}}, "--mount")
        self.assertEqual(daemon.wait_end(), 1)
        self.assertIn("/proc", daemon.err())
        self.assertIn("mount -t proc", daemon.err())
        self.assertFalse((self.home / "ran").exists())

    @unittest.skipIf(SANITIZED, "the sanitizer itself needs /proc")
    def test_no_proc(self):
        """Without /proc it says what it lacks, and starts nothing."""
        daemon = self.launch({"web": {"command": ["touch", "ran"]}}, "--mount", before="umount -l /proc;")
        self.assertEqual(daemon.wait_end(), 1)
        self.assertIn("mount -t proc", daemon.err())
        self.assertFalse((self.home / "ran").exists())

    def read_only(self):
        daemon = self.launch({"web": {"command": "echo hello; exec sleep 1000"}}, "--mount", "--mount-proc",
                             before=f"mkdir -m 700 '{self.home}/.aurora'; mount -t tmpfs tmpfs /run; mount -t tmpfs -o ro,mode=700 tmpfs '{self.home}/.aurora';")
        daemon.state = self.home / ".aurora"
        return daemon

    def test_a_read_only_state_directory(self):
        """M16: the first process of a container runs without what it cannot keep, and says so."""
        daemon = self.read_only()
        pid = eventually(lambda: child_of(daemon.process.pid), "it is there")
        eventually(lambda: "running without" in daemon.err() or daemon.process.poll() is not None, "it says so", daemon)
        self.assertIsNone(daemon.process.poll(), daemon.err())
        place = daemon.err().partition("running without ")[2].partition("'")[2].partition("'")[0]
        daemon.state = Path(f"/proc/{pid}/root{place}")
        eventually(daemon._answers, "it answers", daemon)
        daemon.wait_state("web", "running")
        daemon.wait_log("web", "hello\n")
        warnings = daemon.api("GET", "/api/v1/status")[1]["daemon"]["warnings"]
        self.assertTrue([text for text in warnings if str(self.home / ".aurora") in text], warnings)
        reactor = child_of(pid)
        os.kill(reactor, signal.SIGKILL)
        eventually(lambda: child_of(pid) not in (None, reactor), "another one", daemon)
        eventually(daemon._answers, "it answers", daemon)
        self.assertEqual(daemon.api("GET", "/api/v1/status")[1]["daemon"]["warnings"], warnings)
        self.finish(daemon, pid)

    def test_and_not_as_the_first(self):
        """M16: anybody else ends with 1, and names the path."""
        self.daemon({"web": {"command": FOREVER}}, start=False)
        state = self.home / ".aurora"
        state.mkdir(mode=0o700)
        done = subprocess.run(["unshare", "--mount", "/bin/sh", "-c", f"mount -t tmpfs -o ro,mode=700 tmpfs '{state}'; exec '{BIN}/aurorad' --http off"],
                              cwd=self.home, env=CLEAN, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(str(state), done.stderr)


if __name__ == "__main__":
    main()
