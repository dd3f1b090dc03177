"""aurorctl import systemd: the same unit under systemd, where it runs, and under Aurora."""

import os
import shutil
import subprocess
from pathlib import Path

from aurora_e2e import alive, eventually, main
from aurora_import import ImportCase

UNIT = """[Unit]
Description=A test's
StartLimitIntervalSec=60
StartLimitBurst=3

[Service]
ExecStart=/usr/bin/python3 {home}/probe.py {home}/open/probe.json stubborn
WorkingDirectory={home}/open
Environment="GREETING=a 'b' $HOME" HALF=50%% {mark}
EnvironmentFile={home}/more.env
User=nobody
UMask=0027
KillSignal=SIGINT
KillMode=control-group
TimeoutStopSec=1
Restart=no
"""

FLAKY = """[Unit]
StartLimitIntervalSec=60
StartLimitBurst=3

[Service]
ExecStart=/bin/sh -c "echo run >> {home}/flaky.runs; exit $CODE"
Environment=CODE={code} {mark}
Restart=on-failure
RestartSec=100ms
SuccessExitStatus=9
"""

# Of systemd itself, and what it says of the account; Aurora says that too, in its own words.
SYSTEMDS = ("INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "MEMORY_PRESSURE_", "LANG", "LOGNAME", "SHELL", "USER", "HOME", "PATH")


class Systemd(ImportCase):
    def setUp(self):
        super().setUp()
        if os.getuid() or subprocess.run(["systemctl", "show", "--property=Version"], capture_output=True).returncode:
            self.skipTest("takes root, and systemd as it runs")
        (self.home / "open").mkdir()
        (self.home / "open").chmod(0o777)
        self.put("more.env", "MORE='from a file'\n")

    def unit(self, text, **values):
        return self.put("made.service", text.format(home=self.home, mark=f"{self.key}={self.value}", **values))

    def under_systemd(self, file):
        name = f"aurora-test-{os.getpid()}.service"
        there = Path("/run/systemd/system") / name
        shutil.copy(file, there)
        def end():
            if not there.exists():
                return
            subprocess.run(["systemctl", "kill", "--signal=KILL", name], capture_output=True)
            there.unlink()
            subprocess.run(["systemctl", "reset-failed", name], capture_output=True)
            subprocess.run(["systemctl", "daemon-reload"], check=True)
        self.addCleanup(end)
        subprocess.run(["systemctl", "daemon-reload"], check=True)
        subprocess.run(["systemctl", "start", "--no-block", name], check=True)
        return name, end

    def compared(self, facts):
        found = self.comparable(facts)
        return found | {"env": {k: v for k, v in found["env"].items() if not k.startswith(SYSTEMDS)}}

    def test_the_same_program(self):
        """Account, environment, directory, umask, stop signal, its timeout and the tree are those of systemd."""
        file = self.unit(UNIT)
        name, _ = self.under_systemd(file)
        theirs = self.facts("open/probe.json")
        subprocess.run(["systemctl", "stop", name], check=True)
        signals = [self.facts("open/probe.json.stopped")]
        self.assertFalse(alive(theirs["child"]))
        daemon = self.under_aurora("systemd", file)
        ours = self.facts("open/probe.json")
        daemon.ctl("stop", check=0)
        signals.append(self.facts("open/probe.json.stopped"))
        self.assertFalse(alive(ours["child"]))
        self.assertEqual(signals, ["SIGINT", "SIGINT"])
        self.assertEqual(self.compared(ours), self.compared(theirs))
        self.assertEqual((ours["env"]["MORE"], ours["env"]["HALF"]), ("from a file", "50%"))

    def test_restarts(self):
        """Those of a failure until the limit, none after a code that counts as success."""
        for code, state, runs in ((3, "failed", 3), (9, "inactive", 1)):
            with self.subTest(code=code):
                file = self.unit(FLAKY, code=code)
                name, end = self.under_systemd(file)
                eventually(lambda: subprocess.run(["systemctl", "show", "--value", "--property=ActiveState", name], capture_output=True,
                                                  text=True).stdout.strip() == state, f"{name} is {state}")
                theirs = self.runs("flaky.runs")
                end()
                daemon = self.under_aurora("systemd", file)
                daemon.wait_state("made", "failed" if code == 3 else "completed")
                self.assertEqual((self.runs("flaky.runs"), theirs), (runs, runs))
                daemon.ctl("down", check=0)


if __name__ == "__main__":
    main()
