"""aurorctl autostart: three ways to be started at boot or login, which leave no trace, and one daemon in the end."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from aurora_autostart import AutostartCase
from aurora_e2e import BIN, CLEAN, DEADLINE, carrying, eventually, main


class Shell(AutostartCase):
    def round_trip(self, before):
        """Enabled, again, with another delay, disabled: nothing but the block changes, and then nothing at all."""
        if before is not None:
            self.bashrc.write_bytes(before)
        start = self.tree()
        first = self.enable_twice("shell")
        self.assertTrue(self.bashrc.read_bytes().startswith(before or b""))
        self.assertIn(b"# >>> aurora stack >>>\n", self.bashrc.read_bytes())
        self.assertTrue(self.bashrc.read_bytes().endswith(b"# <<< aurora stack <<<\n"))
        self.enable("shell", "--delay", "7s")
        self.assertEqual(self.bashrc.read_bytes().replace(b"7s", b"5s"), first[self.bashrc][0])
        self.assertEqual(subprocess.run(["bash", "-n", self.bashrc], capture_output=True, text=True).stderr, "")
        self.disable()
        self.assertEqual(self.tree(), start)
        self.assertEqual(self.status(), set())

    def test_round_trips(self):
        """With and without a final newline, empty, none at all, bytes that are no text."""
        for before in (b"alias x=y\n", b"alias x=y", b"", None, b"\n\n", b"\xff\xfe\r\n\r", b"# >>> aurora other >>>\n"):
            with self.subTest(before=before):
                self.bashrc.unlink(missing_ok=True)
                self.round_trip(before)

    def test_mode_and_links(self):
        """The mode stays, and a link stays one: what it leads to is written."""
        real = self.home / "dotfiles"
        real.write_text("x=1")
        real.chmod(0o600)
        self.bashrc.symlink_to("../dotfiles")
        self.enable("shell")
        self.assertTrue(self.bashrc.is_symlink())
        self.assertIn("aurora stack", real.read_text())
        self.assertEqual(real.stat().st_mode & 0o777, 0o600)
        self.disable("--method", "shell")
        self.assertEqual((os.readlink(self.bashrc), real.read_text()), ("../dotfiles", "x=1"))

    def test_two_stacks_and_a_new_name(self):
        """Each has its own block, in any order; a stack of another name replaces its own; what stands behind is kept."""
        other = self.home / "other"
        other.mkdir()
        (other / "aurora.json").write_text('{"version": 1, "name": "stack", "services": {}}')
        self.bashrc.write_text("x=1")
        self.enable("shell")
        self.enable("shell", cwd=other)
        self.write("renamed")
        self.enable("shell")
        self.assertEqual([line for line in self.bashrc.read_text().splitlines() if ">>>" in line], ["# >>> aurora renamed >>>", "# >>> aurora stack >>>"])
        self.disable()
        self.ctl("autostart", "disable", cwd=other, check=0)
        self.assertEqual(self.bashrc.read_text(), "x=1")
        self.enable("shell")
        with open(self.bashrc, "a") as file:
            file.write("y=2\n")
        self.disable()
        self.assertEqual(self.bashrc.read_text(), "x=1\ny=2\n")

    def test_a_block_without_its_end(self):
        """Is told, and nothing is guessed."""
        self.enable("shell")
        self.bashrc.write_text(self.bashrc.read_text().replace("<<<", "<"))
        before = self.tree()
        for action in ("enable", "disable"):
            self.assertIn("lost their end", self.ctl("autostart", action, "--method", "shell", check=1).stderr)
        self.assertEqual(self.tree(), before)

    def test_a_login_never_fails(self):
        """Whatever options it has set, without a word, and where aurorctl is gone too."""
        self.enable("shell")
        text = self.bashrc.read_text().replace(str((BIN / "aurorctl").resolve()), "/nowhere/aurorctl")
        self.assertIn("/nowhere", text)
        self.bashrc.write_text(text)
        done = subprocess.run(["bash", "-c", "set -euo pipefail; . ~/.bashrc; echo in"], env=CLEAN | self.environment, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "in\n", ""))
        eventually(lambda: not carrying(self.marker), "what it left in the background has ended")


class Cron(AutostartCase):
    def test_round_trips(self):
        """An empty crontab, none at all, lines of the user: afterwards as before."""
        for before in (None, b"", b"0 5 * * * true\n", b"0 5 * * * true"):
            with self.subTest(before=before):
                self.crontab.unlink(missing_ok=True)
                if before is not None:
                    self.crontab.write_bytes(before)
                start = self.tree()
                self.enable_twice("cron")
                self.enable("cron", "--delay", "1m")
                self.assertEqual(sum(line.startswith("@reboot ") for line in self.crontab.read_text().splitlines()), 1)
                self.assertIn("--delay 1m", self.crontab.read_text())
                self.disable("--method", "cron")
                self.assertEqual({p: v[0] for p, v in self.tree().items()}, {p: v[0] for p, v in start.items()})
                self.assertEqual(self.status(), set())

    def test_a_crontab_that_cannot_be_read(self):
        """Is not taken for none: nothing is written over it."""
        self.tool("crontab", "#!/bin/sh\necho 'you are not allowed to use this program' >&2\n[ $1 = - ] && touch $HOME/written\nexit 1\n")
        done = self.ctl("autostart", "enable", "--method", "cron", check=1)
        self.assertIn("not allowed", done.stderr)
        self.assertFalse((self.user / "written").exists())
        (self.tools / "crontab").unlink()
        if not shutil.which("crontab", path="/usr/bin:/bin"):
            self.assertIn("no crontab(1)", self.ctl("autostart", "enable", "--method", "cron", check=1).stderr)


def as_cron_reads(line):
    """The command of a crontab line, as cron hands it to the shell (Vixie's do_command.c)."""
    out, escaped = "", False
    for c in line.removeprefix("@reboot "):
        if escaped and c == "%":
            out = out[:-1]
        elif not escaped and c == "%":
            break
        escaped = c == "\\" and not escaped
        out += c
    return out


class Systemd(AutostartCase):
    @property
    def unit(self):
        return self.units / "aurora-stack.service"

    def test_round_trip(self):
        """A unit and its link, through systemctl; the same again changes nothing; afterwards as before."""
        start = self.tree()
        first = self.enable_twice("systemd")
        self.enable("systemd", "--delay", "90s")
        self.assertEqual(self.unit.read_text().replace("90s", "5s").replace("=150s", "=65s"), first[self.unit][0].decode())
        self.assertIn("daemon-reload", (self.user / "systemctl.log").read_text())
        self.disable()
        self.assertEqual(self.tree(), start)
        self.assertEqual(self.status(), set())

    def test_where_no_manager_runs(self):
        """The unit is written, and the command to enable it told; it does not count as enabled."""
        (self.user / "manager").unlink()
        said = self.enable("systemd")
        self.assertRegex(said, r"systemctl (--user )?enable aurora-stack\.service")
        self.assertTrue(self.unit.exists())
        self.assertEqual(self.status(), set())
        self.assertIn("written, not enabled", self.ctl("autostart", "status").stdout)
        self.disable()
        self.assertFalse(self.unit.exists())

    def test_another_configuration_of_that_name(self):
        """Its unit is not taken over; a stack of a new name takes its own old one away."""
        other = self.home / "other"
        other.mkdir()
        (other / "aurora.json").write_text('{"version": 1, "name": "stack", "services": {}}')
        self.enable("systemd")
        before = self.tree()
        done = self.ctl("autostart", "enable", "--method", "systemd", cwd=other, check=1)
        self.assertIn("another configuration", done.stderr)
        self.assertEqual(self.tree(), before)
        self.write("renamed")
        self.enable("systemd")
        self.assertEqual([p.name for p in self.units.glob("*.service")], ["aurora-renamed.service"])

    def test_root_for_the_owner(self):
        """`sudo aurorctl autostart enable` beside a user's configuration: the unit runs as that user, and no other way is taken."""
        if os.geteuid() != 0:
            self.skipTest("takes root")
        os.chown(self.config, 65534, -1)
        self.assertIn("it runs as nobody", self.enable("systemd"))
        self.assertIn("\nUser=nobody\n", self.unit.read_text())
        self.disable()
        before = self.tree()
        for method in ("cron", "shell"):
            done = self.ctl("autostart", "enable", "--method", method, check=1)
            self.assertIn("belongs to nobody", done.stderr)
            self.assertIn("run this as nobody", done.stderr)
        os.chown(self.config, 4_000_000_000, -1)
        self.assertIn("no such account", self.ctl("autostart", "enable", check=1).stderr)
        self.assertEqual(self.tree(), before)

    def test_a_unit_of_roots(self):
        """That starts this configuration is seen, left as it is, and said to be root's to change."""
        self.enable("systemd")
        before = self.tree()
        environment = {"SYSTEMD_UNIT_PATH": f"{self.home / 'own'}:{self.units}"}
        seen = json.loads(self.ctl("autostart", "status", "--method", "systemd", "--json", env=environment, check=0).stdout)["methods"][0]
        self.assertEqual((seen["enabled"], seen["where"]), (True, str(self.unit)))
        self.assertIn("root's to change", self.ctl("autostart", "enable", "--delay", "9s", env=environment, check=0).stdout)
        self.assertIn("sudo aurorctl autostart disable", self.ctl("autostart", "disable", env=environment, check=5).stderr)
        self.assertEqual(self.tree(), before)

    def test_systemd_verifies_it(self):
        """`systemd-analyze verify` finds nothing, whatever the path, and a fault would be found."""
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        self.enable("systemd", "--state-dir", self.place / "state")
        text = self.unit.read_text()

        def found():
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(self.unit)], capture_output=True, text=True, env=CLEAN)
            return done.returncode, [line for line in done.stderr.splitlines() if "aurora-stack" in line]
        self.assertEqual(found(), (0, []))
        self.unit.write_text(text.replace("KillMode=", "KillMood="))
        self.assertIn("KillMood", str(found()))

    def test_quoting(self):
        """What systemd makes of the line, by its rules, is the path again."""
        self.enable("systemd")
        line = next(line for line in self.unit.read_text().splitlines() if line.startswith("ExecStart="))
        inside = line.split(' --config "')[1].split('" --start-delay')[0]
        back = inside.replace("$$", "$").replace("%%", "%").replace('\\"', '"').replace("\\\\", "\\")
        self.assertEqual(back, str(self.config))


