"""Services that write over their environment, and so over AURORA_RUN, where the journal does not tell of them."""

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

from aurora_e2e import DEADLINE, alive, eventually, main, moment
from aurora_namespace import in_a_small_disk
from aurora_survival import SurvivalCase

# As nginx and setproctitle do it: the memory that /proc/PID/environ shows.
HIDE = """
import os, signal, subprocess, sys
before = dict(os.environ)
fields = open("/proc/self/stat").read().rpartition(")")[2].split()
start, end = int(fields[47]), int(fields[48])
with open("/proc/self/mem", "r+b", 0) as memory:
    memory.seek(start)
    memory.write(bytes(end - start))
"""
READY = "\nprint('hidden', flush=True)\nsignal.pause()\n"
WORKER = "\nsubprocess.Popen(['sleep', '1000'], env=before)\n"  # shows its own
APART = "\nsubprocess.Popen(['sleep', '1000'], env={}, start_new_session=True)\n"  # leads a session, without a marker


def hidden(more="", **how):
    return {"command": [sys.executable, "-c", HIDE + more + READY], "ready": {"log": "^hidden$"}, **how}


ELSEWHERE = "\nnone = os.open(os.devnull, os.O_RDWR)\nos.dup2(none, 1)\nos.dup2(none, 2)\n"


def hidden_processes(home):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if HIDE.encode() in (process / "cmdline").read_bytes() and (process / "cwd").readlink() == home and alive(int(process.name)):
                found.append(int(process.name))
    return found


def end(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def writers(pipe):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "fd" / "1").samefile(pipe):
                found.append(int(process.name))
    return found


