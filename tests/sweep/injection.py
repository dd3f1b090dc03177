"""strace(1) as the hand that makes one system call of aurorad fail."""

import contextlib
import os
import re
import signal
import subprocess
from collections import Counter
from pathlib import Path

from aurora_e2e import BIN, CLEAN, SANITIZED, eventually

# Each with the errors that it can really have: no kernel says EAGAIN to a read of what it has told of.
ERRORS = {
    "openat": ("EMFILE", "EIO", "ENOMEM", "ENOSPC", "EINTR"),
    "read": ("EIO", "EINTR"),
    "pread64": ("EIO", "EINTR"),
    "write": ("ENOSPC", "EIO", "EINTR"),
    "writev": ("ENOSPC", "EIO", "EINTR"),
    "pwrite64": ("ENOSPC", "EIO", "EINTR"),
    "fallocate": ("ENOSPC", "EINTR"),
    "ftruncate": ("EIO", "EINTR"),
    "fsync": ("EIO", "ENOSPC", "EINTR"),
    "rename": ("ENOSPC", "EIO", "ENOMEM"),
    "renameat2": ("ENOSPC", "EIO"),
    "link": ("ENOSPC", "EIO"),
    "unlink": ("EIO", "ENOMEM"),
    "mkdir": ("ENOSPC", "EIO"),
    "mknodat": ("ENOSPC", "EIO"),
    "getdents64": ("EIO", "ENOMEM"),
    "clone": ("EAGAIN", "ENOMEM"),
    "clone3": ("EAGAIN", "ENOMEM"),
    "execve": ("EAGAIN", "ENOMEM", "EIO"),
    "pidfd_open": ("EMFILE", "ENOMEM"),
    "waitid": ("EINTR",),
    "pipe2": ("EMFILE",),
    "socket": ("EMFILE", "ENOMEM"),
    "socketpair": ("EMFILE", "ENOMEM"),
    "bind": ("ENOMEM", "ENOSPC"),
    "accept": ("EMFILE", "ENOMEM", "EINTR"),
    "accept4": ("EMFILE", "ENOMEM", "EINTR"),
    "sendmsg": ("EAGAIN", "EINTR", "ENOMEM"),
    "recvmsg": ("EINTR", "ENOMEM"),
    "sendto": ("EAGAIN", "EINTR", "ENOMEM"),
    "epoll_create1": ("EMFILE", "ENOMEM"),
    "epoll_ctl": ("ENOMEM", "ENOSPC"),
    "eventfd2": ("EMFILE", "ENOMEM"),
    "timerfd_create": ("EMFILE", "ENOMEM"),
    "signalfd4": ("EMFILE", "ENOMEM"),
    "fcntl": ("EMFILE", "EINTR"),
    "inotify_init1": ("EMFILE", "ENOMEM"),
    "inotify_add_watch": ("ENOSPC", "ENOMEM"),
    "mmap": ("ENOMEM",),
}
if SANITIZED:  # It maps memory itself, and looks by pipe2 and write whether a pointer points anywhere.
    for call in ("mmap", "pipe2", "write"):
        del ERRORS[call]

# A tracer and LeakSanitizer cannot both look at a process.
ENVIRONMENT = CLEAN | {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def unavailable():
    """Why nothing can be traced here; empty: it can."""
    try:
        done = subprocess.run(["strace", "-e", "trace=none", "true"], capture_output=True, text=True)
    except FileNotFoundError:
        return "there is no strace (apt-get install strace)"
    return "" if done.returncode == 0 else f"nothing can be traced here: {done.stderr}"


class Tracer:
    """Follows a process, its threads and its children up to their execve; the services run untraced.

    fault: (call, error, n), the call of each thread that is to fail; none: it only counts."""

    def __init__(self, home, pid, fault=None):
        self.file = Path(home) / "strace.out"
        self.file.unlink(missing_ok=True)
        calls = [fault[0]] if fault else ERRORS
        inject = ["-e", "inject={}:error={}:when={}".format(*fault)] if fault else []
        self.process = subprocess.Popen(
            ["strace", "-f", "-b", "execve", "-o", self.file, "-p", str(pid), "-e", "trace=" + ",".join(calls), *inject],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=CLEAN)
        first = self.process.stderr.readline()
        if "attached" not in first:
            self.process.communicate()
            raise ProcessLookupError(first)

    def end(self):
        """Lets go; what was seen."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.communicate(timeout=5)
        except subprocess.TimeoutExpired:  # it waits for a thread that waits in vfork(2) for a child that it holds too
            self.process.kill()
            self.process.communicate()
        return self.file.read_text(errors="replace")


def fired(trace):
    return "(INJECTED)" in trace


def injected(home):
    """The calls that were made to fail, each with those that the same process made before it."""
    seen = (Path(home) / "strace.out").read_text(errors="replace").splitlines()
    out = []
    for at, line in enumerate(seen):
        if "(INJECTED)" in line:
            own = [each for each in seen[:at + 1] if each.split(" ", 1)[0] == line.split(" ", 1)[0]]
            out += own[-4:]
    return "\n".join(out)


def counts(trace):
    """How often each call was made, by the thread that made it most often."""
    made = Counter(re.findall(r"^(\d+) +(\w+)\(", trace, re.M))
    return {call: max(n for (_, other), n in made.items() if other == call) for _, call in made}


def status_of(pid, field):
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return line.split()[1]
    return ""


def launch_halted(home, log, arguments):
    """An aurorad that stands still right before it makes its first reactor. A direct child of ours."""
    seen = Path(home) / "strace.halt"
    seen.unlink(missing_ok=True)
    process = subprocess.Popen(
        ["strace", "-D", "-o", seen, "-e", "trace=socketpair", "-e", "inject=socketpair:signal=STOP:when=1", BIN / "aurorad", *arguments],
        cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT)
    eventually(lambda: seen.exists() and "stopped by SIGSTOP" in seen.read_text(), "it stands still")
    os.kill(int(status_of(process.pid, "TracerPid")), signal.SIGKILL)
    eventually(lambda: status_of(process.pid, "TracerPid") == "0" and status_of(process.pid, "State") == "T", "it is let go")
    return process
