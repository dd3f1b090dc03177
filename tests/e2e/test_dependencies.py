"""Orders, waits and failures along the graph of dependencies."""

import json
import os
import random
import re
import signal
import threading
import time
from collections import Counter

from aurora_e2e import FOREVER, SANITIZED, Case, alive, free_port, main, moment


class Refused(Case):
    def refused(self, services):
        """What aurorad and `validate` say, which must be the same."""
        daemon = self.daemon(services, start=False)
        checked = daemon.ctl("validate", check=6)
        with self.assertRaisesRegex(AssertionError, "ended with 6"):
            daemon.start()
        said = checked.stdout + checked.stderr
        for line in said.splitlines():
            if ".json:" in line and ": services." in line:
                self.assertIn(line.partition(": services.")[2], daemon.err())
        self.assertFalse((daemon.state / "logs").exists() and list((daemon.state / "logs").glob("*.log")))
        return said

    def test_cycles_are_told(self):
        """D01: every cycle is refused and written out, the long one too."""
        ring = {f"n{i:02}": {"command": FOREVER, "depends_on": [f"n{(i + 1) % 50:02}"]} for i in range(50)}
        said = self.refused({"a": {"command": FOREVER, "depends_on": ["b"]}, "b": {"command": FOREVER, "depends_on": ["a"]}, **ring})
        self.assertRegex(said, "a (→|->) b (→|->) a")
        self.assertRegex(said, "n48 (→|->) n49")
        self.assertRegex(said, r"aurora\.json:\d+:\d+: ")

    def test_itself(self):
        """D02: a service that depends on itself is named."""
        self.assertRegex(self.refused({"loner": {"command": FOREVER, "depends_on": ["loner"]}}), "loner.*itself|loner (→|->) loner")

    def test_near_misses(self):
        """D03: an unknown name is refused with the one that is meant."""
        said = self.refused({"database": {"command": FOREVER}, "web": {"command": FOREVER, "depends_on": ["databse"]}})
        self.assertIn("databse", said)
        self.assertRegex(said, 'did you mean "database"')


