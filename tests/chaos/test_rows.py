"""Rows P of the catalogue of faults once more, with the reactor killed at random instants beside them."""

import concurrent.futures
import os
import random
import signal
import subprocess
from pathlib import Path

from aurora_e2e import CLEAN, DEADLINE, FOREVER, SANITIZED, alive, carrying, eventually, main, zombies_of
from aurora_namespace import FirstCase, Inside, reactor_of, with_pids_of_its_own
from killing import QUICK, SEED, Killer, UnderFire

LAST_PID = Path("/proc/sys/kernel/ns_last_pid")


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

    def test_no_process_can_be_made(self):
        """P09: neither for a service nor for the next reactor; when there are some again all is as it was asked for."""
        self.begin({"web": self.puppets.service(restart=QUICK | {"limit": 1}), "calm": {"command": FOREVER}})
        puppet = self.puppets.meet()
        calm = self.becomes("calm", state="running")["pid"]
        calls = "clone,clone3,fork,vfork"
        tracer = self.traced(self.stack, "-e", f"trace={calls}", "-e", f"inject={calls}:error=EAGAIN", pid=self.stack.process.pid)
        puppet.ask("exit 1")
        puppet.gone()
        os.kill(self.look("daemon")["pid"], signal.SIGKILL)
        eventually(lambda: "cannot start the reactor" in self.stack.err(), "the keeper is refused too", self.stack)
        self.assertTrue(alive(calm))
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=DEADLINE)
        self.under_fire()
        puppet = self.puppets.meet()
        self.over()
        self.assertEqual(self.becomes("web", state="running", pid=puppet.pid)["restarts"], 1, f"seed {SEED}")
        self.assertEqual(self.becomes("calm", state="running", pid=calm)["restarts"], 0, f"seed {SEED}")

    @with_pids_of_its_own
    def test_a_number_that_came_back(self):
        """P11: both die, a service too, and a stranger gets its pid: it is neither taken over nor signalled."""
        if not os.access(LAST_PID, os.W_OK):
            self.skipTest("the next pid cannot be chosen here")
        self.begin({"web": self.puppets.service(restart=QUICK)})
        pid = self.puppets.meet().pid
        self.becomes("web", state="running", pid=pid)
        self.stack.kill()
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not alive(pid), "it is gone")
        stranger = self.born_as(pid)
        self.stack.start()
        puppet = self.puppets.meet()
        self.under_fire()
        self.over()
        found = self.becomes("web", state="running", pid=puppet.pid)
        self.assertNotEqual(found["pid"], pid, f"seed {SEED}")
        self.ask("stop", "web")
        self.becomes("web", state="stopped")
        self.assertIsNone(stranger.poll(), f"the stranger lives (seed {SEED})")

    def born_as(self, pid):
        """A process of ours with that number."""
        for _ in range(1000):
            LAST_PID.write_text(str(pid - 1))
            stranger = subprocess.Popen(["sleep", "1000"], env=CLEAN)
            self.addCleanup(stranger.wait)
            self.addCleanup(stranger.kill)
            if stranger.pid == pid:
                return stranger
            stranger.kill()
            stranger.wait()
        self.skipTest(f"the number {pid} is not to be had")

    def test_killed_for_memory(self):
        """P16: told as SIGKILL, and started again."""
        group = self.own_cgroup("memory")
        (group / "memory.limit_in_bytes").write_text(str(20 << 20))
        self.begin({"fat": self.puppets.service(restart=QUICK)})
        puppet = self.puppets.meet()
        (group / "cgroup.procs").write_text(str(puppet.pid))
        self.under_fire()
        puppet.tell("eat-memory 200000000")
        puppet = self.puppets.meet()
        self.over()
        found = self.becomes("fat", state="running", pid=puppet.pid)
        self.assertEqual((found["restarts"], found["last_exit"]["signal"]), (1, "SIGKILL"), f"seed {SEED}")


class AsPidOne(FirstCase):
    def test_orphans_in_a_container(self):
        """P05: as the first process, thousands of orphans while one reactor after the other is killed; a service's own end is told."""
        count = 200 if SANITIZED else 1000
        stack, pid = self.first({"web": self.puppets.service(restart=QUICK), "calm": {"command": FOREVER}})
        puppet = Inside(self.puppets)
        killer = Killer(stack, random.Random(SEED), lambda: reactor_of(pid) if stack._answers() else None)
        killer.start()
        for _ in range(10):
            puppet.ask(f"orphans {count}")
        killer.join()
        eventually(stack._answers, f"it answers (seed {SEED})", stack)
        eventually(lambda: not zombies_of(pid) and not zombies_of(reactor_of(pid)), f"all are reaped (seed {SEED})", stack)
        puppet.tell("exit 7")
        Inside(self.puppets)
        ends = [event["because"]["exit"]["code"] for event in stack.events() if event["because"]["exit"]]
        self.assertEqual(ends, [7], f"seed {SEED}")
        self.assertEqual(stack.status("calm")["restarts"], 0, f"seed {SEED}")
        self.finish(stack, pid)


if __name__ == "__main__":
    print(f"seed {SEED}")
    main()
