"""The unit that is installed: systemd itself finds nothing wrong with it."""

import shutil
import subprocess
from pathlib import Path

from aurora_e2e import BIN, Case, main

UNIT = Path(__file__).resolve().parents[2] / "etc" / "aurorad.service"


class Unit(Case):
    def verified(self, unit):
        """What systemd says of a unit, with the binary where this build has it."""
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        copy = self.home / "aurorad.service"
        copy.write_text(unit.replace("/usr/bin/aurorad", str(BIN / "aurorad")))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True)
        return done.returncode, [line for line in done.stderr.splitlines() if "aurorad.service" in line]

    def test_systemd_verifies_it(self):
        """`systemd-analyze verify` finds nothing."""
        self.assertEqual(self.verified(UNIT.read_text()), (0, []))

    def test_a_fault_would_be_found(self):
        """A key that systemd does not know, in the same place, is told: the check can fail."""
        self.assertIn("KillMood", str(self.verified(UNIT.read_text().replace("KillMode=", "KillMood="))))


if __name__ == "__main__":
    main()
