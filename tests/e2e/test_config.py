"""Configurations: refused with the place of each fault, and reloaded without disturbing anybody."""

import concurrent.futures
import json
import os
import random
import re
import signal
from pathlib import Path

from aurora_e2e import Case, alive, eventually, main

FOREVER = ["/bin/sh", "-c", "exec sleep 1000"]
GOOD = """{
  // a comment
  "version": 1,
  "services": {
    "web": {"command": ["sleep", "1000"], "restart": {"delay": "500ms", "limit": 5}, "port": 0,
            "health": {"exec": ["true"], "interval": "10s"}, "limits": {"nofile": 100}},
  },
}
"""


class Refused(Case):
    def verdict(self, text):
        """Exit code and faults of `validate` on a text (str or bytes)."""
        file = self.home / "case.json"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        done = self.idle.ctl("validate", file)
        return done.returncode, done.stdout + done.stderr

    def setUp(self):
        super().setUp()
        self.idle = self.daemon({"web": {"command": FOREVER}}, start=False)

    def test_mutations_tell_their_place(self):
        """C01: a file that is cut short or scrambled is refused with 6 and a place, never crashes or hangs."""
        self.assertEqual(self.verdict(GOOD)[0], 0)
        chance = random.Random(1)
        broken = [GOOD[:chance.randrange(1, len(GOOD) - 6)] for _ in range(40)]
        for _ in range(80):
            at = chance.randrange(len(GOOD))
            broken.append(GOOD[:at] + chance.choice('{}[],:"\\x00\x01') + GOOD[at + 1:])
        for text in broken:
            code, said = self.verdict(text)
            self.assertIn(code, (0, 6), text)
            if code:
                self.assertRegex(said, r"case\.json:\d+:\d+: ", text)

    def test_duplicates_and_unknown_keys(self):
        """C02, C04: a key twice names both places; a key that is none is refused with the one that is meant."""
        code, said = self.verdict(GOOD.replace('"port": 0,', '"port": 0,\n "port": 1,'))
        self.assertEqual(code, 6)
        self.assertRegex(said, r"case\.json:6:\d+: .*port")
        self.assertIn("5", said)
        for key, wrong in (("command", "comand"), ("restart", "restrat"), ("delay", "dealy"), ("interval", "intervall"), ("nofile", "nofiles"),
                           ("services", "service"), ("version", "versoin"), ("health", "heath"), ("limit", "limt"), ("limits", "limts")):
            code, said = self.verdict(GOOD.replace(f'"{key}"', f'"{wrong}"'))
            self.assertEqual(code, 6, wrong)
            self.assertIn(wrong, said)
            self.assertRegex(said, f'did you mean "?{key}', wrong)

    def test_values_out_of_range(self):
        """C05: numbers, durations and sizes that are negative, too large or malformed are refused, never wrapped."""
        for delay in ("-1", '"-1s"', "1e999", "9223372036854775808", "18446744073709551616", '"10"', '"10xs"', '" 5s"', '"5s "', '""', "null", "true", "[]", "NaN", '"1e3s"'):
            code, said = self.verdict(GOOD.replace('"500ms"', delay))
            self.assertEqual(code, 6, delay)
            self.assertRegex(said, r"case\.json:5:\d+: ", delay)
        for port in ("-1", "65536", "1.5", '"http"', "1e2000", "4294967297"):
            self.assertEqual(self.verdict(GOOD.replace('"port": 0', f'"port": {port}'))[0], 6, port)
        for limit in ("-1", "1.5", "18446744073709551617"):
            self.assertEqual(self.verdict(GOOD.replace('"limit": 5', f'"limit": {limit}'))[0], 6, limit)

    def test_all_faults_in_one_go(self):
        """Faults of every kind are told together; a limit the backoff cannot reach is one."""
        code, said = self.verdict('{"services": {"a": {"command": [], "port": 99999}, "b": {"depends_on": ["c"], "command": "x", "nice": "9x"}, "-": {"command": "x"},'
                                  '"d": {"command": "x", "restart": {"delay": "60s", "factor": 1, "limit": 10, "window": "5m"}}}}')
        self.assertEqual(code, 6)
        for word in ("services.a.command", "services.a.port", "services.b.depends_on", "services.b.nice", '"-"', "services.d.restart"):
            self.assertIn(word, said)

    def test_encodings(self):
        """C18: CRLF and comments are fine; a byte order mark and what is not UTF-8 are told clearly."""
        self.assertEqual(self.verdict(GOOD.replace("\n", "\r\n"))[0], 0)
        self.assertEqual(self.verdict(GOOD.replace("// a comment", "/* é */ // \u2028"))[0], 0)
        for text, word in ((b"\xef\xbb\xbf" + GOOD.encode(), "byte order mark|BOM"), (GOOD.encode().replace(b"a comment", b"caf\xe9"), "UTF-8"), (GOOD.encode("utf-16"), "UTF-8|UTF-16|byte order")):
            code, said = self.verdict(text)
            self.assertEqual(code, 6)
            self.assertRegex(said, word)
            self.assertRegex(said, r"case\.json:\d+:\d+: ")

    def test_validate_and_the_daemon_agree(self):
        """C17: aurorad refuses what `validate` refuses, in the same words and with the same code."""
        for text in (GOOD[:100], GOOD.replace("500ms", "5x"), GOOD.replace('"sleep", "1000"', ""), "[]", "", '{"version": 2}', GOOD.replace('"web"', '"w b"')):
            self.idle.write(text)
            checked = self.idle.ctl("validate", check=6)
            (self.home / "aurorad.err").unlink(missing_ok=True)
            with self.assertRaisesRegex(AssertionError, "ended with 6"):
                self.idle.start()
            faults = [re.sub(r"^(aurora\w*: )?.*?aurora\.json:(?=\d)", "", line) for line in (checked.stdout + checked.stderr).splitlines() if re.search(r"json:\d+:\d+: ", line)]
            self.assertTrue(faults, text)
            for fault in faults:
                self.assertIn(fault, self.idle.err())

    def test_files_that_others_may_write(self):
        """C14: as root, a configuration that others can change is refused, naming what is writable."""
        if os.geteuid():
            self.skipTest("only root must be careful")
        self.idle.write(self.config({"web": {"command": FOREVER}}))
        self.idle.config.chmod(0o666)
        with self.assertRaisesRegex(AssertionError, "ended with [16]"):
            self.idle.start()
        self.assertIn("aurora.json", self.idle.err())
        self.idle.config.chmod(0o644)
        self.home.chmod(0o777)
        (self.home / "aurorad.err").unlink()
        with self.assertRaisesRegex(AssertionError, "ended with [16]"):
            self.idle.start()
        self.assertIn(str(self.home), self.idle.err())
        self.home.chmod(0o700)