class HiddenEnvironment(SurvivalCase):
    def lose(self, daemon, by=b"garbage\n", names=("journal", "journal.previous", "run/births")):
        for name in names:
            (daemon.state / name).unlink(missing_ok=True)
        if by is not None:
            (daemon.state / "journal").write_bytes(by)

    def same(self, daemon, pids):
        eventually(lambda: {n: (s["pid"], s["state"]) for n, s in daemon.status().items()} == {n: (pid, "running") for n, pid in pids.items()},
                   f"they are what they were: {pids}", daemon)

    def test_found_by_their_pipes(self):
        """Whatever became of the journal: each goes on, whatever it has below it, and ends when it is told to."""
        daemon = self.daemon({"web": hidden(), "works": hidden(WORKER), "apart": hidden(APART), "err": hidden(logs={"stderr": "separate"}),
                              "plain": {"command": ["sleep", "1000"]}})
        eventually(lambda: (daemon.state / "config.last").exists(), "its configuration is saved", daemon)
        for name in daemon.status():
            daemon.wait_state(name, "running")
        pids = {name: each["pid"] for name, each in daemon.status().items()}
        self.assertNotIn(b"AURORA", Path(f"/proc/{pids['web']}/environ").read_bytes())
        begun = {name: moment({"at": each["started_at"]}) for name, each in daemon.status().items()}
        [below] = set(writers(daemon.state / "run" / "apart.fifo")) - {pids["apart"]}
        self.addCleanup(end, below)
        [worker] = Path(f"/proc/{pids['works']}/task/{pids['works']}/children").read_text().split()
        for by in (b"garbage\n", b"", None):
            with self.subTest(by=by, died="both"):
                daemon.kill()
                self.lose(daemon, by)
                self.again(daemon)
                self.same(daemon, pids)
            with self.subTest(by=by, died="reactor"):
                with self.without_reactor(daemon):
                    self.lose(daemon, by)
                self.same(daemon, pids)
            self.assertTrue(alive(int(worker)))
            for name, each in daemon.status().items():
                self.assertLess(abs(moment({"at": each["started_at"]}) - begun[name]), 3, name)
        daemon.ctl("down", check=0)
        self.assertEqual([pid for pid in pids.values() if alive(pid)], [])

    def test_one_that_was_started_again(self):
        """Its first launches are noted, and ended: it is found by the last one."""
        daemon = self.daemon({"web": hidden(), "plain": {"command": ["sleep", "1000"]}})
        for _ in range(3):
            daemon.ctl("restart", "web", check=0)
        pids = {name: each["pid"] for name, each in daemon.status().items()}
        for names in (("journal", "journal.previous"), ("journal", "journal.previous", "run/births")):
            daemon.kill()
            self.lose(daemon, names=names)
            self.again(daemon)
            self.same(daemon, pids)

    def test_what_is_left_of_one_that_ended(self):
        """Is not the service, where the journal tells of that and is damaged elsewhere."""
        daemon = self.daemon({"job": {"command": [sys.executable, "-c", HIDE + APART + "\nprint('hidden', flush=True)"], "restart": {"policy": "never"}},
                              "plain": {"command": ["sleep", "1000"]}})
        daemon.wait_state("job", "completed")
        [left] = writers(daemon.state / "run" / "job.fifo")
        self.addCleanup(end, left)
        daemon.kill()
        journal = daemon.state / "journal"
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join([lines[0], b"00000000 web {}\n", *lines[1:]]))
        self.again(daemon)
        daemon.wait_state("plain", "running")
        self.assertEqual((daemon.status("job")["state"], daemon.status("job")["pid"]), ("completed", None))

    def test_started_on_a_full_disk(self):
        """The journal tells of the run before: the one that it could not take is found."""
        daemon, disk = in_a_small_disk(self, {"web": hidden(restart={"delay": "10ms"})}, "4m", ".")
        daemon.wait_state("web", "running")
        with open(disk / "filler", "ab", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(bytes(4096)):
                pass
        self.kill_reactor(daemon)
        first = daemon.status("web")["pid"]
        os.kill(first, signal.SIGKILL)
        eventually(lambda: daemon.status("web")["pid"] not in (None, first) and daemon.status("web")["state"] == "running", "its next run", daemon)
        second = daemon.status("web")["pid"]
        self.kill_reactor(daemon)
        self.same(daemon, {"web": second})
        self.assertEqual(hidden_processes(self.home), [second])

    def test_alone(self):
        """No other process tells the id of the stack."""
        daemon = self.daemon({"web": hidden()})
        daemon.wait_state("web", "running")
        before = {"web": daemon.status("web")["pid"]}
        for _ in range(2):
            daemon.kill()
            self.lose(daemon)
            self.again(daemon)
            self.same(daemon, before)
        os.kill(before["web"], signal.SIGKILL)
        eventually(lambda: daemon.status("web")["pid"] not in (None, before["web"]), "its next run", daemon)
        daemon.wait_state("web", "running")

    def test_killed_before_it_was_written_down(self):
        """The reactor dies in the launch, when the service has executed and hidden already: that run goes on, also where it writes elsewhere."""
        for n, more in enumerate(("", ELSEWHERE)):
            with self.subTest(more=more):
                home = self.home / str(n)
                home.mkdir()
                daemon = self.daemon({"web": {"command": [sys.executable, "-c", HIDE + more + "\nopen('hidden', 'w').close()" + READY], "autostart": False}}, home=home)
                reactor = daemon.reactor()
                # Held in clone(2) for longer than any of this takes.
                tracer = self.traced(daemon, "-e", "trace=clone,clone3", "-e", f"inject=clone,clone3:delay_exit={int(2 * DEADLINE * 1e6)}")
                asking = threading.Thread(target=lambda: daemon.ctl("start", "web", "--no-wait"))
                asking.start()
                self.addCleanup(asking.join)
                eventually((home / "hidden").exists, "it runs")
                [first] = hidden_processes(home)
                os.kill(reactor, signal.SIGKILL)
                tracer.kill()
                daemon.another_reactor(reactor)
                self.same(daemon, {"web": first})
                self.assertEqual(hidden_processes(home), [first])
                daemon.ctl("down", check=0)
                self.assertFalse(alive(first))


if __name__ == "__main__":
    main()
