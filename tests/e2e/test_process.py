"""Processes that will not start, will not end, or end in every way there is."""

import concurrent.futures
import json
import signal
import time
from pathlib import Path

from aurora_e2e import DEADLINE, FOREVER, SANITIZED, alive, eventually, main, mappings, moment
from aurora_puppet import PuppetCase

NEVER = {"policy": "never"}


class Unstartable(PuppetCase):
    def test_each_failure_to_start_tells_errno_path_and_phase(self):
        """P07: what cannot be executed fails at once, and says in which phase, of which file and why."""
        home = self.home
        (home / "no-x").write_text("#!/bin/sh\n")
        (home / "no-x").chmod(0o644)
        (home / "empty").write_text("")
        (home / "empty").chmod(0o744)
        (home / "garbage").write_bytes(b"\x00\x01\x02\x03")
        (home / "garbage").chmod(0o755)
        (home / "loop").symlink_to("loop")
        faults = {
            "missing": ({"command": [f"{home}/nowhere"]}, ["no such file", f"{home}/nowhere"]),
            "unfound": ({"command": ["no-such-program-of-ours"]}, ["no-such-program-of-ours"]),
            "denied": ({"command": [f"{home}/no-x"]}, ["permission denied", f"{home}/no-x"]),
            "format": ({"command": [f"{home}/empty"]}, ["exec format error", f"{home}/empty"]),
            "garbage": ({"command": [f"{home}/garbage"]}, ["exec format error", f"{home}/garbage"]),
            "notdir": ({"command": [f"{home}/no-x/below"]}, ["not a directory", f"{home}/no-x/below"]),
            "loop": ({"command": [f"{home}/loop"]}, ["symbolic links", f"{home}/loop"]),
            "long": ({"command": ["/bin/echo", "x" * (3 << 20)]}, ["argument list too long", "/bin/echo"]),
            "cwd": ({"command": FOREVER, "working_dir": f"{home}/gone"}, ["no such file", f"{home}/gone"]),
            "cwd-file": ({"command": FOREVER, "working_dir": f"{home}/empty"}, ["not a directory", f"{home}/empty"]),
            "user": ({"command": FOREVER, "user": "no-such-user-of-ours"}, ["user", "no-such-user-of-ours"])}
        daemon = self.daemon({name: keys for name, (keys, _) in faults.items()} | {"fine": {"command": FOREVER}})
        daemon.wait_state("fine", "running")
        for name, (_, words) in faults.items():
            with self.subTest(name):
                event = daemon.wait_state(name, "failed")
                self.assertEqual(event["reason"], "exec-failed")
                text = event["because"]["text"]
                for word in words:
                    self.assertIn(word, text.lower() if word.islower() else text)
                self.assertLess(len(text), 1000)
                self.assertIn(words[-1], daemon.ctl("why", name, check=0).stdout)
                self.assertEqual(daemon.ctl("start", name).returncode, 1)
        self.assertRegex(daemon.status("cwd")["because"]["text"], "chdir|working_dir")

    def test_a_full_process_table_is_waited_out(self):
        """P09: while no process can be made starts are tried again and again; nobody fails, nobody else is touched."""
        group = self.own_cgroup("pids")
        daemon = self.daemon({"old": {"command": FOREVER}, "new": {"command": FOREVER, "autostart": False, "restart": {"limit": 1}}})
        daemon.wait_state("old", "running")
        before = daemon.status("old")["pid"]
        for pid in (daemon.reactor(), before):
            (group / "cgroup.procs").write_text(str(pid))
        (group / "pids.max").write_text("1")
        since = daemon.sequence()
        self.assertEqual(daemon.api("POST", "/api/v1/services/new/start")[0], 202)
        for _ in range(4):  # more often than the limit of restarts
            since = daemon.wait_state("new", "backoff", since, reason="spawn-retry")["sequence"]
        (group / "pids.max").write_text("max")
        daemon.wait_state("new", "running", since)
        self.assertNotIn("failed", [event["to"] for event in daemon.events()])
        self.assertEqual(daemon.status("old")["pid"], before)


