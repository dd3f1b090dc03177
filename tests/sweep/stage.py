"""The stack that the sweep is made on, and what an operator does to it while one system call fails."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

from aurora_e2e import SUPPORT, Daemon, alive, carrying, copies, eventually, select_briefly
from injection import ENVIRONMENT, Tracer, launch_halted
from oracles import (Broken, check_descriptors, check_history, check_lines, check_reports, check_saved, check_zombies,
                     demand)

PATIENCE = 5  # seconds for what a failing call may make impossible
UNREACHABLE = (OSError, http.client.HTTPException, ValueError, AssertionError, KeyError)


def before_long(condition, seconds=PATIENCE):
    """Whether it comes to be in time; that it does not is no failure."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with contextlib.suppress(*UNREACHABLE):
            if condition():
                return True
        select_briefly()
    return False


class Stage:
    """One daemon with five services: `calm` talks and is left alone, `scribe` writes what it is told to, `busy` is
    stopped and started with all that belongs to a start, `idle` is not wanted, `extra` comes and goes."""

    def __init__(self, case):
        self.case, self.puppets, self.home = case, case.puppets, case.home
        (self.home / "src").mkdir(exist_ok=True)
        (self.home / "busy.env").write_text("COLOUR=green\n")
        self.daemon = Daemon(self.home, self.config(), start=False)
        self.wanted, self.descriptors = {}, {}
        self.turn, self.changed = 0, False
        self.told = self.checked = 0
        self.scribe = self.before = None
        self.log = open(self.home / "aurorad.err", "ab")

    def config(self, turn=0):
        quick = {"restart": {"limit": 0, "delay": "20ms", "max_delay": "200ms"}}
        talk = [str(SUPPORT / "puppet"), "--notify", "READY=1", "--every", "50", "--lines", "0"]
        services = {
            "calm": quick | {"command": talk, "logs": {"max_size": "4KiB", "keep": 1000}},
            "scribe": quick | self.puppets.service(logs={"max_size": "2KiB", "keep": 12}),
            "busy": quick | {"command": talk, "ready": {"notify": True}, "env_files": ["busy.env"], "watch": {"paths": ["src"]},
                             "hooks": {"pre_start": ["true"], "post_stop": ["true"]}, "logs": {"keep": 1000},
                             "health": {"exec": ["true"], "interval": "1h", "start_interval": "50ms"}},
            "idle": {"command": talk, "autostart": False, "labels": {"turn": str(turn)}},
        }
        if turn % 2:
            services["extra"] = quick | {"command": talk, "env": {"TURN": str(turn)}}
        return self.case.config(services)

    # The daemon's life.

    def launch(self, fault=None):
        """From the keeper's first reactor on; what the tracer saw. The daemon may have ended, in order."""
        self.daemon.process = launch_halted(self.home, self.log, ["--config", str(self.daemon.config), "--http", "off"])
        tracer = Tracer(self.home, self.daemon.process.pid, fault)
        self.daemon.process.send_signal(signal.SIGCONT)
        before_long(lambda: self.daemon.process.poll() is not None or self.is_up() and (self.daemon.state / "config.last").exists())
        return tracer.end()

    def start(self):
        self.daemon.process = None
        self.daemon.start(env=ENVIRONMENT)

    def is_up(self, but=None):
        """Whether a reactor, and not `but`, answers soon that all run."""
        code, answer = self.daemon.api("GET", "/api/v1/status", timeout=1)
        services = {service["name"]: service for service in answer["services"]}
        return answer["daemon"]["pid"] != but and all(services[name]["state"] == "running" for name in ("calm", "scribe", "busy"))

    def settle(self):
        """All is as it was asked for, without another hand."""
        def reached():
            demand(self.daemon.process.poll() is None, f"O1: the keeper ended with {self.daemon.process.returncode}\n" + self.daemon.err()[-3000:])
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                services = self.daemon.status()
                names = {"calm", "scribe", "busy", "idle"} | ({"extra"} if self.turn % 2 else set())
                up = {name for name in names if services[name]["state"] == "running"} if names == set(services) else set()
                wanted = names - {"idle"} | ({"idle"} if self.wanted.get("idle") == "up" else set())
                return up == wanted and not any(each["state"] in ("starting", "stopping") for each in services.values())
        try:
            eventually(reached, "the services are as asked for")
        except Broken:
            raise
        except AssertionError:
            raise Broken(f"the services are not as asked for: {self.daemon.status()}\n" + self.daemon.err()[-4000:]) from None
        while self.scribe is None or not alive(self.scribe.pid):
            self.scribe = self.puppets.meet("scribe")
            self.told = self.checked = 0

    def note(self):
        """What is not to change, as it is now."""
        services = self.daemon.status()
        self.before = {name: services[name]["pid"] for name in ("calm", "scribe", "busy")}

    def shape(self):
        return self.wanted.get("idle"), self.turn % 2

    def warm_up(self):
        """Once through all that changes what is open: what is open then is what is to be open later."""
        self.descriptors = {}
        for step in (self.save, self.reload, self.save, self.reload):
            demand(step(), f"{step.__name__} without a fault")
            self.settle()
            self.descriptors[self.shape()] = self.daemon.fds()

    def check(self):
        """The standing oracles."""
        check_reports(self.daemon)
        services = self.daemon.status()
        for name in ("calm", "scribe"):
            demand(services[name]["pid"] == self.before[name] and services[name]["restarts"] == 0, f"{name} is another process: {services[name]}")
        doubled = {name: count for name, count in copies(self.case.marker).items() if count > 1}
        demand(not doubled, f"two copies of {doubled}")
        begun = time.monotonic()
        self.daemon.api("GET", "/api/v1/status")
        demand(time.monotonic() - begun < 1, "O5: a status call takes more than a second")
        check_zombies(self.daemon)
        check_history(self.daemon)
        self.check_scribe()
        for name in ("calm", "busy"):
            check_lines(self.daemon.whole_log_of(name), name, 1)
        check_saved(self.daemon, {"idle": "up"} if self.wanted.get("idle") == "up" else {})
        if self.shape() in self.descriptors:
            check_descriptors(self.daemon, self.descriptors[self.shape()])

    def check_scribe(self):
        """O6: what it has written since the last look is kept, each line once."""
        last = f" {self.told} "
        eventually(lambda: not self.told or last in self.daemon.whole_log_of("scribe"), f"O6: line {self.told} of scribe is kept", self.daemon)
        run = self.scribe.env["AURORA_RUN"]
        text = "".join(line for line in self.daemon.whole_log_of("scribe").splitlines(keepends=True) if line.startswith(run))
        if text:
            demand(int(text.split()[1]) <= self.checked + 1, f"O6: lines after {self.checked} are gone")
            self.checked = check_lines(text, "scribe")

    def end(self, fault=None, traced=False):
        """O3, O6, O9: an ordered end leaves nothing, and nothing that was written is lost."""
        tracer = Tracer(self.home, self.daemon.reactor(), fault) if traced else None
        self.daemon.process.send_signal(signal.SIGTERM)
        code = self.daemon.wait_end()
        trace = tracer.end() if tracer else ""
        demand(code in ((0, 1) if fault else (0,)), f"it ended with {code}\n" + self.daemon.err()[-3000:])
        left = carrying(self.case.marker)
        demand(not left, f"O3: left behind: {left}")
        check_reports(self.daemon)
        for name in ("calm", "busy"):
            check_lines(self.daemon.whole_log_of(name), name, 1)
        return trace

    # What an operator does. A call that fails is tried again by whoever asks, without the fault.

    def ask(self, path, body=None):
        try:
            code, _ = self.daemon.api("POST", path, body, timeout=PATIENCE)
            return code in (200, 202)
        except UNREACHABLE:
            return False

    def cycle(self):
        pid = self.before["busy"]
        return (self.ask("/api/v1/services/busy/restart?wait=5s") and
                before_long(lambda: self.daemon.status("busy")["pid"] != pid and self.is_up()))

    def rotate(self):
        for _ in range(3):
            self.scribe.ask("number 80")
            self.told += 80
        return before_long(lambda: f" {self.told} " in self.daemon.whole_log_of("scribe"))

    def save(self):
        wish = "down" if self.wanted.get("idle") == "up" else "up"
        if not self.ask("/api/v1/services/idle/" + ("start" if wish == "up" else "stop")):
            return False
        self.wanted["idle"] = wish
        path = self.daemon.state / "state.json"
        return before_long(lambda: ("idle" in json.loads(path.read_text())["desired"]) == (wish == "up"), 1)

    def reload(self):
        if not self.changed:
            self.turn += 1
            self.daemon.write(self.config(self.turn))
        self.changed = True
        if not self.ask("/api/v1/reload?wait=5s", {}):
            return False
        self.changed = False
        copy = self.daemon.state / "config.last"
        return before_long(lambda: self.daemon.config.read_text() in copy.read_text(), 1)

    def back(self):
        """The reactor dies, and another one goes on."""
        before, seen = self.daemon.reactor(), len(self.daemon.err())
        os.kill(before, signal.SIGKILL)
        # Each reactor has its own Nth call: one that ended by it is enough.
        ended = re.compile(r"the reactor .*\n(?s:.*)the reactor ")
        return before_long(lambda: ended.search(self.daemon.err()[seen:]) or self.is_up(but=before))

    def left(self):
        return carrying(self.case.marker)

    def clear(self):
        """After a case that failed: nothing of it stays."""
        self.daemon.killed = True
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            with contextlib.suppress(OSError):
                if str(self.daemon.config).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)
        for pid in carrying(self.case.marker):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            self.daemon.process.wait()
        self.forget()

    def forget(self):
        """For a daemon with no past: nor does it know what operators had wanted."""
        self.wanted = {}
        shutil.rmtree(self.daemon.state, ignore_errors=True)
        self.log.truncate(0)