class Ordered(Case):
    def test_a_dependency_that_never_comes(self):
        """D04: who waits for it gives up after start_timeout with the reason; who does not is not held up."""
        daemon = self.daemon({
            "db": {"type": "external", "health": {"tcp": f"127.0.0.1:{free_port()}", "start_interval": "50ms"}},
            "web": {"command": FOREVER, "depends_on": ["db"], "start_timeout": "500ms"},
            "front": {"command": FOREVER, "depends_on": ["web"], "start_timeout": "60s"},
            "soft": {"command": FOREVER, "depends_on": {"web": {"required": False}}},
            "free": {"command": FOREVER}})
        daemon.wait_state("free", "running")
        self.assertEqual(daemon.wait_state("web", "failed")["reason"], "dependency-timeout")
        self.assertEqual(daemon.wait_state("front", "failed")["reason"], "dependency-failed")
        daemon.wait_state("soft", "running")
        told = daemon.ctl("why", "front", check=0).stdout
        for name in ("web", "db"):
            self.assertIn(name, told)

    def test_conditions(self):
        """started, ready and completed hold when they say so."""
        gate, done = self.home / "gate", self.home / "done"
        daemon = self.daemon({
            "job": {"type": "oneshot", "command": f"until test -e {gate}; do sleep 0.02; done; touch {done}"},
            "slow": {"command": FOREVER, "ready": {"notify": True}, "start_timeout": "60s"},
            "on-started": {"command": FOREVER, "depends_on": {"slow": {"condition": "started"}, "job": {"condition": "service_started"}}},
            "on-ready": {"command": FOREVER, "depends_on": {"slow": {"condition": "service_healthy"}}},
            "on-completed": {"type": "oneshot", "command": ["test", "-e", str(done)], "depends_on": {"job": {"condition": "completed"}}}})
        daemon.wait_state("on-started", "running")
        status = daemon.status()
        self.assertEqual((status["on-ready"]["state"], status["on-completed"]["state"]), ("waiting", "waiting"))
        gate.touch()
        daemon.wait_state("on-completed", "completed")
        self.assertEqual(daemon.status("on-ready")["state"], "waiting")

    def test_a_flapping_root_makes_bounded_work(self):
        """D06: each fall of the root is one restart of each of hundreds of hard dependants, no more; status is answered meanwhile."""
        count, falls = (60, 2) if SANITIZED else (300, 3)
        names = {f"leaf{i}" for i in range(count)}
        daemon = self.daemon({"root": {"command": FOREVER, "restart": {"delay": "10ms"}}}
                             | {name: {"command": FOREVER, "depends_on": {"root": {"restart": True}}} for name in names})

        def all_run(since):
            left = set(names)
            daemon.wait_event(lambda e: e["to"] == "running" and (left.discard(e["instance"]) or not left), since)

        all_run(0)
        slowest, ended = [0], threading.Event()

        def ask():
            while not ended.is_set():
                asked = time.monotonic()
                daemon.status()
                slowest[0] = max(slowest[0], time.monotonic() - asked)

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            for _ in range(falls):
                since = daemon.sequence()
                os.kill(daemon.status("root")["pid"], signal.SIGKILL)
                all_run(since)
        finally:
            ended.set()
            asking.join()
        events = daemon.events()
        spawned = Counter(e["instance"] for e in events if e["to"] == "starting" and e["from"] != "starting")
        self.assertEqual(spawned, Counter(dict.fromkeys(names | {"root"}, falls + 1)))
        self.assertEqual({e["run"] for e in events if e["to"] == "running"}, set(range(1, falls + 2)))
        self.assertLess(slowest[0], 2 if SANITIZED else 1)

    def test_random_graphs_start_and_stop_in_order(self):
        """D07: no service starts before what it needs is ready, nor stops before what needs it is gone."""
        chance = random.Random(7)
        names = [f"s{i:02}" for i in range(50)]
        needs = {name: sorted(chance.sample(names[:i], min(i, chance.randrange(4)))) for i, name in enumerate(names)}
        daemon = self.daemon({name: {"command": FOREVER, "depends_on": needs[name]} for name in chance.sample(names, len(names))})
        for name in names:
            daemon.wait_state(name, "running")
        daemon.ctl("stop", check=0)
        events = daemon.events()
        at = lambda name, state: next(i for i, e in enumerate(events) if e["instance"] == name and e["to"] == state)
        for name in names:
            for need in needs[name]:
                self.assertLess(at(need, "running"), at(name, "starting"), f"{name} before {need}")
                self.assertLess(at(name, "stopped"), at(need, "stopping"), f"{need} before {name}")

    def test_what_is_independent_starts_together(self):
        """A diamond takes as long as its longest path, not as all of it."""
        slow = {"command": FOREVER, "ready": {"delay": "1s"}}
        daemon = self.daemon({"a": slow, **{f"b{i}": {**slow, "depends_on": ["a"]} for i in range(10)}, "c": {**slow, "depends_on": [f"b{i}" for i in range(10)]}})
        daemon.wait_state("c", "running")
        events = daemon.events()
        self.assertLess(moment(events[-1]) - moment(events[0]), 6)

    def test_a_stubborn_leaf_holds_its_dependencies_up(self):
        """D11: what the leaf needs lives until the leaf is gone or killed; then all ends within the bound."""
        daemon = self.daemon({"db": {"command": FOREVER}, "mid": {"command": FOREVER, "depends_on": ["db"]},
                              "leaf": {"command": "trap '' TERM; echo up; while :; do sleep 1000; done", "ready": {"log": "up"},
                                       "depends_on": ["mid"], "stop": {"timeout": "1s"}}})
        daemon.wait_state("leaf", "running")
        status = daemon.status()
        reader = daemon.api
        self.assertIn(reader("POST", "/api/v1/stop", {"services": []})[0], (200, 202))
        daemon.wait_state("leaf", "stopping")
        for name in ("db", "mid"):
            self.assertTrue(alive(status[name]["pid"]))
        daemon.wait_state("db", "stopped")
        order = [e["instance"] for e in daemon.events() if e["to"] == "stopped"]
        self.assertEqual(order, ["leaf", "mid", "db"])

    def test_a_stubborn_leaf_and_the_end_of_all(self):
        """D11: SIGTERM ends a stack with a deaf leaf in order, within depth times (stop.timeout and 2 s), and within the cap where that is shorter."""
        deaf = {"command": "trap '' TERM; echo up; while :; do sleep 1000; done", "ready": {"log": "up"}}
        services = {"db": {"command": FOREVER}, "mid": {"command": FOREVER, "depends_on": ["db"]}}
        for cap, timeout, bound in (("60s", "1s", 3 * (1 + 2)), ("1s", "10m", 1 + 2)):
            with self.subTest(cap=cap):
                daemon = self.daemon(services | {"leaf": {**deaf, "depends_on": ["mid"], "stop": {"timeout": timeout}}}, shutdown_timeout=cap)
                daemon.wait_state("leaf", "running")
                said = len(daemon.err())
                begun = time.monotonic()
                daemon.process.send_signal(signal.SIGTERM)
                code = daemon.wait_end()
                self.assertLess(time.monotonic() - begun, bound + (2 if SANITIZED else 0))
                if cap == "60s":
                    self.assertEqual(code, 0)
                    order = re.findall(r"(\w+): \w+ -> (stopping|stopped)", daemon.err()[said:])
                    self.assertEqual(order, [(name, state) for name in ("leaf", "mid", "db") for state in ("stopping", "stopped")])

    def test_a_check_of_what_is_below(self):
        """H15: who is found unhealthy since its dependency is down restarts alone, by its own rules; nobody else is disturbed, and all recovers."""
        up = self.home / "up"
        db = {"command": f"trap 'rm -f {up}; exit' TERM; touch {up}; echo up; while :; do sleep 1000 & wait; done", "ready": {"log": "up"}}
        check = {"exec": ["test", "-e", str(up)], "interval": "50ms", "start_interval": "50ms", "retries": 2}
        daemon = self.daemon({"db": db, "side": {"command": FOREVER, "depends_on": ["db"]},
                              "web": {"command": FOREVER, "depends_on": ["db"], "health": check, "restart": {"delay": "100ms", "factor": 1, "limit": 0}},
                              "front": {"command": FOREVER, "depends_on": ["web"]}})
        daemon.wait_state("front", "running")
        before, since = daemon.status(), daemon.sequence()
        daemon.ctl("stop", "db", check=0)
        event = daemon.wait_state("web", "stopping", since)
        self.assertEqual(event["reason"], "unhealthy")
        event = daemon.wait_state("web", "waiting", since)
        self.assertIn("db", json.dumps(event["because"]) + daemon.ctl("why", "web", check=0).stdout)
        self.assertEqual({e["instance"] for e in daemon.events(since)}, {"db", "web"}, "the others are left alone")
        runs = max(e["run"] for e in daemon.events(since) if e["instance"] == "web")
        self.assertEqual(runs, before_run := max(e["run"] for e in daemon.events() if e["instance"] == "web" and e["sequence"] <= since), "no storm of starts")
        daemon.ctl("start", "db", check=0)
        again = daemon.wait_state("web", "running", event["sequence"])
        self.assertEqual(again["run"], before_run + 1)
        after = daemon.status()
        for name in ("side", "front"):
            self.assertEqual((after[name]["state"], after[name]["pid"], after[name]["restarts"]), ("running", before[name]["pid"], 0))


if __name__ == "__main__":
    main()