class Unstoppable(PuppetCase):
    def test_daemonised_copies_are_killed(self):
        """P01: a main process that leaves daemons behind has ended; they are killed within a second, before the next start."""
        daemon = self.daemon({"old": self.puppets.service(restart={"delay": "10ms"})})
        puppet = self.puppets.meet()
        daemon.wait_state("old", "running")
        copies = puppet.pids("double-fork") + puppet.pids("escape") + puppet.pids("hold-pipe")
        since = daemon.sequence()
        ended = time.monotonic()
        puppet.tell("exit 0")
        eventually(lambda: not any(map(alive, copies)), "no copy lives", daemon)
        self.assertLess(time.monotonic() - ended, 3 if SANITIZED else 1)
        told = daemon.wait_event(lambda e: e["instance"] == "old" and e["reason"] == "left-over", since)
        self.assertEqual(told["because"]["count"], len(copies))
        successor = self.puppets.meet()
        self.assertEqual([pid for pid in copies if alive(pid)], [], "a copy lives beside the next run")
        self.assertNotEqual(successor.pid, puppet.pid)
        history = daemon.events(since)
        self.assertEqual([e["because"]["exit"]["code"] for e in history if e["because"]["exit"]], [0])
        self.assertEqual(len([e for e in history if e["reason"] == "left-over"]), 1)

    def test_who_ignores_term_is_killed_in_time(self):
        """P02: who ignores SIGTERM is killed after stop.timeout, and that is told."""
        daemon = self.daemon({"deaf": self.puppets.service(stop={"timeout": "1s"})})
        puppet = self.puppets.meet()
        puppet.ask("ignore TERM")
        daemon.wait_state("deaf", "running")
        since = daemon.sequence()
        asked = time.monotonic()
        self.assertEqual(daemon.api("POST", "/api/v1/services/deaf/stop")[0], 202)
        self.assertLess(time.monotonic() - asked, 0.9)
        daemon.ctl("stop", "deaf", check=0)
        begun = daemon.wait_state("deaf", "stopping", since)
        killed = daemon.wait_event(lambda e: e["instance"] == "deaf" and e["reason"] == "stop-timeout", since)
        ended = daemon.wait_state("deaf", "stopped", since)
        self.assertGreaterEqual(moment(killed) - moment(begun), 0.99)
        self.assertLess(moment(ended) - moment(begun), 3)
        self.assertEqual(daemon.status("deaf")["last_exit"]["signal"], "SIGKILL")
        self.assertIn("SIGKILL", daemon.ctl("why", "deaf", check=0).stdout)

    def test_nobody_escapes(self):
        """P04: sessions of their own, orphaned, five deep, without the marker: a stop leaves none of them."""
        for deaf in (False, True):  # the deaf ones live until the timeout
            with self.subTest(deaf=deaf):
                name = "deaf" if deaf else "tree"
                daemon = self.daemon({name: self.puppets.service(stop={"timeout": "1s"})})
                puppet = self.puppets.meet()
                if deaf:
                    puppet.ask("ignore TERM")
                pids = puppet.pids("setsid-tree 5") + puppet.pids("escape-unmarked") + puppet.pids("fork-many 50")
                daemon.wait_state(name, "running")
                asked = time.monotonic()
                daemon.ctl("stop", name, check=0)
                self.assertLess(time.monotonic() - asked, 1 + (4 if SANITIZED else 2))
                self.assertEqual([pid for pid in pids if alive(pid)], [])
                self.assertEqual(daemon.stop(), 0)

    def test_killed_for_memory_comes_back(self):
        """P16: who is killed for its memory is told so, or as SIGKILL, and restarted; the daemon is a worse victim."""
        group = self.own_cgroup("memory")
        (group / "memory.limit_in_bytes").write_text(str(20 << 20))
        daemon = self.daemon({"fat": self.puppets.service(restart={"delay": "10ms"})})
        puppet = self.puppets.meet()
        daemon.wait_state("fat", "running")
        score = lambda pid: int(Path(f"/proc/{pid}/oom_score_adj").read_text())
        self.assertLess(score(daemon.process.pid), score(puppet.pid))
        (group / "cgroup.procs").write_text(str(puppet.pid))
        puppet.tell("eat-memory 200000000")
        daemon.wait_state("fat", "backoff")
        self.puppets.meet()
        last = daemon.status("fat")["last_exit"]
        self.assertEqual((last["code"], last["signal"]), (None, "SIGKILL"))
        self.assertIn(last["cause"], (None, "oom"))


