"""A journal that is damaged, lost, copied or of another boot: no second copy is started, and nobody else's is taken."""

import os
import shutil
import signal
import zlib

from aurora_e2e import FOREVER, alive, eventually, main
from aurora_survival import SurvivalCase


def header(boot, run):
    """The first line of a sound journal."""
    line = f"aurora-journal 1 {boot} {run}"
    return f"{line} {zlib.crc32(line.encode()):08x}\n".encode()


class LostJournal(SurvivalCase):
    def lasting(self, services, names, **how):
        """A daemon whose instances of these names run, and what tells whether they are what they were."""
        daemon = self.daemon(services, **how)
        for name in names:
            daemon.wait_state(name, "running")
        eventually(lambda: (daemon.state / "config.last").exists(), "its configuration is saved", daemon)

        def now():
            return {each["name"]: (each["pid"], each["state"]) for each in daemon.status().values()}
        before = now()
        return daemon, lambda: eventually(lambda: now() == before, f"they are what they were: {before}", daemon)

    def test_a_damaged_journal_starts_no_second_copy(self):
        """Cut short or overwritten: the processes are found by their marker, and it is told."""
        daemon = self.daemon({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        before = daemon.status("web")["pid"]
        daemon.kill()
        journal = daemon.state / "journal"
        text = journal.read_bytes()
        journal.write_bytes(text[: len(text) // 2])
        self.again(daemon)
        eventually(lambda: daemon.status("web")["state"] == "running", "it runs", daemon)
        self.assertEqual(daemon.status("web")["pid"], before)
        daemon.kill()
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join([lines[0], b"00000000 web {}\n", *lines[1:]]))
        self.again(daemon)
        eventually(lambda: daemon.status("web")["state"] == "running", "it runs", daemon)
        self.assertEqual(daemon.status("web")["pid"], before)
        self.assertIn("journal of the daemon before", daemon.ctl("status", check=0).stdout)

    def test_a_lost_journal_starts_no_second_copy(self):
        """Overwritten, emptied or removed, with the older one: whatever runs is found by its marker, and goes on as it is."""
        ready_once = "kill -0 $PPID && exec 3>&- && exec sleep 1000"
        daemon = self.daemon({
            "web": {"command": FOREVER},
            "many": {"command": FOREVER},
            "told": {"command": f"echo up >&3; {ready_once}", "ready": {"fd": 3}, "start_timeout": "1h"},
            "off": {"command": FOREVER},
        })
        daemon.ctl("scale", "many", 3, check=0)
        daemon.ctl("stop", "off", check=0)
        for name in ("web", "many@1", "many@2", "many@3", "told"):
            daemon.wait_state(name, "running")
        saved = daemon.state / "state.json"
        eventually(lambda: saved.exists() and '"off"' in saved.read_text(), "it is saved", daemon)
        eventually(lambda: (daemon.state / "config.last").exists(), "its configuration is saved", daemon)
        before = {each["name"]: (each["pid"], each["state"]) for each in daemon.status().values()}
        journal, older = daemon.state / "journal", daemon.state / "journal.previous"

        def lose(by):
            older.unlink(missing_ok=True)
            if by is None:
                journal.unlink()
            else:
                journal.write_bytes(by)

        def same():
            return {each["name"]: (each["pid"], each["state"]) for each in daemon.status().values()} == before

        for by in (b"garbage\n", b"", None):
            with self.subTest(by=by, died="both"):
                daemon.kill()
                lose(by)
                self.again(daemon)
                eventually(same, "they are what they were", daemon)
                self.assertIn("found by AURORA_RUN", daemon.err())
            with self.subTest(by=by, died="reactor"):
                with self.without_reactor(daemon):
                    lose(by)
                eventually(same, "they are what they were", daemon)
        self.assertEqual(daemon.ctl("down", check=0).returncode, 0)
        for pid, _ in before.values():
            self.assertFalse(pid and alive(pid), "none is left")

    def test_a_journal_that_is_cut_short(self):
        """Anywhere: those whose lines are gone are found as the others are."""
        services = {name: {"command": FOREVER} for name in ("a", "b", "c", "d")}
        daemon, same = self.lasting(services, services)
        journal = daemon.state / "journal"
        for part in (0.2, 0.4, 0.6, 0.9):
            with self.subTest(part=part):
                daemon.kill()
                text = journal.read_bytes()
                journal.write_bytes(text[: max(text.index(b"\n") + 1, int(len(text) * part))])
                self.again(daemon)
                same()

    def test_killed_before_it_is_noted(self):
        """The next reactor finds again what the one that died had found and not written down yet."""
        daemon, same = self.lasting({"web": {"command": FOREVER}, "db": {"command": FOREVER}}, ("web", "db"))
        daemon.kill()
        (daemon.state / "journal").write_bytes(b"garbage\n")
        (daemon.state / "journal.previous").unlink(missing_ok=True)
        daemon.killed = False
        daemon.start("--start-delay", "1h")
        self.kill_reactor(daemon)
        daemon.kill()
        self.again(daemon)
        same()

    def test_an_older_generation_of_another_boot(self):
        """Says nothing of what runs now."""
        daemon, same = self.lasting({"web": {"command": FOREVER}}, ("web",))
        daemon.kill()
        (daemon.state / "journal").write_bytes(b"")
        (daemon.state / "journal.previous").write_bytes(header("another-boot", "1.2.0123456789abcdef"))
        self.again(daemon)
        same()

    def test_all_files_are_gone(self):
        """`rm -rf` of what the directory holds: processes are the last to know."""
        daemon, same = self.lasting({"web": {"command": FOREVER}}, ("web",))
        daemon.kill()
        for path in daemon.state.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.again(daemon)
        same()

    def test_lost_numbers(self):
        """Instances that an operator asked for, more or fewer, where just that line is lost."""
        services = {"more": {"command": FOREVER}, "fewer": {"command": FOREVER, "instances": 3}}
        daemon = self.daemon(services)
        daemon.ctl("scale", "more", 3, check=0)
        daemon.ctl("scale", "fewer", 1, check=0)
        before = {each["name"]: each["pid"] for each in daemon.status().values()}
        self.assertEqual(sorted(before), ["fewer", "more@1", "more@2", "more@3"])
        daemon.kill()
        journal = daemon.state / "journal"
        text = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join(b"0" + line[1:] if b" @scaled:" in line else line for line in text))
        self.again(daemon)
        eventually(lambda: {each["name"]: each["pid"] for each in daemon.status().values()} == before, f"as before: {before}", daemon)

    def test_which_of_a_tree(self):
        """A descendant that leads a session of its own is not taken for the service."""
        daemon, same = self.lasting({"web": {"command": f"setsid {FOREVER} & exec {FOREVER}"}}, ("web",))
        daemon.kill()
        for name in ("journal", "journal.previous", "run/births"):
            (daemon.state / name).unlink(missing_ok=True)
        self.again(daemon)
        same()

    def test_a_copied_directory_leaves_the_other_alone(self):
        """`cp -r` of a directory whose stack runs: two stacks, each with its own services."""
        one = self.daemon({"web": {"command": FOREVER}})
        one.wait_state("web", "running")
        eventually(lambda: (one.state / "config.last").exists(), "its configuration is saved", one)
        home = self.home / "copy"
        shutil.copytree(one.state, home / ".aurora", ignore=shutil.ignore_patterns("*.sock", "*.lock", "run"))
        other = self.daemon({"web": {"command": FOREVER}}, home=home)
        other.wait_state("web", "running")
        self.assertNotEqual(other.status("web")["pid"], one.status("web")["pid"])
        self.assertIn("is a copy from another state directory", other.ctl("status", check=0).stdout)
        other.ctl("down", check=0)
        self.assertTrue(alive(one.status("web")["pid"]))

    def test_after_a_reboot_nothing_is_taken_over(self):
        """A journal of another boot: no pid of it means anything."""
        daemon = self.daemon({"web": {"command": FOREVER}, "off": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        daemon.ctl("stop", "off", check=0)
        saved = daemon.state / "state.json"  # a journal tells of wishes at once, the disk a moment later
        eventually(lambda: saved.exists() and '"off"' in saved.read_text(), "it is saved", daemon)
        left = daemon.status("web")["pid"]
        daemon.kill()
        for name in ("journal", "journal.previous"):
            path = daemon.state / name
            if path.exists():
                path.write_bytes(header("another-boot", "0123456789abcdef"))
        os.kill(left, signal.SIGKILL)
        self.again(daemon)
        daemon.wait_state("web", "running")
        self.assertEqual(daemon.status("off")["desired"], "down")


if __name__ == "__main__":
    main()
