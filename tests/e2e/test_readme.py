"""What the README tells people to type does what it says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from aurora_e2e import BIN, CLEAN, Case, main

README = Path(__file__).parents[2] / "README.md"


def block_under(heading):
    """The first shell block of a section."""
    section = README.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.search(r"```sh\n(.*?)```", section, re.S).group(1)


class Readme(Case):
    def test_kill_it(self):
        """The demonstration, typed as it stands; in a pid namespace, since it kills every aurorad."""
        apart = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        if not shutil.which("unshare") or subprocess.run([*apart, "true"], capture_output=True).returncode != 0:
            self.skipTest("no pid namespace can be made here")
        path = f"{BIN}:{os.environ['PATH']}"
        done = subprocess.run([*apart, "bash", "-e", "-c", block_under("Kill it")], cwd=self.home, env=CLEAN | {"PATH": path},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("no line lost, none twice\n", done.stdout)
        pids_and_restarts = re.findall(r"^ticker .*running +\S+ +(\d+) +\S+ +\S+ +(\d+) ", done.stdout, re.M)
        self.assertEqual(len(pids_and_restarts), 2, done.stdout)
        self.assertEqual(pids_and_restarts[0], pids_and_restarts[1], done.stdout)


if __name__ == "__main__":
    main()