class Reloaded(Case):
    def stack(self, count=20, **more):
        return {f"s{i:02}": {"command": FOREVER} for i in range(count)} | more

    def up(self, services, **top):
        daemon = self.daemon(services, **top)
        for name in services:
            daemon.wait_state(name, "running")
        return daemon, {name: status["pid"] for name, status in daemon.status().items()}

    def pids(self, daemon):
        return {name: status["pid"] for name, status in daemon.status().items()}

    def test_an_invalid_file_changes_nothing(self):
        """C09: no reload of an invalid file, by any way, touches what runs; and the failure stays visible."""
        daemon, before = self.up(self.stack())
        good = daemon.config.read_text()
        for text in (good[:-20], good.replace("command", "comand", 1), "", good.replace('"version": 1', '"version": 7')):
            daemon.write(text)
            self.assertEqual(daemon.ctl("reload").returncode, 6)
            self.assertEqual(daemon.ctl("plan").returncode, 6)
            code, answer = daemon.api("POST", "/api/v1/reload?wait=5s")
            self.assertGreaterEqual(code, 400)
            self.assertTrue(answer["errors"], answer)
            said = len(daemon.err())
            daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: "json:" in daemon.err()[said:], "the failure is told", daemon)
        self.assertEqual(self.pids(daemon), before)
        self.assertIn("reload", json.dumps(daemon.api("GET", "/api/v1/status")[1]["daemon"].get("warnings", [])))
        daemon.write(good)
        daemon.reload()
        self.assertEqual(daemon.api("GET", "/api/v1/status")[1]["daemon"].get("warnings", []), [])

    def carries(self, pid, variable, daemon):
        """The kernel shows an environment only a moment after the exec that made a process a running service."""
        environ = Path(f"/proc/{pid}/environ")
        eventually(lambda: variable in environ.read_bytes(), f"{pid} carries {variable}", daemon)

    def test_only_what_changed_restarts(self):
        """C10: of many, the changed one restarts, the added starts, the removed stops; a reload of the same does nothing."""
        services = self.stack(10, old={"command": FOREVER})
        daemon, before = self.up(services)
        since = daemon.sequence()
        daemon.reload()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.reload()
        self.assertEqual(daemon.sequence(), since)
        del services["old"]
        services["s03"] = {"command": FOREVER, "env": {"NEW": "1"}}
        services["new"] = {"command": FOREVER}
        services["s04"] = {"command": FOREVER, "restart": {"delay": "3s"}, "labels": {"no": "restart"}}
        daemon.write(self.config(services))
        plan = {step["service"]: step["action"] for step in json.loads(daemon.ctl("plan", "--json", check=0).stdout)["steps"]}
        self.assertEqual({name: plan.get(name) for name in ("old", "s03", "new")}, {"old": "remove", "s03": "restart", "new": "add"})
        self.assertEqual(self.pids(daemon), before, "a plan does nothing")
        daemon.reload()
        after = self.pids(daemon)
        self.assertEqual(set(after), set(services))
        self.assertEqual({name for name in after if after[name] != before.get(name)}, {"s03", "new"})
        self.assertFalse(alive(before["old"]))
        self.carries(after["s03"], b"NEW=1", daemon)

    def test_reloads_race_with_everything(self):
        """C11: reloads, starts, stops and restarts at once end in what the last file and the last word of the operator say."""
        services = self.stack(6)
        daemon, _ = self.up(services)
        chance = random.Random(11)

        def act(turn):
            name = f"s{chance.randrange(6):02}"
            what = turn % 5
            if what == 0:
                services[name] = {"command": FOREVER, "env": {"TURN": str(turn)}}
                daemon.write(self.config(services))
            if what in (0, 1):
                return daemon.api("POST", "/api/v1/reload?wait=20s", {})[0]
            verb = ("start", "stop", "restart")[what - 2]
            return daemon.api("POST", f"/api/v1/services/{name}/{verb}?wait=20s", {})[0]

        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            codes = list(pool.map(act, range(50)))
        self.assertLessEqual(set(codes) - {422, 400}, {200, 202, 409})
        daemon.write(self.config(services))
        daemon.reload()
        daemon.ctl("start", check=0)
        for name, status in daemon.status().items():
            self.assertEqual(status["state"], "running", name)
            turn = services[name].get("env", {}).get("TURN")
            self.carries(status["pid"], b"AURORA_SERVICE=" if turn is None else f"TURN={turn}".encode(), daemon)

    def test_many_reloads_leak_nothing(self):
        """C12: hundreds of reloads that each change something leave descriptors and memory where they were."""
        services = self.stack(3, changing={"command": FOREVER, "autostart": False})
        daemon = self.daemon(services, start=False)
        daemon.start(env={"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"})  # it holds what is freed
        daemon.wait_state("s02", "running")

        def turn(number):
            services["changing"] = {"command": FOREVER, "autostart": False, "env": {"TURN": str(number)}}
            daemon.write(self.config(services))
            self.assertIn(daemon.api("POST", "/api/v1/reload?wait=20s", {})[0], (200, 202))

        for number in range(50):
            turn(number)
        fds, memory, pids = daemon.fds(), daemon.resident(), self.pids(daemon)
        for number in range(50, 300):
            turn(number)
        self.assertLessEqual(abs(daemon.fds() - fds), 2)
        if not os.environ.get("AURORA_SANITIZE"):  # freed memory stays in quarantine there
            self.assertLess(daemon.resident() - memory, 5 << 20)
        self.assertEqual(self.pids(daemon), pids)


if __name__ == "__main__":
    main()
