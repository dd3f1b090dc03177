"""aurorctl rollback: back to the configuration with which all was ready, or nothing is changed."""

import json

from aurora_e2e import FOREVER, Case, main


class Rollback(Case):
    def with_label(self, label, **service):
        return self.config({"web": {"command": FOREVER, "labels": {"is": label}, **service}})

    def label(self, daemon):
        """What is written in the file."""
        return json.loads(daemon.config.read_text())["services"]["web"]["labels"]["is"]

    def started(self):
        daemon = self.daemon({"web": {"command": FOREVER, "labels": {"is": "good"}}})
        daemon.wait_state("web", "running")
        return daemon

    def bad(self):
        return self.with_label("bad", command=["/nowhere"])

    def test_from_one_that_does_not_come_up(self):
        """The file is the one before, what it was is beside it, and the service runs."""
        daemon = self.started()
        daemon.config.chmod(0o640)
        good = daemon.config.read_text()
        daemon.reload(self.bad(), check=1)
        bad = daemon.config.read_text()
        daemon.ctl("rollback", check=0)
        self.assertEqual(daemon.config.read_text(), good)
        self.assertEqual(daemon.config.stat().st_mode & 0o777, 0o640)
        self.assertEqual((self.home / "aurora.json.bak").read_text(), bad)
        self.assertEqual(daemon.status("web")["state"], "running")
        self.assertEqual((daemon.state / "config.good").stat().st_mode & 0o777, 0o600)
        self.assertEqual(sorted(p.name for p in self.home.glob("*.new")), [])

    def test_over_several_that_do_not(self):
        """One that was never ready is not gone back to, and a reload of the same changes nothing."""
        daemon = self.started()
        daemon.reload(self.bad(), check=1)
        daemon.reload(self.with_label("worse", command=["/nowhere/else"]), check=1)
        daemon.reload(check=None)
        daemon.ctl("rollback", check=0)
        self.assertEqual(self.label(daemon), "good")
        daemon.reload()
        daemon.ctl("rollback", check=0)
        self.assertEqual(self.label(daemon), "good")

    def test_there_and_back(self):
        """Between two with which all was ready."""
        daemon = self.started()
        daemon.reload(self.with_label("better"))
        for expected in ("good", "better", "good"):
            daemon.ctl("rollback", check=0)
            self.assertEqual(self.label(daemon), expected)

    def test_after_another_daemon(self):
        """What was kept outlives the daemon; a file that is no JSON is written over all the same."""
        daemon = self.started()
        daemon.reload(self.with_label("next"))
        daemon.stop()
        daemon.start()
        daemon.wait_state("web", "running")
        daemon.write("{ no JSON")
        daemon.ctl("rollback", check=0)
        self.assertEqual(self.label(daemon), "good")
        self.assertEqual((self.home / "aurora.json.bak").read_text(), "{ no JSON")

    def test_nothing_is_changed(self):
        """Without one to go back to, without a daemon, beside another's file, with one that would be refused."""
        daemon = self.started()
        self.assertIn("no configuration to go back to", daemon.ctl("rollback", check=1).stderr)
        daemon.reload(self.with_label("next"))
        (self.home / "other.json").write_text(daemon.config.read_text())
        self.assertIn("the daemon runs", daemon.ctl("-c", "other.json", "rollback", check=2).stderr)
        self.assertEqual(daemon.ctl("-H", "http://127.0.0.1:1", "rollback").returncode, 2)
        (daemon.state / "config.good").write_text('{"services": {"web": {"comand": "x"}}}')
        self.assertIn("comand", daemon.ctl("rollback", check=6).stderr)
        daemon.stop()
        daemon.ctl("rollback", check=7)
        self.assertEqual(self.label(daemon), "next")
        self.assertEqual(sorted(p.name for p in self.home.glob("aurora.json*")), ["aurora.json"])


if __name__ == "__main__":
    main()
