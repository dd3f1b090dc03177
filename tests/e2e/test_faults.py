"""Faults of the machine below the daemon: no memory, no descriptors, a frozen machine, a disk that does not answer."""

import os
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

from aurora_e2e import CLEAN, DEADLINE, FOREVER, SANITIZED, alive, cpu_seconds, eventually, main
from aurora_puppet import PuppetCase


class NoMemory(PuppetCase):
    def test_the_reactor_has_no_memory_left(self):
        """M11: with no address space left it refuses or dies and is replaced; services are not touched."""
        if SANITIZED:
            self.skipTest("a sanitizer needs all the address space there is")
        daemon = self.daemon({"web": {"command": FOREVER}, "talks": self.puppets.service(), "new": {"command": FOREVER, "autostart": False}})
        puppet = self.puppets.meet()
        daemon.wait_state("web", "running")
        before = {name: daemon.status(name)["pid"] for name in ("web", "talks")}
        for room in (0, 64 << 10, 1 << 20):
            reactor = daemon.reactor()
            used = int(Path(f"/proc/{reactor}/statm").read_text().split()[0]) * resource.getpagesize()
            resource.prlimit(reactor, resource.RLIMIT_AS, (used + room, resource.RLIM_INFINITY))
            puppet.ask("number 20000")
            for ask in (("POST", "/api/v1/services/new/start"), ("GET", "/api/v1/events"), ("POST", "/api/v1/reload", {}),
                        ("POST", "/api/v1/services/new/stop"), ("GET", "/api/v1/status")) * 5:
                try:
                    daemon.api(*ask, timeout=2)
                except (OSError, ValueError, AssertionError):
                    pass
            os.kill(reactor, signal.SIGKILL) if alive(reactor) and daemon.process.poll() is None else None
            eventually(lambda: self.another(daemon, reactor), "another reactor answers", daemon)
            self.assertEqual({name: daemon.status(name)["pid"] for name in before}, before)
        self.assertIsNone(daemon.process.poll())

    def another(self, daemon, before):
        try:
            return daemon.reactor() != before
        except (OSError, ValueError, AssertionError):
            return False


