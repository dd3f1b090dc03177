"""Each block of commands in etc/runbook.md, typed as it stands, in the very situation that it is for."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import zlib
from pathlib import Path

from aurora_e2e import BIN, CLEAN, FOREVER, Case, alive, carrying, eventually, free_port, main
from aurora_namespace import in_a_small_disk
from aurora_puppet import PuppetCase
from aurora_runbook import BLOCKS, COVERED, ROOT, TYPED, Typing, runs

SELDOM = {"delay": "1h", "max_delay": "1h", "limit": 0}  # starts again when it is told to
LISTENER = "import os, signal, socket; s = socket.create_server(('127.0.0.1', int(os.environ['PORT']))); signal.pause()"


class Runbook(Typing, Case):
    @runs("Quick reference", 1)
    def test_quick_reference(self):
        """What is down, why, its last words, and what the machine lacks."""
        (self.home / "needed").write_text("")
        daemon = self.started(self.failing(delay="10ms", limit=1), prerequisites=[{"file": "needed"}])
        daemon.wait_state("web", "failed")
        (self.home / "needed").unlink()
        said = self.type(1, code=1)
        self.assertRegex(said, r"(?m)^web .*failed")
        self.assertIn("exit code 3", said)
        self.assertRegex(said, r"(?m)^no database$")
        self.assertRegex(said, r"fail .*needed")

    @runs("Emergency stop", 1)
    def test_stop_all(self):
        """Services that end when they are told to."""
        daemon = self.started({"command": FOREVER}, beside={"api": {"command": FOREVER, "depends_on": ["web"]}})
        daemon.wait_state("api", "running")
        self.type(1)
        self.assertEqual(daemon.wait_end(), 0)
        self.assertEqual(carrying(self.marker), [])

    @runs("Emergency stop", 2)
    def test_stop_the_stubborn(self):
        """One that ignores SIGTERM and has ten minutes for it; without a daemon nothing is signalled."""
        daemon = self.started({"command": "trap '' TERM; echo up; while :; do sleep 1; done", "stop": {"timeout": "10m"}}, shutdown_timeout="10m")
        daemon.wait_log("web", "up\n")
        stopping = subprocess.run(["aurorctl", "down", "--timeout", "1s"], cwd=self.home, env=TYPED, capture_output=True, text=True)
        self.assertEqual(stopping.returncode, 124, stopping.stderr)
        self.assertIn("web", stopping.stderr)
        self.type(2)
        self.assertEqual(daemon.wait_end(), 1)
        eventually(lambda: not carrying(self.marker), "all is gone")
        self.type(2, code=1)  # the file is not locked

    @runs("Emergency stop", 3)
    def test_kill_all(self):
        """The daemon hangs with all it has; in a pid namespace, since it kills what is of any stack."""
        apart = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        if not shutil.which("unshare") or subprocess.run([*apart, "true"], capture_output=True).returncode != 0:
            self.skipTest("no pid namespace can be made here")
        self.daemon({"web": {"command": FOREVER}, "api": {"command": FOREVER}}, start=False, http={"listen": "off"})
        self.ran.add(3)
        script = f"""
            aurorctl up -d -q && pkill -STOP -x aurorad
            {BLOCKS[self.heading, 3]}
            while grep -lsz '^AURORA_RUN=' /proc/[0-9]*/environ || pgrep -x sleep; do :; done
            aurorctl up -d && aurorctl status web api && aurorctl down"""
        done = subprocess.run([*apart, "sh", "-eu", "-c", script], cwd=self.home, env=TYPED, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @runs("Nothing starts", 1, 2, 3)
    def test_nothing_starts(self):
        """First a key is misspelt, then the program is not there."""
        daemon = self.daemon({"web": {"comand": ["./serve"]}}, start=False, http={"listen": "off"})
        said = self.type(1, code=6)
        self.assertRegex(said, r"aurora\.json:1:\d+: .*comand")
        self.assertIn('did you mean "command"', said)
        daemon.write(self.config({"web": {"command": ["./serve"]}}, http={"listen": "off"}))
        self.type(1)
        said = self.type(2, code=1)
        self.assertRegex(said, r"(?s)fail .*serve.*fix: ")
        (self.home / "serve").write_text("#!/bin/sh\nexec sleep 1000\n")
        (self.home / "serve").chmod(0o755)
        self.type(2)
        self.type(3)
        self.assertEqual(daemon.status("web")["state"], "running")

    @runs("One service flaps", 1, 2, 3)
    def test_flapping(self):
        """It is told why and when it starts next, held, and started once the cause is gone."""
        daemon = self.started(self.failing(**SELDOM))
        daemon.wait_state("web", "backoff")
        said = self.type(1)
        for word in ("no database", "exit code 3", "backoff"):
            self.assertIn(word, said)
        self.assertRegex(said, r"What happens next\n.*start.* in ")
        self.type(2)
        self.assertEqual([daemon.status("web")[k] for k in ("state", "desired")], ["stopped", "down"])
        (self.home / "mended").write_text("")
        self.type(3)
        self.assertEqual([daemon.status("web")[k] for k in ("state", "restarts")], ["running", 0])

    @runs("It says failed", 1, 2)
    def test_failed(self):
        """Given up; a dependant that failed for its sake follows by itself."""
        daemon = self.started(self.failing(delay="10ms", limit=2), beside={"api": {"command": FOREVER, "depends_on": ["web"]}})
        daemon.wait_state("web", "failed")
        said = self.type(1)
        for word in ("What happened", "exit code 3", "What it printed last", "no database"):
            self.assertIn(word, said)
        (self.home / "mended").write_text("")
        self.type(2)
        self.assertEqual(daemon.status("web")["state"], "running")
        daemon.wait_state("api", "running")

    @runs("Port taken", 1, 2)
    def test_port_taken(self):
        """A forgotten copy has the port: it is named, and the command that is offered ends it."""
        port = free_port()
        stranger = subprocess.Popen([sys.executable, "-c", LISTENER], env=CLEAN | {"PORT": str(port)})
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)

        def taken():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return True
        eventually(taken, "the port is taken")
        daemon = self.started({"command": [sys.executable, "-c", LISTENER], "port": port, "restart": SELDOM})
        daemon.wait_state("web", "backoff")
        self.assertIn("Address already in use", daemon.log_of("web"))
        said = self.type(1, code=1)
        self.assertRegex(said, rf"port {port} of web is taken by pid {stranger.pid} ")
        subprocess.run(re.search("fix: (kill .*)", said).group(1), shell=True, check=True)
        stranger.wait()
        self.type(2)
        self.assertEqual(daemon.status("web")["state"], "running")

    @runs("The daemon does not answer", 1, 2)
    def test_daemon_dead(self):
        """Both of its processes are gone: a new one takes over what runs."""
        daemon = self.started({"command": FOREVER})
        pid = daemon.wait_state("web", "running")["pid"]
        daemon.kill()
        self.assertIn("no daemon is running", self.type(1, code=7))
        self.type(2)
        self.assertEqual(daemon.status("web")["pid"], pid)
        self.assertEqual(carrying(self.marker), [pid])

    @runs("The daemon does not answer", 1, 3)
    def test_daemon_hangs(self):
        """Its reactor is stopped: another one goes on with the same processes."""
        daemon = self.started({"command": FOREVER})
        pid = daemon.wait_state("web", "running")["pid"]
        hung = daemon.reactor()
        os.kill(hung, signal.SIGSTOP)
        self.assertIn("does not answer in time", self.type(1, code=7))
        self.assertRegex(self.type(3), rf"(?m)^web .*running .* {pid} ")
        self.assertNotEqual(daemon.reactor(), hung)
        self.assertIsNone(daemon.process.poll())

    @runs("Corrupt state", 1)
    def test_damaged(self):
        """Journal and state are damaged: it starts, and tells what it has forgotten."""
        daemon = self.started({"command": FOREVER})
        daemon.wait_state("web", "running")
        daemon.ctl("stop", "web", check=0)
        daemon.kill()
        for name in ("journal", "journal.previous", "state.json"):
            (daemon.state / name).write_bytes(b"\0garbage")
        daemon.start()
        said = self.type(1)
        self.assertRegex(said, r"(?m)^warning: .*journal.*damaged")
        self.assertRegex(said, r"(?m)^warning: .*state\.json.*forgotten")

    @runs("Corrupt state", 2, 3)
    def test_of_a_newer_version(self):
        """A journal of a newer version, put aside: what runs is seen, and goes on as it was."""
        daemon = self.started({"command": FOREVER})
        pid = daemon.wait_state("web", "running")["pid"]
        daemon.kill()
        head = b"aurora-journal 9 boot run"
        (daemon.state / "journal").write_bytes(head + b" %08x\n" % zlib.crc32(head))
        refused = daemon.ctl("up", "-d", check=1).stderr
        self.assertIn("newer version", refused)
        self.assertRegex(self.type(2), rf"(?m)^ *{pid} .*sleep 1000")
        self.type(3)
        self.assertEqual(daemon.wait_state("web", "running")["pid"], pid)
        self.assertEqual(carrying(self.marker), [pid])
        self.assertEqual((daemon.state / "aside" / "journal").read_bytes()[:16], b"aurora-journal 9")

    @runs("Lost token", 1)
    def test_lost_token(self):
        """The old one is worth nothing at once, the new one is, and no service was touched."""
        port = free_port()
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        daemon.start(http=f"127.0.0.1:{port}")
        pid = daemon.wait_state("web", "running")["pid"]

        def answer(token):
            connection = http.client.HTTPConnection("127.0.0.1", port)
            try:
                connection.request("GET", "/api/v1/status", headers={"Authorization": f"Bearer {token}"})
                return connection.getresponse().status
            finally:
                connection.close()
        lost = (daemon.state / "token").read_text().strip()
        self.assertEqual(answer(lost), 200)
        fresh = self.type(1).splitlines()[-1]
        self.assertNotEqual(fresh, lost)
        self.assertEqual((answer(lost), answer(fresh)), (401, 200))
        self.assertEqual(daemon.status("web")["pid"], pid)

    @runs("Wrong configuration deployed", 1, 2)
    def test_wrong_configuration(self):
        """An invalid one gets nowhere; one that does not come up is gone back from."""
        daemon = self.started({"command": FOREVER})
        pid = daemon.wait_state("web", "running")["pid"]
        good = daemon.config.read_text()
        daemon.write(self.config({"web": {"comand": FOREVER}}))
        self.type(1, code=6)
        self.assertEqual(daemon.status("web")["pid"], pid)
        daemon.write(self.config({"web": {"command": ["/nowhere"]}}))
        self.assertIn("web", self.type(1, code=1))
        self.assertNotEqual(daemon.status("web")["state"], "running")
        self.type(2)
        self.assertEqual(daemon.status("web")["state"], "running")
        self.assertEqual(daemon.config.read_text(), good)
        self.assertIn("/nowhere", (self.home / "aurora.json.bak").read_text())

    @runs("Run by hand, without Aurora", 1, 2, 3)
    def test_by_hand(self):
        """With the environment that it would have; and back."""
        port = free_port()
        (self.home / ".env").write_text("SECRET='two words'\n")
        daemon = self.daemon({"web": {"command": [sys.executable, "-c", LISTENER], "port": port, "env_files": [".env"]}}, start=False, http={"listen": "off"})
        self.type(1)
        self.assertEqual((self.home / "Procfile.byhand").stat().st_mode & 0o777, 0o600)
        self.type(2)
        pid = int((self.home / "web.pid").read_text())

        def listens():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return True
        eventually(listens, "it runs")
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        self.assertIn(b"SECRET=two words", environment)
        self.assertIn(f"PORT={port}".encode(), environment)
        self.type(3)
        eventually(lambda: not alive(pid), "it is gone")
        self.assertEqual(daemon.status("web")["state"], "running")

    @runs("Performance tuning", 1)
    def test_tuning(self):
        """The numbers that the advice goes by are there."""
        daemon = self.started({"command": FOREVER})
        daemon.wait_state("web", "running")
        said = self.type(1)
        for name in ("aurora_reactor_lag_seconds_sum", "aurora_reactor_lag_seconds_count", 'aurora_log_dropped_bytes_total{service="web"'):
            self.assertIn(f"\n{name}", said)
        lag = float(re.search(r"lag_seconds_sum (\S+)", said).group(1)) / int(re.search(r"lag_seconds_count (\d+)", said).group(1))
        self.assertLess(lag, 1)

    @runs("Monitoring", 1, 2)
    def test_monitoring(self):
        """Both see that a service is not well, and that it is again."""
        well = self.home / "well"
        well.write_text("")
        health = {"exec": ["test", "-e", str(well)], "interval": "100ms", "retries": 1, "on_failure": "alert"}
        daemon = self.started({"command": FOREVER, "health": health})
        daemon.wait_event(lambda e: e.get("health") == "healthy" and e["to"] == "running")
        self.type(1)
        self.type(2)
        since = daemon.sequence()
        well.unlink()
        daemon.wait_event(lambda e: e.get("health") == "unhealthy", since)
        self.assertIn("web", self.type(1, code=3))
        self.assertIn("503", self.type(2, code=22))
        since = daemon.sequence()
        well.write_text("")
        daemon.wait_event(lambda e: e.get("health") == "healthy", since)
        self.type(1)
        self.type(2)

    @runs("Backup and restore", 1, 2, 3)
    def test_backup(self):
        """Made while all runs, checked by other tools, put back when the configuration is destroyed."""
        daemon = self.started({"command": FOREVER}, beside={"api": {"command": FOREVER}}, http={"listen": "off"})
        daemon.wait_state("api", "running")
        daemon.ctl("stop", "api", check=0)
        good = daemon.config.read_text()
        self.type(1)
        self.assertRegex(self.type(2), r"(?m)^config/aurora\.json: OK$")
        daemon.write("{ destroyed")
        (daemon.state / "state.json").unlink()
        self.type(3)
        self.assertEqual(daemon.config.read_text(), good)
        self.assertEqual({n: s["state"] for n, s in daemon.status().items()}, {"web": "running", "api": "stopped"})
        self.assertEqual(len(list(daemon.state.glob("before-restore-*.tar"))), 1)

    @runs("Disaster drills", 1, 2, 3)
    def test_drills(self):
        """What each of them promises."""
        daemon = self.started({"command": FOREVER, "restart": {"delay": "100ms"}}, http={"listen": "off"})
        daemon.wait_state("web", "running")
        self.assertIn("SIGKILL", self.type(1))
        self.assertEqual(daemon.status("web")["state"], "running")
        daemon.killed = True
        said = self.type(2)
        pids = re.findall(r"(?m)^web .*running +\S+ +(\d+) ", said)
        self.assertEqual(len(pids), 2, said)
        self.assertEqual(pids[0], pids[1])
        self.assertIn("valid, 1 service", self.type(3))
        self.assertEqual((self.home / "drill" / "aurora.json").read_bytes(), daemon.config.read_bytes())


class Full(Typing, PuppetCase):
    @runs("Disk full", 1, 2, 3)
    def test_disk_full(self):
        """On a small disk of the daemon's own: who fills it is seen, room is made, the logs go on and say what is missing."""
        daemon, seen = in_a_small_disk(self, {"web": self.puppets.service(logs={"max_size": "100MiB"})}, "4m")
        inside = ["nsenter", "-m", "-t", str(daemon.process.pid)]
        puppet = self.puppets.meet("web")
        (seen / "other.log.1").write_bytes(b"\0" * (3 << 20))
        for _ in range(12):
            puppet.ask("number 10000")  # it answers: it is not stopped
        eventually(lambda: "no space left" in daemon.err().lower(), "it is full", daemon)
        said = self.type(1, within=inside)
        self.assertRegex(said, r"(?m)^tmpfs .* 100% ")
        self.assertRegex(said, r"(?m)^3072\s+\.aurora/logs/other\.log\.1$")
        self.type(2, within=inside)
        puppet.ask("number 1")
        eventually(lambda: " 120001 " in (seen / "web.log").read_text(), "it goes on", daemon)
        self.assertRegex(self.type(3, within=inside), r"(?m)^\[aurora\] \d+ bytes dropped")
        self.assertEqual(daemon.status("web")["pid"], puppet.pid)