class User(AutostartCase):
    def test_a_fresh_home(self):
        """A user with no rights and an empty home: each method works, and no file of it is left."""
        run = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
        if run:
            self.home.chmod(0o755)
            for path in (self.user, self.user / "manager"):
                os.chown(path, 65534, 65534)
        shutil.copy(BIN / "aurorctl", self.tools)
        self.tool("aurorad", "#!/bin/sh\n")
        environment = CLEAN | self.environment
        del environment["SYSTEMD_UNIT_PATH"]

        def ctl(*arguments):
            done = subprocess.run([self.tools / "aurorctl", "autostart", *arguments], cwd=self.place, env=environment, capture_output=True, text=True, timeout=DEADLINE, **run)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout
        start = self.tree()
        for method in ("systemd", "cron", "shell"):
            ctl("enable", "--method", method)
        units = self.user / ".config/systemd/user"
        self.assertTrue((units / "default.target.wants/aurora-stack.service").is_symlink())
        self.assertNotIn("ProtectClock", (units / "aurora-stack.service").read_text())
        self.assertEqual(self.bashrc.stat().st_mode & 0o777, 0o644)
        self.assertEqual(ctl("status").count("enabled"), 3)
        calls = (self.user / "systemctl.log").read_text().splitlines()
        self.assertTrue(all(call.startswith("--user ") for call in calls), calls)
        ctl("disable")
        self.assertEqual(self.tree(), start)


