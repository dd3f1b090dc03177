"""aurorad in namespaces of its own: as the first process, and with a disk that only it sees."""

import contextlib
import functools
import os
import signal
import subprocess
import sys
from pathlib import Path

from aurora_e2e import BIN, CLEAN, DEADLINE, eventually
from aurora_puppet import PuppetCase


ALONE = "AURORA_TEST_ALONE"


def with_pids_of_its_own(test):
    """For a test that chooses the next pid: it runs in a pid namespace, or others beside it would be given the numbers of what they just ended."""
    @functools.wraps(test)
    def run(case):
        if os.environ.get(ALONE):
            return test(case)
        # The shell is the first process there, and reaps whoever has lost its parent.
        apart = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", '"$@"; exit $?', "sh"]
        if subprocess.run([*apart, "true"], capture_output=True).returncode:
            case.skipTest("no pid namespace can be made here")
        name = f"{type(case).__name__}.{case._testMethodName}"
        done = subprocess.run([*apart, sys.executable, "-B", sys.argv[0], name], env=os.environ | {ALONE: "1"}, capture_output=True, text=True)
        case.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        if "skipped" in done.stderr:
            case.skipTest(done.stderr)
        case.assertIn("Ran 1 test", done.stderr)
    return run


def child_of(pid):
    """Its first child; none: nothing."""
    try:
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    except (OSError, IndexError):
        return None


def reactor_of(keeper):
    """The child that is aurorad too; services are its children as well, once a reactor has died. None: nothing."""
    for pid in Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split():
        with contextlib.suppress(OSError):
            if os.path.samefile(f"/proc/{pid}/exe", BIN / "aurorad"):
                return int(pid)
    return None


def in_a_small_disk(case, services, size, part="logs"):
    """A daemon whose logs, or whose whole state (`part` "."), are on a disk of `size` bytes that only it sees; where we see that. Skips where none can be made."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        case.skipTest("no mount namespace can be made here")
    daemon = case.daemon(services, start=False)
    place = daemon.state / part
    place.mkdir(parents=True, mode=0o700)
    daemon.state.chmod(0o700)
    script = f"mount -t tmpfs -o size={size},mode=7{'5' if part == 'logs' else '0'}0 tmpfs '{place}' && exec '{BIN}/aurorad' --http off"
    with open(case.home / "aurorad.err", "ab") as log:
        daemon.process = subprocess.Popen(["unshare", "-m", "/bin/sh", "-c", script], cwd=case.home, env=CLEAN,
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    seen = Path(f"/proc/{daemon.process.pid}/root{place}")
    if part == ".":
        daemon.state = seen
    eventually(daemon._answers, "aurorad answers", daemon)
    return daemon, seen


class Inside:
    """A puppet in the namespace: its pid means nothing out here."""

    def __init__(self, puppets):
        self.connection = puppets.listener.accept()[0]
        self.connection.settimeout(DEADLINE)
        self.lines = self.connection.makefile("r")
        assert self.lines.readline().startswith("hello ")
        puppets.met.append(self)

    def tell(self, order):
        self.connection.sendall(order.encode() + b"\n")

    def ask(self, order):
        self.tell(order)
        answer = self.lines.readline().strip()
        assert answer == "ok" or answer.startswith("ok "), answer
        return answer[3:]


class FirstCase(PuppetCase):
    def setUp(self):
        super().setUp()
        if subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True).returncode:
            self.skipTest("no pid namespace can be made here")

    def launch(self, services, *unshare, before="", redirect="", **top):
        """The daemon, not waited for; its `process` is unshare(1), which ends with the code of its child."""
        daemon = self.daemon(services, start=False, **top)
        command = f"{before} exec '{BIN}/aurorad' --http off {redirect}"
        with open(self.home / "aurorad.err", "ab") as log:
            daemon.process = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", *(unshare or ["--mount-proc"]), "/bin/sh", "-c", command],
                                              cwd=self.home, env=CLEAN, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return daemon

    def first(self, services, *unshare, **how):
        """The daemon, which answers, and its pid as seen from here."""
        daemon = self.launch(services, *unshare, **how)
        eventually(daemon._answers, "aurorad answers", daemon)
        self.assertEqual(daemon.api("GET", "/api/v1/status")[1]["daemon"]["keeper_pid"], 1)
        return daemon, child_of(daemon.process.pid)

    def finish(self, daemon, pid, code=0, number=signal.SIGTERM):
        if number:
            os.kill(pid, number)
        self.assertEqual(daemon.wait_end(), code, daemon.err()[-3000:])
