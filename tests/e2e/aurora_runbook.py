"""The blocks of commands in etc/runbook.md, and how a test types one."""

import functools
import os
import re
import subprocess
from pathlib import Path

from aurora_e2e import BIN, CLEAN

ROOT = Path(__file__).parents[2]
TYPED = CLEAN | {"PATH": f"{BIN}:{os.environ['PATH']}"}
COVERED = set()


def blocks():
    """The text of each block, by its section and its number in it, from 1."""
    found = {}
    for section in (ROOT / "etc" / "runbook.md").read_text().split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        for number, block in enumerate(re.findall(r"^```.*?\n(.*?)^```$", text, re.S | re.M), 1):
            found[heading, number] = block
    return found


BLOCKS = blocks()


def runs(heading, *numbers):
    """A test that runs these blocks of the section, each at least once."""
    COVERED.update((heading, number) for number in numbers)

    def mark(test):
        @functools.wraps(test)
        def checked(self):
            self.heading, self.ran = heading, set()
            test(self)
            self.assertEqual(self.ran, set(numbers), "the blocks that it says it runs")
        return checked
    return mark


class Typing:
    """What a test of the runbook does."""

    def type(self, number, code=0, within=()):
        """What the block prints, run as a shell would that stops at the first fault."""
        self.ran.add(number)
        shell = ["sh", "-eu", "-c", BLOCKS[self.heading, number]]
        if within:
            shell = [*within, "sh", "-c", f"cd '{self.home}' && exec \"$@\"", "sh", *shell]
        done = subprocess.run(shell, cwd=self.home, env=TYPED, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def tearDown(self):
        """Ends what `aurorctl up -d` of a block has launched."""
        log, said = self.home / ".aurora" / "logs" / "aurorad.log", ""
        if not any(daemon.process and daemon.process.poll() is None for daemon in self.daemons):
            subprocess.run([BIN / "aurorctl", "--state-dir", ".aurora", "down", "-q"], cwd=self.home, env=CLEAN, capture_output=True, timeout=120)
            said = log.read_text(errors="replace") if log.exists() else ""
        super().tearDown()
        self.assertNotRegex(said, "AddressSanitizer|runtime error:|LeakSanitizer")

    def started(self, web, **top):
        """A daemon that runs it, and what is beside it."""
        return self.daemon({"web": web, **top.pop("beside", {})}, **top)

    def failing(self, **restart):
        """A service that ends until there is a file `mended`."""
        return {"command": "test -e mended || { echo no database; exit 3; }; exec sleep 1000", "restart": {"jitter": 0, **restart}}
