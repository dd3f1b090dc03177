"""How it ends: in order, in bounded time, whatever does not want to or cannot."""

import os
import pty
import random
import signal
import time

from aurora_e2e import BIN, CLEAN, DEADLINE, FOREVER, SANITIZED, alive, carrying, eventually, main
from aurora_puppet import PuppetCase

SEED = int(os.environ.get("AURORA_SEED", random.randrange(1 << 30)))


class Terminal(PuppetCase):
    def test_control_c(self):
        """Ctrl-C reaches the keeper alone: services are asked to stop in order, and hear no SIGINT."""
        self.daemon({"db": self.puppets.service(), "web": self.puppets.service(depends_on=["db"])}, start=False)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.home)
            os.execve(BIN / "aurorad", ["aurorad", "--http", "off"], CLEAN)
        self.addCleanup(os.close, terminal)
        db, web = self.puppets.meet("db"), self.puppets.meet("web")
        for puppet in (db, web):
            puppet.ask("count INT")
            puppet.ask("count TERM")
        os.write(terminal, b"\x03")
        eventually(lambda: web.ask("counted") == "1", "web hears of it")
        self.assertEqual(db.ask("counted"), "0", "db waits for web")
        web.ask("exit 0")
        eventually(lambda: db.ask("counted") == "1", "db hears of it")
        db.ask("exit 0")
        said = b""
        try:
            while piece := os.read(terminal, 65536):
                said += piece
        except OSError:  # EIO: nobody has it open
            pass
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, said)
        self.assertIn(b"all services are stopped", said)


class Reload(PuppetCase):
    def test_within_a_reload(self):
        """A SIGHUP right before: what it asks of the workers meanwhile holds up nobody."""
        for _ in range(3 if SANITIZED else 40):
            daemon = self.daemon({"web": {"command": FOREVER}})
            daemon.wait_state("web", "running")
            daemon.process.send_signal(signal.SIGHUP)
            daemon.process.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.wait_end(), 0)

    def test_hangups_to_the_end(self):
        """SIGHUPs that go on until it has ended: one that comes in the last moment keeps nobody."""
        for _ in range(3 if SANITIZED else 10):
            daemon = self.daemon({"web": {"command": FOREVER}})
            daemon.process.send_signal(signal.SIGTERM)
            limit = time.monotonic() + DEADLINE
            while daemon.process.poll() is None and time.monotonic() < limit:
                daemon.process.send_signal(signal.SIGHUP)
            self.assertEqual(daemon.wait_end(), 0)


class Start(PuppetCase):
    def test_term_at_a_random_moment_of_a_large_start(self):
        """M07: five hundred services are starting: nothing is started after TERM, all are gone, in bounded time."""
        count, chance = 150 if SANITIZED else 500, random.Random(SEED)
        daemon = self.daemon({f"s{n:03}": {"command": FOREVER} for n in range(count)}, start=False)
        for _ in range(3):
            since = len(daemon.err())
            daemon.start()
            enough = chance.randrange(count)
            eventually(lambda: daemon.err()[since:].count("-> starting") >= enough, "some are", daemon)
            self.assertEqual(daemon.stop(), 0, f"seed {SEED}")
            said = daemon.err()[since:]
            self.assertNotIn("-> starting", said.partition("shutting down")[2], f"seed {SEED}")
            self.assertEqual(carrying(self.marker), [], f"seed {SEED}")


class Unstoppable(PuppetCase):
    def frozen(self, **top):
        """A daemon with a service that SIGKILL does not end: frozen by a cgroup of version 1, it does not come to die."""
        group = self.own_cgroup("freezer")
        daemon = self.daemon({"stuck": self.puppets.service(stop={"timeout": "200ms"}), "web": {"command": FOREVER}}, **top)
        puppet = self.puppets.meet()
        daemon.wait_state("web", "running")
        (group / "cgroup.procs").write_text(str(puppet.pid))
        (group / "freezer.state").write_text("FROZEN")
        self.addCleanup(lambda: (group / "freezer.state").write_text("THAWED"))
        eventually(lambda: (group / "freezer.state").read_text().strip() == "FROZEN", "it is frozen")
        return daemon, puppet, group

    def ends(self, daemon, puppet, web, begun, most):
        self.assertEqual(daemon.wait_end(), 1, daemon.err()[-3000:])
        self.assertLess(time.monotonic() - begun, most)
        self.assertIn("left behind: stuck", daemon.err())
        self.assertIn(str(puppet.pid), daemon.err().rpartition("left behind")[2])
        self.assertTrue(alive(puppet.pid))
        self.assertFalse(alive(web), "all others are gone")

    def test_a_shutdown_is_bounded(self):
        """What the kernel does not let die is named, and left; the next daemon takes it over and ends it once it can."""
        daemon, puppet, group = self.frozen(shutdown_timeout="1s")
        web = daemon.status("web")["pid"]
        begun = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        self.ends(daemon, puppet, web, begun, 1 + 10 + (20 if SANITIZED else 5))
        daemon.write(self.config({"stuck": self.puppets.service(stop={"timeout": "200ms"})}))
        (group / "freezer.state").write_text("THAWED")
        eventually(lambda: not alive(puppet.pid), "SIGKILL was pending")
        daemon.start()
        again = self.puppets.meet()
        self.assertEqual(daemon.status("stuck")["pid"], again.pid)

    def test_twice_is_bounded_too(self):
        """The second TERM does not wait for shutdown_timeout."""
        daemon, puppet, group = self.frozen(shutdown_timeout="10m")
        web = daemon.status("web")["pid"]
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_state("stuck", "stopping")
        begun = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        self.ends(daemon, puppet, web, begun, 10 + (20 if SANITIZED else 5))
        (group / "freezer.state").write_text("THAWED")
        eventually(lambda: not alive(puppet.pid), "SIGKILL was pending")

    def test_one_that_does_not_stop_holds_up_nobody_else(self):
        """A stop that cannot end is told as under way; others are stopped and started meanwhile."""
        daemon, puppet, group = self.frozen()
        self.assertEqual(daemon.ctl("--timeout", "2s", "stop", "stuck").returncode, 124)
        self.assertEqual(daemon.status("stuck")["state"], "stopping")
        daemon.ctl("restart", "web", check=0)
        (group / "freezer.state").write_text("THAWED")
        daemon.wait_state("stuck", "stopped")
        puppet.gone()


if __name__ == "__main__":
    main()
