"""Reloads of a stack of fifty: invalid ones change nothing, valid ones change what is different, whatever else is going on."""

import concurrent.futures
import json
import os
import random
import signal
import threading
from pathlib import Path

from aurora_e2e import FOREVER, SANITIZED, Case, alive, eventually, main

LEGAL = {  # who may follow whom
    "stopped": {"waiting", "starting"}, "waiting": {"starting", "stopped", "failed"},
    "starting": {"running", "stopping", "backoff", "failed", "completed", "stopped", "waiting"},
    "running": {"stopping", "backoff", "failed", "completed", "waiting"},
    "stopping": {"stopped", "waiting", "starting", "backoff", "failed", "completed"},
    "backoff": {"starting", "waiting", "stopped", "failed"},
    "failed": {"starting", "waiting", "stopped"}, "completed": {"starting", "waiting", "stopped"}}


class Reloads(Case):
    def stack(self, count=50):
        """Chains of five, so that there is an order to keep."""
        return {f"s{i:02}": {"command": FOREVER, "depends_on": [f"s{i - 1:02}"] if i % 5 else []} for i in range(count)}

    def up(self, services, **top):
        daemon = self.daemon(services, **top)
        waiting = set(services)
        daemon.wait_event(lambda e: e["to"] == "running" and (waiting.discard(e["instance"]) or not waiting))
        return daemon, self.pids(daemon)

    def pids(self, daemon):
        return {name: status["pid"] for name, status in daemon.status().items()}

    def faults(self, services):
        """One text for each way to be invalid."""
        good = self.config(services)
        text = json.dumps(good, indent=1)
        with_service = lambda **keys: json.dumps({**good, "services": services | {"s10": {"command": FOREVER, **keys}}})
        ring = services | {"s00": {"command": FOREVER, "depends_on": ["s04"]}}
        return {
            "cut short": text[:-20], "empty": "", "no object": "[]", "scrambled": text.replace(":", ";", 7), "a word": "hello",
            "key twice": text.replace('"s10":', '"s10": {"command": "x"}, "s10":', 1), "unknown key": text.replace('"command"', '"comand"', 1),
            "no services": json.dumps({"version": 1}).replace("1", "7"), "byte order mark": "\ufeff" + text, "not UTF-8": text.encode("utf-16"),
            "Latin-1": text.replace("sleep", "schläf", 1).encode("latin-1"), "deep": "[" * 5000, "nul": text.replace("test", "te\0st", 1),
            "duration": with_service(restart={"delay": "5x"}), "number": with_service(nice=1e300), "negative": with_service(port=-1),
            "type": with_service(autostart="maybe"), "size": with_service(logs={"max_size": "18446744073709551616"}),
            "no command": with_service(command=[]), "pattern": with_service(health={"exec": ["true"], "retries": 0}),
            "ready": with_service(ready={"log": "("}), "signal": with_service(stop={"signal": "SIGNOTHING"}), "condition": with_service(depends_on={"s00": {"condition": "soon"}}),
            "limit out of reach": with_service(restart={"delay": "60s", "factor": 1, "limit": 10, "window": "5m"}),
            "itself": with_service(depends_on=["s10"]), "unknown name": with_service(depends_on=["s1O"]),
            "cycle": json.dumps({**good, "services": ring}), "variable": with_service(env={"A": "${NOT_SET_ANYWHERE}"}),
            "service name": json.dumps({**good, "services": services | {"w b": {"command": "x"}}}), "too large": text + " " * (17 << 20)}

    def test_no_invalid_file_changes_anything(self):
        """C09: whatever is wrong with a file, no reload of it by any way touches one of fifty; the error is told and stays visible."""
        services = self.stack()
        daemon, before = self.up(services)
        good = daemon.config.read_bytes()
        since = daemon.sequence()
        for fault, text in self.faults(services).items():
            with self.subTest(fault):
                daemon.config.write_bytes(text if isinstance(text, bytes) else text.encode())
                done = daemon.ctl("reload", check=6)
                self.assertIn("aurora.json", done.stderr + done.stdout)
                code, answer = daemon.api("POST", "/api/v1/reload?wait=5s")
                self.assertTrue(400 <= code < 500, answer)
                self.assertTrue(answer["errors"], answer)
                said = len(daemon.err())
                daemon.process.send_signal(signal.SIGHUP)
                eventually(lambda: "aurora.json" in daemon.err()[said:], "the failure is told", daemon)
                self.assertEqual(self.pids(daemon), before)
                self.assertEqual(daemon.sequence(), since)
                self.assertIn("reload", json.dumps(daemon.api("GET", "/api/v1/status")[1]["daemon"].get("warnings", [])))
        os.unlink(daemon.config)
        self.assertTrue(400 <= daemon.api("POST", "/api/v1/reload?wait=5s")[0] < 500)
        self.assertEqual(self.pids(daemon), before)
        daemon.config.write_bytes(good)
        daemon.reload()
        self.assertEqual(daemon.api("GET", "/api/v1/status")[1]["daemon"].get("warnings", []), [])
        self.assertEqual((self.pids(daemon), daemon.sequence()), (before, since))

    def test_one_of_fifty(self):
        """C10: of fifty the changed one restarts, an added one starts, removed ones stop in order, and the same file again does nothing."""
        services = self.stack()
        daemon, before = self.up(services)
        since = daemon.sequence()
        daemon.reload()
        self.assertEqual(daemon.sequence(), since)
        services["s32"] = {**services["s32"], "env": {"NEW": "1"}}
        services["new"] = {"command": FOREVER, "depends_on": ["s00"]}
        for name in ("s47", "s48", "s49"):
            del services[name]
        daemon.reload(self.config(services))
        eventually(lambda: set(daemon.status()) == set(services), "what is removed is gone", daemon)
        after = self.pids(daemon)
        self.assertEqual({name for name in after if after[name] != before.get(name)}, {"s32", "new"})
        self.assertFalse(any(alive(before[name]) for name in ("s32", "s47", "s48", "s49")))
        events = daemon.events(since)
        self.assertEqual({e["instance"] for e in events}, {"s32", "new", "s47", "s48", "s49"})
        self.assertEqual([e["instance"] for e in events if e["to"] == "stopped" and e["instance"][0:2] == "s4"], ["s49", "s48", "s47"])
        self.assertEqual(self.runs(events, "s32"), 1)
        eventually(lambda: b"NEW=1" in Path(f"/proc/{after['s32']}/environ").read_bytes(), "the changed one has what is new", daemon)
        since = daemon.sequence()
        daemon.reload()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.reload()
        self.assertEqual((daemon.sequence(), self.pids(daemon)), (since, after))

    @staticmethod
    def runs(events, name):
        """How often it was spawned."""
        return len({e["run"] for e in events if e["instance"] == name and e["to"] == "running"})

    def test_reloads_race_with_all_else(self):
        """C11: reloads that race with starts, stops, restarts, crashes and rotations lose no job, no timer and no count."""
        # The row says a thousand; three hundred actions from six clients are what fits a test.
        turns = 60 if SANITIZED else 300
        chatty = "while :; do echo some words that fill the log; read -t 0.002 x <> fifo; done"
        os.mkfifo(self.home / "fifo")
        services = {f"s{i}": {"command": FOREVER, "restart": {"delay": "20ms", "limit": 0}} for i in range(6)}
        services |= {"chatty": {"command": ["/bin/bash", "-c", chatty], "logs": {"max_size": "64KiB", "keep": 2}},
                     "pending": {"command": ["false"], "restart": {"delay": "60s", "max_delay": "60s", "limit": 0}}, "still": {"command": FOREVER}}
        daemon = self.daemon(services)
        daemon.wait_state("still", "running")
        daemon.wait_state("pending", "backoff")
        before = daemon.status()
        chance, lock = random.Random(11), threading.Lock()

        def act(turn):
            name, what = f"s{chance.randrange(6)}", turn % 6
            if what == 0:
                with lock:
                    services[name] = {**services[name], "env": {"TURN": str(turn)}}
                    aside = daemon.config.with_suffix(".new")
                    aside.write_text(json.dumps({"version": 1, **self.config(services)}))
                    aside.rename(daemon.config)
            if what in (0, 1):
                return daemon.api("POST", "/api/v1/reload?wait=20s", {})
            if what == 5:
                if (pid := daemon.status(name)["pid"]) and os.getpid() != pid:
                    self.crash(pid)
                return 200, {}
            return daemon.api("POST", f"/api/v1/services/{name}/{('start', 'stop', 'restart')[what - 2]}?wait=20s", {})

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(act, range(turns)))
        self.assertLessEqual({code for code, _ in answers}, {200, 202, 409}, [answer for answer in answers if answer[0] not in (200, 202, 409)][:3])
        daemon.reload(self.config(services))
        daemon.ctl("start", *(f"s{i}" for i in range(6)), check=0)
        after = daemon.status()
        for i in range(6):
            status = after[f"s{i}"]
            self.assertEqual(status["state"], "running")
            wanted = services[f"s{i}"].get("env", {}).get("TURN")
            eventually(lambda: f"TURN={wanted}".encode() in Path(f"/proc/{status['pid']}/environ").read_bytes() if wanted else True, f"s{i} is the last one", daemon)
        for name in ("still", "chatty"):
            self.assertEqual((after[name]["pid"], after[name]["restarts"]), (before[name]["pid"], before[name]["restarts"]))
        self.assertEqual((after["pending"]["state"], after["pending"]["restarts"]), ("backoff", before["pending"]["restarts"]))
        self.assertLess(after["pending"]["next_start_in_seconds"], before["pending"]["next_start_in_seconds"], "its timer ran on")
        self.assert_legal(daemon.events())

    @staticmethod
    def crash(pid):
        """The way a service dies by itself; its pid may be gone by then."""
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            if b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes():
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        except (ProcessLookupError, FileNotFoundError):
            pass
        finally:
            os.close(handle)

    def assert_legal(self, events):
        """Each history is a walk of the documented states, without a gap."""
        at = {}
        for event in events:
            self.assertEqual(event["from"], at.get(event["instance"], event["from"]), event)
            if event["from"] != event["to"]:
                self.assertIn(event["to"], LEGAL[event["from"]], event)
            at[event["instance"]] = event["to"]

    def test_many_reloads_leak_nothing(self):
        """C12: hundreds of reloads that each change something leave descriptors and memory where they were."""
        services = self.stack(3) | {"changing": {"command": FOREVER, "autostart": False}}
        daemon = self.daemon(services, start=False)
        daemon.start(env={"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"})  # it holds what is freed
        daemon.wait_state("s02", "running")

        def turn(number):
            services["changing"] = {"command": FOREVER, "autostart": False, "env": {"TURN": str(number)}}
            daemon.write(self.config(services))
            self.assertIn(daemon.api("POST", "/api/v1/reload?wait=20s", {})[0], (200, 202))

        counts = []
        for number in range(50):
            turn(number)
            counts.append(daemon.fds())
        # What is open for a moment (a connection that is being closed) only adds to what it holds.
        fds, memory, pids = min(counts[-10:]), daemon.resident(), self.pids(daemon)
        for number in range(50, 300):
            turn(number)
        eventually(lambda: abs(daemon.fds() - fds) <= 2, "descriptors come back", daemon)
        if not SANITIZED:  # freed memory stays in quarantine there
            self.assertLess(daemon.resident() - memory, 5 << 20)
        self.assertEqual(self.pids(daemon), pids)

    def test_removed_are_gone(self):
        """C10: a reload returns when what it removes is gone, in order of dependencies."""
        services = {f"s{i}": {"command": FOREVER, "depends_on": [f"s{i - 1}"] if i else []} for i in range(5)}
        daemon = self.daemon(services)
        daemon.wait_state("s4", "running")
        for name in ("s4", "s3", "s2"):
            del services[name]
        daemon.write(self.config(services))
        code, answer = daemon.api("POST", "/api/v1/reload?wait=20s", {})
        self.assertEqual(set(daemon.status()), {"s0", "s1"}, (code, answer))

    def test_answers_are_definite(self):
        """C11: a reload that waits answers when it is done or overtaken, not with `pending` long before its time."""
        services = {f"s{i}": {"command": FOREVER} for i in range(6)}
        daemon = self.daemon(services)
        for name in services:
            daemon.wait_state(name, "running")
        chance, lock = random.Random(11), threading.Lock()

        def act(turn):
            name = f"s{chance.randrange(6)}"
            if turn % 2:
                return daemon.api("POST", f"/api/v1/services/{name}/restart?wait=20s", {})
            with lock:
                services[name] = {"command": FOREVER, "env": {"TURN": str(turn)}}
                daemon.config.with_suffix(".new").write_text(json.dumps({"version": 1, **self.config(services)}))
                daemon.config.with_suffix(".new").rename(daemon.config)
            return daemon.api("POST", "/api/v1/reload?wait=20s", {})

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(act, range(200)))
        self.assertEqual([answer for code, answer in answers if code != 200 or not answer.get("operation", {"finished": True})["finished"]], [])


if __name__ == "__main__":
    main()
