"""Installs the packages as people do, runs what they brought, and removes them without a trace.

    deb_install.py PACKAGES     the folder that deb_build.py has filled; see deb_root.py for where it installs
"""

import fcntl
import json
import sys
import unittest
from pathlib import Path

import deb_root

HELPER = "/var/lib/systemd/deb-systemd-helper-enabled"  # systemd's note of a unit, until it is purged
CONFIG = {"version": 1, "http": {"listen": "off"}, "services": {"one": {"command": ["sleep", "1000"]}}}


class Install(unittest.TestCase):
    packages: Path

    def setUp(self):
        self.both = [f"/mnt/{p.name}" for p in sorted(self.packages.glob("*.deb"))]
        self.programs = self.both[0]
        self.root = deb_root.Root(self.packages)
        self.addCleanup(self.root.leave)

    def status(self):
        return json.loads(self.root.run("aurorctl", "status", "--json"))

    def configure(self):
        (self.root.path / "etc/aurora").mkdir()
        (self.root.path / "etc/aurora/aurora.json").write_text(json.dumps(CONFIG))

    def test_all_that_is_promised_is_there(self):
        """Each file is as the package says, programs start, pages are found, nothing runs by itself."""
        self.root.apt("install", *self.both)
        self.assertEqual(self.root.run("dpkg", "--verify", "aurora", "libaurora-dev"), "")
        for program in ("aurorad", "aurorctl"):
            self.assertIn("0.", self.root.run(program, "--version"))
        for page in ("aurorad", "aurorctl", "aurorctl-tls", "aurorctl-top", "aurora.json", "aurora-api", "libaurora"):
            self.assertIn("NAME", self.root.run("man", page))
        self.root.run("bash", "-n", "/usr/share/bash-completion/completions/aurorctl")
        for path in ("zsh/vendor-completions/_aurorctl", "fish/vendor_completions.d/aurorctl.fish",
                     "aurora/aurora.schema.json", "aurora/sample/aurora.json"):
            self.assertTrue((self.root.path / "usr/share" / path).stat().st_size, path)
        unit = (self.root.path / "usr/lib/systemd/system/aurorad.service").read_text()
        self.assertIn("\nExecStart=/usr/bin/aurorad --config /etc/aurora/aurora.json\n", unit)
        self.assertEqual([p for p in self.root.traces() if p.startswith("/etc/")], [])
        self.assertNotIn("aurorad", self.root.run("ps", "-e", "-o", "comm="))
        self.root.apt("purge", "aurora", "libaurora-dev")
        self.assertEqual(self.root.traces(), set())

    def test_installing_again_leaves_services_alone(self):
        """The daemon and its service keep their pids, and the next program takes over when it is asked to."""
        self.root.apt("install", self.programs)
        self.configure()
        self.root.run("aurorctl", "up", "-d")
        before = self.status()
        self.assertEqual(before["daemon"]["state_dir"], "/var/lib/aurora")
        self.root.apt("install", "--reinstall", self.programs)
        self.assertEqual(self.status()["daemon"]["pid"], before["daemon"]["pid"])
        self.root.run("aurorctl", "upgrade")
        after = self.status()
        self.assertNotEqual(after["daemon"]["pid"], before["daemon"]["pid"])
        self.assertEqual([s["pid"] for s in after["services"]], [s["pid"] for s in before["services"]])
        self.root.run("aurorctl", "down")

    def test_it_goes_without_a_trace(self):
        """Removed: configuration and state are left. Purged: the configuration that somebody wrote."""
        self.assertEqual(self.root.traces(), set())
        self.root.apt("install", self.programs)
        self.assertIn("/usr/bin/aurorad", self.root.traces())
        self.configure()
        self.root.run("aurorctl", "up", "-d")
        self.root.run("aurorctl", "down")

        self.root.apt("remove", "aurora")
        left = {p for p in self.root.traces() if not p.startswith(("/var/lib/aurora/", HELPER))}
        self.assertEqual(left, {"/etc/aurora", "/etc/aurora/aurora.json", "/var/lib/aurora"})

        with open(self.root.path / "var/lib/aurora/aurorad.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            said = self.root.run("sh", "/var/lib/dpkg/info/aurora.postrm", "purge")
        self.assertIn("an aurorad still runs on it", said)
        self.assertTrue((self.root.path / "var/lib/aurora/aurorad.lock").exists())

        self.root.apt("purge", "aurora")
        self.assertEqual(self.root.traces(), {"/etc/aurora", "/etc/aurora/aurora.json"})


if __name__ == "__main__":
    if Path("/var/lib/dpkg/info/aurora.list").exists():
        deb_root.skip("an Aurora is installed on this machine; 'apt purge aurora' first")
    deb_root.enter()
    Install.packages = Path(sys.argv.pop()).resolve()
    unittest.main()