class Chosen(AutostartCase):
    def chosen(self):
        said = self.ctl("autostart", "enable", check=0).stdout
        found = self.status()
        self.disable()
        self.assertEqual(len(found), 1)
        self.assertIn(f"chose {next(iter(found))}: ", said)
        return found.pop()

    def test_the_best_that_works(self):
        """systemd where its manager runs, cron where its daemon does, else the shell; it says which and why."""
        self.assertEqual(self.chosen(), "systemd")
        (self.user / "manager").unlink()
        running = {p.read_text().strip() for p in Path("/proc").glob("[0-9]*/comm") if p.exists()}
        if not running & {"cron", "crond", "fcron"}:
            self.assertEqual(self.chosen(), "shell")
        shutil.copy("/bin/sleep", self.home / "cron")
        cron = subprocess.Popen([self.home / "cron", "1000"])
        try:
            eventually(lambda: Path(f"/proc/{cron.pid}/comm").read_text() == "cron\n", "a cron daemon runs")
            self.assertEqual(self.chosen(), "cron")
        finally:
            cron.kill()
            cron.wait()

    def test_the_one_that_is_enabled(self):
        """Is changed, rather than a second one made."""
        self.enable("shell")
        self.assertIn("enabled already", self.ctl("autostart", "enable", "--delay", "9s", check=0).stdout)
        self.assertEqual(self.status(), {"shell"})
        self.assertIn("9s", self.bashrc.read_text())

    def test_mistakes(self):
        """2 for usage, 6 for an invalid configuration, and nothing is written."""
        before = self.tree()
        for arguments in ([], ["on"], ["enable", "--method", "init"], ["enable", "--delay", "soon"], ["enable", "x"], ["-H", "http://127.0.0.1:1", "status"]):
            self.ctl("autostart", *arguments, check=2)
        self.config.write_text("{")
        self.ctl("autostart", "enable", "--method", "shell", check=6)
        self.assertEqual(self.tree(), before)
        self.ctl("autostart", "disable", check=0)

    def test_a_path_of_two_lines(self):
        """Cannot stand in such a file, and is refused."""
        odd = self.home / "a\nb"
        odd.mkdir()
        shutil.copy(self.config, odd)
        for method in ("systemd", "cron", "shell"):
            self.assertIn("control character", self.ctl("autostart", "enable", "--method", method, cwd=odd, check=1).stderr)


