"""Runs the real aurorad and aurorctl in a directory of their own. Tests wait for events of the daemon's
journal or for acknowledgements of their own programs, never for time."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from datetime import datetime
from pathlib import Path

from aurora_processes import alive, carrying, copies, cpu_seconds, mappings, zombies_of  # for those who test by this module

BIN = Path(os.environ["AURORA_BIN"])
SUPPORT = Path(os.environ["AURORA_SUPPORT"])  # the puppet
DEADLINE = float(os.environ.get("AURORA_E2E_DEADLINE", "60"))  # a bound for hangs, not a wait
SANITIZED = bool(os.environ.get("AURORA_SANITIZE"))  # speed and memory are then not the product's own
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("AURORA_") and k != "NO_COLOR"}

# A program that does nothing, and ends when it is told to.
FOREVER = ["/bin/sh", "-c", "exec sleep 1000"]


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the control socket."""

    def __init__(self, path, timeout=DEADLINE):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        # Any length of path: a socket's own limit is 107 bytes.
        directory = os.open(os.path.dirname(self.path), os.O_PATH | os.O_DIRECTORY)
        try:
            self.sock.connect(f"/proc/self/fd/{directory}/{os.path.basename(self.path)}")
        finally:
            os.close(directory)


class Daemon:
    """One aurorad with its state directory."""

    def __init__(self, home, config, start=True, **popen):
        self.home = Path(home)
        self.state = self.home / ".aurora"
        self.config = self.home / "aurora.json"
        self.program = BIN / "aurorad"
        self.write(config)
        self.process = None
        self.killed = False  # by the test itself
        if start:
            self.start(**popen)

    def write(self, config):
        self.config.write_text(config if isinstance(config, str) else json.dumps({"version": 1, **config}))

    def start(self, *arguments, env=None, http="off", **popen):
        with open(self.home / "aurorad.err", "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--config", self.config, *(["--http", http] if http else []), *arguments], cwd=self.home,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=CLEAN | (env or {}), **popen)
        eventually(self._answers, "aurorad answers", self)
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"aurorad ended with {self.process.returncode}:\n{self.err()}")
        with contextlib.suppress(OSError):
            return self.api("GET", "/healthz")[0] == 200

    def err(self):
        path = self.home / "aurorad.err"
        return path.read_text(errors="replace") if path.exists() else ""

    def log_lines(self, name, query="lines=1000"):
        """What the API tells of a log: a dictionary a line."""
        connection = UnixConnection(self.state / "aurorad.sock")
        try:
            connection.request("GET", f"/api/v1/services/{name}/logs?{query}", headers={"Accept": "application/x-ndjson"})
            return [json.loads(line) for line in connection.getresponse().read().decode().splitlines()]
        finally:
            connection.close()

    def api(self, method, path, body=None, timeout=DEADLINE):
        connection = UnixConnection(self.state / "aurorad.sock", timeout)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
            kind = answer.getheader("Content-Type")
            if kind is None:
                raise http.client.IncompleteRead(text)  # cut off in the header, which http.client takes for its end
            is_json = "json" in kind and "ndjson" not in kind
            return answer.status, json.loads(text) if text and is_json else text.decode()
        finally:
            connection.close()

    def ctl(self, *arguments, check=None, env=None, timeout=DEADLINE, **run):
        done = subprocess.run([BIN / "aurorctl", *map(str, arguments)], cwd=self.home, env=CLEAN | (env or {}),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, **run)
        if check is not None and done.returncode != check:
            raise AssertionError(f"aurorctl {arguments}: exit {done.returncode}, not {check}\n{done.stdout}{done.stderr}\n{self.err()[-3000:]}")
        return done

    def status(self, name=None):
        code, answer = self.api("GET", "/api/v1/status")
        assert code == 200, answer
        services = {service["name"]: service for service in answer["services"]}
        return services[name] if name else services

    def events(self, since=0):
        """All events after `since`; one answer holds only so many."""
        events = []
        while page := self.api("GET", f"/api/v1/events?since={events[-1]['sequence'] if events else since}")[1]["events"]:
            events += page
        return events

    def sequence(self):
        events = self.events()
        return events[-1]["sequence"] if events else 0

    def wait_event(self, wanted, since=0):
        """The first event after `since` for which `wanted` holds, as it happens; fails after DEADLINE."""
        connection = UnixConnection(self.state / "aurorad.sock")
        ends = time.monotonic() + DEADLINE
        seen = []
        try:
            connection.request("GET", f"/api/v1/events?since={since}&follow=1")
            answer = connection.getresponse()
            while time.monotonic() < ends:
                line = answer.readline()
                if not line:
                    break
                if not line.strip():
                    continue
                event = json.loads(line)
                seen.append(event)
                if wanted(event):
                    return event
        except TimeoutError:
            pass
        finally:
            connection.close()
        raise AssertionError("the event did not come; seen:\n" + "\n".join(map(str, seen[-30:])) + "\n" + self.err()[-3000:])

    def wait_state(self, name, state, since=0, **fields):
        return self.wait_event(lambda e: e["instance"] == name and e["to"] == state and
                               all(e.get(k) == v for k, v in fields.items()), since)

    def wait_log(self, name, text, what=None):
        """The whole log, once `text` is in it."""
        eventually(lambda: text in self.log_of(name), what or f"{name} prints {text!r}", self)
        return self.log_of(name)

    def log_of(self, name):
        path = self.state / "logs" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def whole_log_of(self, name):
        """All that is kept and not compressed, oldest first."""
        def files():
            found = [path for path in (self.state / "logs").glob(f"{name}.log*") if re.fullmatch(rf"{re.escape(name)}\.log(\.\d+)?", path.name)]
            found.sort(key=lambda path: -int(path.name[len(f"{name}.log."):] or 0))
            return [(path, path.stat().st_ino) for path in found]
        while True:
            with contextlib.suppress(FileNotFoundError):  # it is being rotated
                before = files()
                text = "".join(path.read_text() for path, _ in before)
                if files() == before:
                    return text

    def reactor(self):
        """The pid of the process that does the work; `process` is the keeper above it."""
        return self.api("GET", "/api/v1/status")[1]["daemon"]["pid"]

    def another_reactor(self, before):
        """The pid of the next reactor, which answers."""
        # A connection that was under way ends with the reactor; the next one waits in the keeper's socket.
        def answer():
            try:
                pid = self.reactor()
            except (OSError, AssertionError, ValueError, http.client.HTTPException):
                return None
            return pid if pid != before else None
        return eventually(answer, "another reactor answers", self)

    def kill(self):
        """Kills both processes of the daemon at once."""
        reactor = self.reactor()
        self.killed = True
        self.process.send_signal(signal.SIGSTOP)  # or it might start another reactor in between
        os.kill(reactor, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        eventually(lambda: not alive(reactor), "the reactor is gone")

    def fds(self):
        return len(os.listdir(f"/proc/{self.reactor()}/fd"))

    def resident(self):
        """Bytes of memory the daemon holds of its own: pages of its program come and go."""
        return sum(each["Rss"] for each in mappings(self.reactor()) if "w" in each["mode"])

    def reload(self, config=None, check=0):
        """Writes the configuration anew, reloads, and returns what aurorctl said."""
        if config is not None:
            self.write(config)
        return self.ctl("reload", check=check)

    def wait_end(self):
        """The exit code of a daemon that ends by itself."""
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise AssertionError("aurorad did not end:\n" + self.err()[-5000:]) from None

    def stop(self):
        """Ends the daemon as systemd would; its exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.killed = True
                self.process.kill()
                self.process.wait()
                raise AssertionError("aurorad did not end:\n" + self.err()[-5000:]) from None
        return self.process.returncode if self.process else None


def eventually(condition, what, daemon=None):
    """For what cannot tell by itself (a process that is gone, a socket that listens)."""
    ends = time.monotonic() + DEADLINE
    while not (value := condition()):
        if time.monotonic() > ends:
            raise AssertionError(f"not so: {what}" + (f"\n{daemon.err()[-3000:]}" if daemon else ""))
        os.sched_yield()
        select_briefly()
    return value


def moment(event):
    """When an event happened, in seconds."""
    return datetime.fromisoformat(event["at"].replace("Z", "+00:00")).timestamp()


def select_briefly():
    import select
    select.select([], [], [], 0.005)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Case(unittest.TestCase):
    """A test with a directory of its own; fails when anything of its stack outlives it."""

    maxDiff = None

    def setUp(self):
        self.home = Path(tempfile.mkdtemp(prefix="aurora-e2e-"))
        self.marker = f"AURORA_E2E={self.home.name}"
        self.daemons = []

    def tearDown(self):
        try:
            for daemon in self.daemons:
                self.end(daemon)
        finally:
            left = carrying(self.marker)
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.home, ignore_errors=True)
        self.assertEqual(left, [], "processes outlived their stack")

    def end(self, daemon):
        """Ends a daemon that still runs, and looks at what it leaves and said."""
        if daemon.process and daemon.process.poll() is None:
            eventually(lambda: not zombies_of(daemon.process.pid) and not zombies_of(daemon.reactor()), "no zombie stays", daemon)
            daemon.stop()
        text = daemon.err()
        for report in ("ERROR: AddressSanitizer", "runtime error:", "WARNING: ThreadSanitizer", "LeakSanitizer", "Assertion"):
            at = text.find(report)
            self.assertEqual(at, -1, text[max(0, at - 500) : at + 5000])
        if daemon.process and not daemon.killed:
            self.assertGreaterEqual(daemon.process.returncode, 0, "aurorad died of a signal\n" + text[-5000:])

    def daemon(self, services, start=True, home=None, **top):
        key, _, value = self.marker.partition("=")
        made = Daemon(home or self.home, self.config(services, **top), start=False)
        self.daemons.append(made)
        if start:
            made.start()
        return made

    def own_cgroup(self, controller):
        """A cgroup of our own of that controller of version 1; skips the test where none can be made."""
        group = Path("/sys/fs/cgroup") / controller / self.home.name
        try:
            group.mkdir()
        except OSError as fault:
            self.skipTest(f"no {controller} cgroup can be made here: {fault}")
        self.addCleanup(lambda: eventually(lambda: self._removed(group), "the cgroup is empty"))
        return group

    @staticmethod
    def _removed(group):
        try:
            group.rmdir()
        except OSError:
            return not group.exists()
        return True

    def traced(self, daemon, *arguments, pid=None):
        """strace(1) with these arguments at the daemon's reactor, or another process of it, and its children up to their execve; skips the test where nothing
        can be traced. For LeakSanitizer it is in the way: an end that is watched for leaks needs `detect_leaks=0`."""
        if subprocess.run(["strace", "-e", "trace=none", "true"], capture_output=True).returncode:
            self.skipTest("nothing can be traced here")
        tracer = subprocess.Popen(["strace", "-f", "-b", "execve", "-o", "/dev/null", "-p", str(pid or daemon.reactor()), *arguments],
                                  stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=CLEAN)
        self.addCleanup(tracer.communicate)
        self.addCleanup(tracer.send_signal, signal.SIGINT)
        self.assertIn("attached", tracer.stderr.readline())
        return tracer

    def config(self, services, **top):
        """A configuration whose processes carry the test's marker."""
        key, _, value = self.marker.partition("=")
        return {"name": "test", **top, "env": {key: value} | top.get("env", {}), "services": services}


def main():
    unittest.main(verbosity=2)


if __name__ == "__main__":
    sys.exit("run one of the test files")
