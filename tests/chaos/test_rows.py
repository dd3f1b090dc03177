"""Rows P of the catalogue of faults once more, with the reactor killed at random instants beside them."""

import concurrent.futures

from aurora_e2e import alive, carrying, eventually, main, zombies_of
from killing import QUICK, SEED, UnderFire


class Processes(UnderFire):
    def test_descendants_do_not_escape(self):
        """P01, P04: what it double-forked, sessions of its own too, is gone with a stop."""
        self.begin({"web": self.puppets.service()})
        puppet = self.puppets.meet()
        self.under_fire()
        escaped = puppet.pids("escape") + puppet.pids("double-fork") + puppet.pids("setsid-tree 5")
        self.ask("stop", "web")
        self.becomes("web", state="stopped", desired="down")
        self.over()
        for pid in escaped:
            eventually(lambda: not alive(pid), f"{pid} is gone (seed {SEED})", self.stack)
        self.assertEqual(carrying(self.marker), [], f"seed {SEED}")

    def test_who_ignores_term_is_killed(self):
        """P02: at its timeout, by whichever reactor lives then."""
        self.begin({"deaf": self.puppets.service(stop={"timeout": "500ms"})})
        puppet = self.puppets.meet()
        puppet.ask("ignore TERM")
        self.under_fire()
        self.ask("stop", "deaf")
        puppet.gone()
        self.becomes("deaf", state="stopped", desired="down")
        self.over()

    def test_what_cannot_be_executed(self):
        """P07: the error is told, and it is not tried for ever."""
        self.begin({"none": {"command": ["/nonexistent/program"], "autostart": False}})
        self.under_fire()
        self.ask("start", "none")
        self.assertIn("ENOENT", self.becomes("none", state="failed", reason="exec-failed")["because"]["text"])
        self.over()

    def test_each_end_is_known(self):
        """P17: exit codes and signals, of a service that ends again and again."""
        self.begin({"web": self.puppets.service(restart=QUICK)})
        self.under_fire()
        for number in range(12):
            puppet = self.puppets.meet()
            puppet.ask(f"exit {number + 1}" if number % 2 else "raise 9 nocore")
            puppet.gone()
        puppet = self.puppets.meet()
        self.over()
        found = self.becomes("web", state="running", pid=puppet.pid)
        self.assertEqual(found["restarts"], 12, f"seed {SEED}")
        self.assertEqual(found["last_exit"]["code"], 12, f"seed {SEED}")

    def test_a_fork_bomb(self):
        """P19: a stop kills all of it."""
        self.begin({"bomb": self.puppets.service(stop={"timeout": "300ms"})})
        puppet = self.puppets.meet()
        puppet.ask("ignore TERM")
        puppet.ask("bomb 200")
        eventually(lambda: len(carrying(self.marker)) >= 200, "it has exploded", self.stack)
        self.under_fire()
        self.ask("stop", "bomb")
        self.becomes("bomb", state="stopped")
        self.over()
        self.assertEqual(carrying(self.marker), [], f"seed {SEED}")

    def test_hooks(self):
        """P23: a stop with hooks ends, one that hangs too; each runs to its end once at least."""
        done = self.home / "done"
        self.begin({"web": self.puppets.service(hooks={"pre_stop": ["/bin/sh", "-c", f"echo pre >> '{done}'"], "post_stop": ["/bin/sh", "-c", f"echo post >> '{done}'"]})})
        self.puppets.meet()
        self.under_fire()
        self.ask("stop", "web")
        self.becomes("web", state="stopped", desired="down")
        self.over()
        self.assertTrue({"pre", "post"} <= set(done.read_text().split()), f"seed {SEED}")

    def test_a_crash_storm(self):
        """P10: many that die at once and for ever: each is tried as often as its limit says, no more and no less."""
        storm = {f"s{n}": {"command": ["false"], "restart": {"delay": "20ms", "max_delay": "50ms", "limit": 2}} for n in range(40)}
        self.begin(storm)
        self.under_fire()
        self.over()
        for name in storm:
            found = self.becomes(name, state="failed", reason="limit-reached")
            self.assertEqual((found["restarts"], found["last_exit"]["code"]), (2, 1), f"{name}, seed {SEED}")

    def test_restarts_that_come_together(self):
        """P14: in the end one process, whoever asked and whoever died meanwhile."""
        self.begin({"web": self.puppets.service(stop={"timeout": "1s"})})
        first = self.puppets.meet()
        self.under_fire()
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            list(pool.map(lambda _: self.ask("restart", "web"), range(10)))
        self.over()
        eventually(lambda: not alive(first.pid), f"the first is gone (seed {SEED})", self.stack)
        found = self.becomes("web", state="running", desired="up")
        eventually(lambda: carrying(self.marker) == [self.look("web")["pid"]], f"there is one, {found} (seed {SEED})", self.stack)

    def test_success_at_once(self):
        """P18: the table of policies holds; `always` starts no sooner than its delay after the last."""
        times = self.home / "times"
        again = ["/bin/sh", "-c", f"date +%s.%N >> '{times}'"]
        self.begin({"always": {"command": again, "restart": {"policy": "always", "limit": 0}},
                    "on-failure": {"command": ["true"], "restart": {"policy": "on-failure"}},
                    "never": {"command": ["true"], "restart": {"policy": "never"}}})
        self.under_fire()
        self.over()
        for name in ("on-failure", "never"):
            self.assertEqual(self.becomes(name, state="completed")["restarts"], 0, f"seed {SEED}")
        eventually(lambda: len(times.read_text().split()) >= 4, f"it is started again (seed {SEED})", self.stack)
        starts = [float(word) for word in times.read_text().split()]
        self.assertGreater(min(b - a for a, b in zip(starts, starts[1:])), 0.4, f"seed {SEED}: {starts}")

    def test_whom_a_later_reactor_starts(self):
        """P21, P22: stdin, mask, umask, limits, descriptors and OOM score as those of the first one's."""
        self.begin({"web": self.puppets.service(restart=QUICK)})
        questions = ("stdin", "mask", "umask", "limits", "fds", "nice", "oom-score", "cwd")
        puppet = self.puppets.meet()
        told = [puppet.ask(each) for each in questions]
        self.under_fire()
        self.over()
        puppet.ask("exit 1")
        puppet.gone()
        puppet = self.puppets.meet()
        self.assertEqual([puppet.ask(each) for each in questions], told, f"seed {SEED}")

    def test_orphans_are_reaped(self):
        """P06: what services leave behind, whoever lives when it ends."""
        self.begin({"web": self.puppets.service()})
        puppet = self.puppets.meet()
        self.under_fire()
        for _ in range(10):
            puppet.ask("orphans 50")
        self.over()
        eventually(lambda: not zombies_of(self.stack.process.pid) and not zombies_of(self.stack.reactor()), f"no zombie stays (seed {SEED})", self.stack)
        self.assertEqual(self.becomes("web", state="running")["pid"], puppet.pid, f"seed {SEED}")


if __name__ == "__main__":
    print(f"seed {SEED}")
    main()