class NoDescriptors(PuppetCase):
    def test_connections_take_all(self):
        """M09: when accept() has no descriptor it neither spins nor stops: it answers again as soon as there are some."""
        daemon = self.daemon({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        reactor, pid = daemon.reactor(), daemon.status("web")["pid"]
        resource.prlimit(reactor, resource.RLIMIT_NOFILE, (daemon.fds() + 6, 4096))
        crowd = []
        directory = os.open(daemon.state, os.O_PATH)
        self.addCleanup(os.close, directory)
        for _ in range(100):
            one = socket.socket(socket.AF_UNIX)
            one.setblocking(False)
            crowd.append(one)
            try:
                one.connect(f"/proc/self/fd/{directory}/aurorad.sock")
            except BlockingIOError:
                break
        used, begun = cpu_seconds(reactor), time.monotonic()
        eventually(lambda: time.monotonic() - begun > 2, "two seconds pass", daemon)  # what they cost is measured
        self.assertLess(cpu_seconds(reactor) - used, 0.6 if SANITIZED else 0.2, "it spins")
        for one in crowd:
            one.close()
        eventually(daemon._answers, "it answers", daemon)
        self.assertEqual((daemon.reactor(), daemon.status("web")["pid"]), (reactor, pid))


class Frozen(PuppetCase):
    def test_all_is_frozen_for_a_while(self):
        """M13: after a sleep of the machine there is no burst of probes and nothing is restarted for what it missed."""
        group = self.own_cgroup("freezer")
        log = self.home / "probes"
        daemon = self.daemon({"web": {"command": FOREVER, "health": {"exec": ["/bin/sh", "-c", f"echo >> '{log}'"], "interval": "200ms", "timeout": "1s",
                                                                      "start_interval": "100ms", "retries": 2}},
                              "flaky": {"command": "exit 1", "restart": {"delay": "700ms", "factor": 1, "jitter": 0, "limit": 0}}})
        eventually(lambda: daemon.status("web")["health"] == "healthy", "its probe succeeds", daemon)
        daemon.wait_state("flaky", "backoff")
        before = daemon.status("web")["pid"]
        for pid in (daemon.process.pid, daemon.reactor(), before):
            (group / "cgroup.procs").write_text(str(pid))
        (group / "freezer.state").write_text("FROZEN")
        try:
            begun = time.monotonic()
            eventually(lambda: time.monotonic() - begun > 5, "the machine sleeps")  # the sleep is the fault
            probes, since = len(log.read_text()), daemon.err().count("flaky: backoff -> starting")
        finally:
            (group / "freezer.state").write_text("THAWED")
        begun = time.monotonic()
        eventually(lambda: time.monotonic() - begun > 1, "a second passes", daemon)
        self.assertLessEqual(len(log.read_text()) - probes, 8, "a burst of probes")
        self.assertLessEqual(daemon.err().count("flaky: backoff -> starting") - since, 3, "a burst of restarts")
        status = daemon.status("web")
        self.assertEqual((status["pid"], status["restarts"], status["health"]), (before, 0, "healthy"))
        for pid in (daemon.process.pid, daemon.reactor(), before):
            Path("/sys/fs/cgroup/freezer/cgroup.procs").write_text(str(pid))
        eventually(lambda: not (group / "cgroup.procs").read_text(), "the cgroup is empty")


class SlowDisk(PuppetCase):
    def start(self, services):
        daemon = self.daemon(services, start=False)
        return daemon.start(env={"ASAN_OPTIONS": "detect_leaks=0"})  # which a tracer would be in the way of

    def answers_soon(self, daemon, busy):
        """O5 for as long as `busy` does not end; the worst answer."""
        worst = 0
        while busy.poll() is None:
            begun = time.monotonic()
            self.assertEqual(daemon.api("GET", "/api/v1/status")[0], 200)
            worst = max(worst, time.monotonic() - begun)
        return worst

    def test_fsync_takes_seconds(self):
        """M17: an operator's stop is answered, and so is everybody else, while the state is not on the disk yet."""
        daemon = self.start({"web": {"command": FOREVER}, "other": {"command": FOREVER}})
        daemon.wait_state("other", "running")
        self.traced(daemon, "-e", "trace=fsync", "-e", "inject=fsync:delay_enter=3000000")
        begun = time.monotonic()
        daemon.ctl("stop", "web", check=0)
        self.assertLess(time.monotonic() - begun, 2)
        for _ in range(20):
            begun = time.monotonic()
            daemon.api("GET", "/api/v1/status")
            self.assertLess(time.monotonic() - begun, 1)
        saved = daemon.state / "state.json"
        eventually(lambda: saved.exists() and '"down"' in saved.read_text(), "it is saved", daemon)

    def test_a_configuration_on_a_dead_disk(self):
        """M17: a reload that cannot read its file yet holds up nobody."""
        daemon = self.start({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        self.traced(daemon, "-P", str(daemon.config), "-e", "trace=openat", "-e", "inject=openat:delay_enter=3000000")
        reload = subprocess.Popen([os.environ["AURORA_BIN"] + "/aurorctl", "reload"], cwd=self.home, env=CLEAN, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertLess(self.answers_soon(daemon, reload), 1)
        self.assertEqual(reload.wait(DEADLINE), 0)

    def test_a_log_on_a_slow_disk_is_told(self):
        """M17: the loop writes logs itself; where that takes seconds the daemon says how long it was held up."""
        daemon = self.start({"web": {"command": FOREVER, "health": {"exec": ["true"], "interval": "100ms", "start_interval": "20ms"}}, "talker": self.puppets.service()})
        puppet = self.puppets.meet()
        puppet.ask("out first")
        daemon.wait_log("talker", "first")
        self.traced(daemon, "-P", str(daemon.state / "logs/talker.log"), "-e", "trace=write,writev", "-e", "inject=write,writev:delay_enter=1500000")
        puppet.ask("out second")
        eventually(lambda: "the event loop was held up for 1." in daemon.err(), "it is told", daemon)
        daemon.wait_log("talker", "second")


if __name__ == "__main__":
    main()
