"""The times that hold when nothing else is said, measured on a real daemon."""

from pathlib import Path

from aurora_e2e import FOREVER, SANITIZED, alive, eventually, main, moment
from aurora_puppet import PuppetCase

HOOKS = ("pre_start", "post_start", "pre_stop", "post_stop")
LATE = 1 if SANITIZED else 0.3


class Defaults(PuppetCase):
    def hang(self, hook):
        """A service whose hook tells its pids, one of them out of its session, and never ends."""
        pids = self.home / f"pids-{hook}"
        script = f"trap '' TERM; echo $$$$ >> {pids}; sleep 1000 & echo $! >> {pids}; setsid sleep 1000 & echo $! >> {pids}; wait; wait"
        return {"command": FOREVER, "hooks": {hook: script}, "restart": {"delay": "60s", "max_delay": "60s", "limit": 0}}

    def pids_of(self, hook):
        path = self.home / f"pids-{hook}"
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    def took(self, daemon, name, begun, reason):
        """Seconds from an event to the one of that reason."""
        ended = daemon.wait_event(lambda e: e["instance"] == name and e["reason"] == reason, begun["sequence"] - 1)
        return ended, moment(ended) - moment(begun)

    def test_ten_seconds(self):
        """P02, P23: who ignores SIGTERM, and each hook that hangs, is killed after 10 s with all it started; all are told."""
        daemon = self.daemon({"deaf": self.puppets.service()} | {hook: self.hang(hook) for hook in HOOKS})
        self.puppets.meet("deaf").ask("ignore TERM")
        daemon.wait_state("deaf", "running")
        begun = {"pre_start": daemon.wait_state("pre_start", "starting"), "post_start": daemon.wait_state("post_start", "running")}
        for name in ("pre_stop", "post_stop"):
            daemon.wait_state(name, "running")
        main_pids = {name: status["pid"] for name, status in daemon.status().items() if status["pid"]}
        since = daemon.sequence()
        for name in ("deaf", "pre_stop", "post_stop"):
            self.assertEqual(daemon.api("POST", f"/api/v1/services/{name}/stop")[0], 202)
        begun |= {name: daemon.wait_state(name, "stopping", since) for name in ("deaf", "pre_stop", "post_stop")}
        for hook in HOOKS:
            eventually(lambda: len(self.pids_of(hook)) == 3, f"{hook} runs", daemon)
        self.assertTrue(alive(main_pids["pre_stop"]), "pre_stop comes before the signal")

        _, took = self.took(daemon, "deaf", begun["deaf"], "stop-timeout")
        self.assertTrue(9.7 <= took <= 10 + LATE, took)
        self.assertLess(moment(daemon.wait_state("deaf", "stopped", since)) - moment(begun["deaf"]), 10 + 3 * LATE)
        for hook in HOOKS:
            with self.subTest(hook):
                told, took = self.took(daemon, hook, begun[hook], "hook-failed")
                self.assertTrue(9.7 <= took <= 10 + LATE, took)
                self.assertIn(hook, told["because"]["text"])
                self.assertIn(hook, daemon.ctl("why", hook, check=0).stdout)
        # What follows the hook happens all the same.
        for name in ("pre_stop", "post_stop"):
            daemon.wait_state(name, "stopped", since)
        daemon.wait_state("pre_start", "backoff")
        self.assertNotIn("pre_start", main_pids)
        self.assertEqual(daemon.status("post_start")["state"], "running")
        self.assertEqual(daemon.status("post_start")["pid"], main_pids["post_start"])
        self.assertEqual(daemon.status("deaf")["last_exit"]["signal"], "SIGKILL")
        for hook in HOOKS:
            eventually(lambda: not any(map(alive, self.pids_of(hook))), f"nothing of {hook} lives", daemon)
            self.assertEqual([e["reason"] for e in daemon.events() if e["instance"] == hook].count("hook-failed"), 1)
        for name in ("deaf", "pre_stop", "post_stop"):
            self.assertFalse(Path(f"/proc/{main_pids[name]}").exists(), name)


if __name__ == "__main__":
    main()
