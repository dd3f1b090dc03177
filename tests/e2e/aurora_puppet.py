"""Services that do as the test tells them: the puppet, led over a socket in the test's directory."""

import os
import select
import shutil
import socket
from pathlib import Path

from aurora_e2e import DEADLINE, SUPPORT, Case


class Puppet:
    """One running puppet."""

    def __init__(self, connection):
        self.connection = connection
        self.lines = connection.makefile("r")
        word, _, pid = self._read().partition(" ")
        assert word == "hello", word
        self.pid = int(pid)
        environment = Path(f"/proc/{self.pid}/environ").read_bytes().decode().split("\0")
        self.env = dict(entry.partition("=")[::2] for entry in environment if entry)

    def _read(self):
        line = self.lines.readline()
        if not line:
            raise EOFError("the puppet is gone")
        return line.rstrip("\n")

    def tell(self, order):
        self.connection.sendall(order.encode() + b"\n")

    def ask(self, order):
        """What it answers to an order; fails when it cannot obey."""
        self.tell(order)
        answer = self._read()
        assert answer == "ok" or answer.startswith("ok "), f"puppet: {order}: {answer}"
        return answer[3:]

    def pids(self, order):
        return [int(word) for word in self.ask(order).split()]

    def gone(self):
        """Waits for its end."""
        assert self.lines.read() == ""


class Puppets:
    """Where the puppets of one test call in. `command` and `env` make a service of one."""

    def __init__(self, home):
        self.home = Path(home)
        self.home.chmod(0o711)  # puppets of other users pass through
        self.program = self.home / "puppet"
        shutil.copy(SUPPORT / "puppet", self.program)
        self.listener = socket.socket(socket.AF_UNIX)
        path = self.home / "puppet.sock"
        self.listener.bind(str(path))
        path.chmod(0o777)
        self.listener.listen(64)
        self.listener.settimeout(DEADLINE)
        self.early = []
        self.met = []

    def service(self, **keys):
        return {"command": [str(self.program)], "env": {"PUPPET_SOCKET": str(self.home / "puppet.sock")}, **keys}

    def meet(self, name=None, instance=None):
        """The next puppet that calls, or the next of that service."""
        wanted = lambda puppet: (name in (None, puppet.env.get("AURORA_SERVICE"))
                                 and instance in (None, int(puppet.env["AURORA_INSTANCE"])))
        for puppet in self.early:
            if wanted(puppet):
                self.early.remove(puppet)
                return puppet
        while True:
            connection = self.listener.accept()[0]
            connection.settimeout(DEADLINE)
            try:
                puppet = Puppet(connection)
            except (OSError, EOFError):  # it called and is gone again
                connection.close()
                continue
            self.met.append(puppet)
            if wanted(puppet):
                return puppet
            self.early.append(puppet)

    def calling(self):
        """Whether one waits to be met."""
        return bool(self.early or select.select([self.listener], [], [], 0)[0])

    def close(self):
        self.listener.close()
        for puppet in self.met:
            puppet.lines.close()
            puppet.connection.close()


class PuppetCase(Case):
    """A test whose services are puppets."""

    def setUp(self):
        super().setUp()
        self.puppets = Puppets(self.home)

    def tearDown(self):
        try:
            super().tearDown()
        finally:
            self.puppets.close()


def numbered_lines(text, run=None):
    """The numbers of a puppet's lines in the order kept; fails on a torn or forged one."""
    numbers = []
    for line in text.splitlines():
        words = line.split()
        assert len(words) == 3, f"a torn line: {line!r}"
        if run is not None:
            assert words[0] == run, line
        check = 2166136261
        for byte in f"{words[0]} {words[1]}".encode():
            check = (check ^ byte) * 16777619 & 0xFFFFFFFF
        assert words[2] == f"{check:08x}", f"a broken line: {line!r}"
        numbers.append(int(words[1]))
    return numbers


def umask_of(pid):
    return next(line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Umask"))


def descriptors(pid):
    """Number to target of what a process has open."""
    return {int(fd): os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