class Page(Case):
    def test_every_block_has_a_test(self):
        """None is there that nobody has run, and all are for the shell that runs them."""
        self.assertEqual(set(BLOCKS), COVERED)
        fences = re.findall(r"^```(.*)$", (ROOT / "etc" / "runbook.md").read_text(), re.M)
        self.assertEqual(fences, ["sh", ""] * len(BLOCKS))

    def test_manual_page(self):
        """What is installed renders without a warning, and each line of a block can be copied out of it as it stands."""
        page = BIN.parent / "man" / "aurora-runbook.7"
        if not page.exists() or not shutil.which("man"):
            self.skipTest("no manual page was made, or nothing to read it with")
        done = subprocess.run(["man", "--warnings", "--encoding=UTF-8", "-Tutf8", "-P", "cat", "-l", page], capture_output=True, text=True,
                              env=CLEAN | {"GROFF_NO_SGR": "1", "LC_ALL": "C.UTF-8"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = re.sub(".\b", "", done.stdout)
        lines = {line.strip() for line in text.splitlines()}
        for (heading, _), block in BLOCKS.items():
            self.assertIn(heading, lines)
            self.assertNotIn("\n\n", block)
            for line in block.splitlines():
                self.assertIn(line.strip(), lines)
        self.assertRegex(text, r"aurora-runbook - what to do")


if __name__ == "__main__":
    main()