class Endings(PuppetCase):
    def test_every_signal_and_code_is_told_exactly(self):
        """P17: each deadly signal and each exit code is what `status` shows."""
        deadly = [n for n in range(1, 65) if n not in (17, 18, 19, 20, 21, 22, 23, 28, 32, 33)]
        codes = [0, 1, 2, 3, 42, 126, 127, 128, 129, 137, 143, 254, 255]
        keys = {"restart": NEVER, "limits": {"core": "0"}}
        services = {f"signal{n}": {"command": [str(self.puppets.program), "--mode", "raise", str(n)], **keys} for n in deadly}
        services |= {f"code{n}": {"command": f"exit {n}", **keys} for n in codes}
        daemon = self.daemon(services)
        for name in services:
            daemon.wait_event(lambda e: e["instance"] == name and e["to"] in ("failed", "completed"))
        status = daemon.status()
        for number in deadly:
            last = status[f"signal{number}"]["last_exit"]
            try:
                known = signal.Signals(number).name
            except ValueError:
                known = f"SIGRTMIN+{number - 34}" if number < 50 else f"SIGRTMAX-{64 - number}"
            self.assertEqual(last["code"], None, number)
            self.assertIn(last["signal"], (known, str(number), f"SIGRTMIN+{number - 34}", f"SIGRTMAX-{64 - number}"))
        for number in codes:
            last = status[f"code{number}"]["last_exit"]
            self.assertEqual((last["code"], last["signal"]), (number, None))
            self.assertEqual(status[f"code{number}"]["state"], "failed" if number else "completed")
        ends = [e["because"]["exit"] for e in daemon.events() if e["because"]["exit"]]
        self.assertEqual(len(ends), len(services), "one end each")
        self.assertFalse(any(end["core_dumped"] for end in ends))

    def test_policies_on_success(self):
        """P18: `always` starts it again, no sooner than half a second; the others call success completed."""
        daemon = self.daemon({policy: {"command": ["true"], "restart": {"policy": policy}} for policy in ("always", "on-failure", "never")})
        for policy in ("on-failure", "never"):
            daemon.wait_state(policy, "completed")
        first = daemon.wait_state("always", "backoff")
        second = daemon.wait_state("always", "starting", first["sequence"])
        self.assertGreaterEqual(moment(second) - moment(first), 0.44)  # 500 ms less a jitter of a tenth
        self.assertGreaterEqual(first["because"]["delay_seconds"], 0.45)
        status = daemon.status()
        self.assertEqual(status["never"]["state"], "completed")
        self.assertEqual(status["on-failure"]["last_exit"]["code"], 0)

    def test_a_crash_storm_leaves_the_daemon_answering(self):
        """P10: many services that die at once and for ever do not keep the daemon from answering."""
        count = 100
        daemon = self.daemon({f"s{i}": {"command": ["false"], "restart": {"delay": "200ms", "factor": 1, "jitter": 0.5, "limit": 0}} for i in range(count)}
                             | {"calm": {"command": FOREVER}})
        daemon.wait_state("calm", "running")
        calm = daemon.status("calm")["pid"]
        slowest = 0
        while min(s["restarts"] for name, s in daemon.status().items() if name != "calm") < 3:
            asked = time.monotonic()
            daemon.status("calm")
            slowest = max(slowest, time.monotonic() - asked)
        self.assertLess(slowest, 1)
        self.assertEqual(daemon.status("calm")["pid"], calm)

    def test_ten_restarts_at_once_are_two_at_most(self):
        """P14: restarts that come together share cycles, and each caller gets its answer."""
        daemon = self.daemon({"web": self.puppets.service(stop={"timeout": "3s"})})
        self.puppets.meet().ask("ignore TERM")  # so that all ten come while it stops
        run = daemon.wait_state("web", "running")["run"]
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda _: daemon.api("POST", "/api/v1/services/web/restart?wait=20s"), range(10)))
        for code, answer in answers:
            self.assertEqual(code, 200, answer)
            self.assertTrue(answer["operation"]["finished"], json.dumps(answer))
            self.assertEqual(answer["operation"]["targets"][0]["result"], "done")
        self.assertIn(max(e["run"] for e in daemon.events()) - run, (1, 2))
        self.assertTrue(alive(daemon.status("web")["pid"]))

    def test_who_is_overtaken_hears_of_it(self):
        """P14: a stop that a start overtakes, and a start that a stop overtakes, are answered at once, not when their time is up."""
        daemon = self.daemon({"web": self.puppets.service(autostart=False, ready={"notify": True}, start_timeout="10m", stop={"timeout": "10m"})})
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = lambda verb: pool.submit(daemon.api, "POST", f"/api/v1/services/web/{verb}?wait=10m", {}, DEADLINE)
            start = asked("start")
            since = daemon.wait_state("web", "starting")["sequence"]
            puppet = self.puppets.meet()
            daemon.ctl("stop", "web", check=0)
            self.assertEqual(start.result()[1]["operation"]["targets"][0]["result"], "failed")
            puppet.gone()
            daemon.ctl("start", "--no-wait", "web", check=0)
            puppet = self.puppets.meet()
            puppet.ask("ignore TERM")
            puppet.ask("notify READY=1")
            since = daemon.wait_state("web", "running", since)["sequence"]
            stop = asked("stop")
            daemon.wait_state("web", "stopping", since)
            daemon.ctl("start", "--no-wait", "web", check=0)
            puppet.tell("exit 0")
            self.puppets.meet().ask("notify READY=1")
            self.assertIn(stop.result()[1]["operation"]["targets"][0]["result"], ("failed", "done"))

    def test_no_foreign_process_is_hit_by_a_stale_pid(self):
        """P11: `stop` and `signal` of one that ended signal nobody."""
        daemon = self.daemon({"gone": {"command": ["true"], "restart": NEVER}})
        daemon.wait_state("gone", "completed")
        self.assertNotEqual(daemon.ctl("signal", "gone", "TERM").returncode, 0)
        self.assertIsNone(daemon.status("gone")["pid"])
        daemon.ctl("stop", "gone", check=0)


class Rest(PuppetCase):
    def share(self, pid):
        """Of the bytes of program and constants that are mapped, how much is in memory."""
        text = [each for each in mappings(pid) if each["file"] and "w" not in each["mode"] and each["Anonymous"] == 0]
        return sum(each["Rss"] for each in text) / sum(each["Size"] for each in text)

    def test_memory_of_the_start_is_given_back(self):
        """Pages of the program that nobody needs now: by the keeper at once, by the reactor when its services are started."""
        for arguments in ([], ["--start-delay", "1200ms"]):
            daemon = self.daemon({"web": self.puppets.service()}, start=False)
            daemon.start(*arguments)
            puppet = self.puppets.meet()
            for pid in (daemon.process.pid, daemon.reactor()):
                eventually(lambda: self.share(pid) < 0.2, f"{pid} gives back (it has {self.share(pid)})", daemon)
            puppet.ask("out still here")
            daemon.wait_log("web", "still here\n")
            daemon.ctl("down", check=0)


if __name__ == "__main__":
    main()