class Triggers(AutostartCase):
    def tearDown(self):
        self.ctl("down")
        super().tearDown()

    def keepers(self):
        """The daemons, without the process below each."""
        found = {}
        for pid in carrying(self.marker):
            with contextlib.suppress(OSError):  # it ended meanwhile
                text = Path(f"/proc/{pid}/stat").read_text()
                if "(aurorad" in text:
                    found[pid] = int(text.rpartition(")")[2].split()[1])
        return [pid for pid, parent in found.items() if parent not in found]

    def triggers(self):
        found = []
        for pid in carrying(self.marker):
            with contextlib.suppress(OSError):  # it ended meanwhile
                if "aurorctl" in Path(f"/proc/{pid}/comm").read_text():
                    found.append(pid)
        return found

    def runs_once(self):
        eventually(lambda: json.loads(self.ctl("status", "--json").stdout or '{"services": [{"state": ""}]}')["services"][0]["state"] == "running", "web runs")
        self.assertEqual(len(self.keepers()), 1)
        self.assertEqual((self.place / ".aurora/logs/web.log").read_text(), "begun\n")

    def test_a_hundred_at_once(self):
        """Logins and cron together start exactly one daemon; all end with 0, without a word."""
        self.enable("shell", "--delay", "0s")
        self.enable("cron", "--delay", "0s")
        line = next(line for line in self.crontab.read_text().splitlines() if line.startswith("@reboot"))
        # Two hundred looks for leaks at their ends take a minute of a busy machine, and find what one finds.
        environment = CLEAN | self.environment | {"ASAN_OPTIONS": "detect_leaks=0"}
        started = []
        for n in range(100):
            command = ["bash", "-c", ". ~/.bashrc"] if n % 2 else ["/bin/sh", "-c", as_cron_reads(line)]
            started.append(subprocess.Popen(command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        said = [process.communicate(timeout=DEADLINE * 5)[0] for process in started]
        self.assertEqual([(p.returncode, text) for p, text in zip(started, said) if p.returncode or text], [])
        eventually(lambda: not self.triggers(), "the triggers are through")
        self.runs_once()

    def test_a_stop_sticks(self):
        """What the user stopped is not started by the next trigger; nor by the one after a new boot."""
        self.ctl("autostart", "run", "--delay", "0s", check=0)
        self.runs_once()
        self.ctl("stop", "web", check=0)
        self.ctl("autostart", "run", check=0)
        told = json.loads(self.ctl("status", "--json", check=0).stdout)
        self.assertEqual(told["services"][0]["state"], "stopped")
        [keeper] = self.keepers()
        os.kill(keeper, signal.SIGTERM)  # as at the end of a boot
        eventually(lambda: not self.keepers(), "the daemon has ended")
        self.ctl("autostart", "run", "--delay", "0s", check=0)
        told = json.loads(self.ctl("status", "--json", check=0).stdout)
        self.assertEqual((told["services"][0]["state"], told["services"][0]["desired"]), ("stopped", "down"))

    def test_what_systemd_runs(self):
        """The condition holds where no daemon runs, and not where one does."""
        self.ctl("__absent", check=0)
        self.ctl("autostart", "run", "--delay", "0s", check=0)
        self.ctl("__absent", check=1)
        self.runs_once()

    def test_a_true_failure_is_told(self):
        """`run` is content with another daemon, not with none."""
        self.config.write_text("{")
        self.ctl("autostart", "run", check=6)


if __name__ == "__main__":
    main()
