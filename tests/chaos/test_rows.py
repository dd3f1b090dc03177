"""Rows P and L of the catalogue of faults once more, with the reactor killed at random instants beside them.

Each case tells what is to come about in the end; who looks tries again when a reactor dies under the question.
AURORA_SEED: of the instants, printed with every failure. AURORA_KILLS: reactors killed in each case.
"""

import http.client
import os
import random
import signal
import threading

from aurora_e2e import SANITIZED, alive, carrying, eventually, main
from aurora_puppet import PuppetCase, numbered_lines

SEED = int(os.environ.get("AURORA_SEED", random.randrange(1 << 30)))
KILLS = int(os.environ.get("AURORA_KILLS", "4"))
NO_ANSWER = (OSError, http.client.HTTPException, ValueError, KeyError, AssertionError)
QUICK = {"delay": "20ms", "max_delay": "100ms", "limit": 0}


class Killer(threading.Thread):
    """Kills the reactor so many times, each a random while after the one before answered."""

    def __init__(self, daemon, chance):
        super().__init__(daemon=True)
        self.stack, self.chance, self.pause, self.killed = daemon, chance, threading.Event(), 0

    def run(self):
        while self.killed < KILLS:
            self.pause.wait(self.chance.random() * 0.15)
            try:
                reactor = self.stack.api("GET", "/api/v1/status", timeout=2)[1]["daemon"]["pid"]
                os.kill(reactor, signal.SIGKILL)
            except NO_ANSWER:
                continue
            self.killed += 1


class Rows(PuppetCase):
    def begin(self, services):
        self.stack = self.daemon(services)
        self.killer = Killer(self.stack, random.Random(SEED))
        return self.stack

    def under_fire(self):
        self.killer.start()

    def over(self):
        """All kills are done, and a reactor answers."""
        self.killer.join()
        eventually(lambda: self.look("daemon"), f"it answers (seed {SEED})", self.stack)

    def look(self, name):
        try:
            code, answer = self.stack.api("GET", "/api/v1/status", timeout=2)
        except NO_ANSWER:
            return None
        return answer["daemon"] if name == "daemon" else {each["name"]: each for each in answer["services"]}[name]

    def becomes(self, name, **fields):
        def so():
            found = self.look(name)
            return found if found and all(found[key] == value for key, value in fields.items()) else None
        return eventually(so, f"{name} becomes {fields}; it is {self.look(name)} (seed {SEED})", self.stack)

    def ask(self, what, name):
        """An operator who asks until somebody has heard."""
        def heard():
            try:
                return self.stack.api("POST", f"/api/v1/services/{name}/{what}", timeout=2)[0] in (200, 202)
            except NO_ANSWER:
                return False
        eventually(heard, f"{what} is heard (seed {SEED})", self.stack)

    def lines(self, name, count):
        """O6: each line once and in order."""
        eventually(lambda: f" {count} " in self.stack.log_of(name), f"line {count} of {name} is kept (seed {SEED})", self.stack)
        self.assertEqual(numbered_lines(self.stack.log_of(name)), list(range(1, count + 1)), f"seed {SEED}")

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

    def test_a_flood(self):
        """L01, L07: numbered lines as fast as they are taken, through rotations: none lost, none doubled."""
        count = 20000 if SANITIZED else 100000
        self.begin({"web": self.puppets.service(logs={"max_size": "1GiB"}), "turns": self.puppets.service(logs={"max_size": "64KiB", "keep": 1000})})
        web, turns = self.puppets.meet("web"), self.puppets.meet("turns")
        self.under_fire()
        for _ in range(10):
            web.ask(f"number {count // 10}")
            turns.ask(f"number {count // 10}")
        self.over()
        self.lines("web", count)
        folder = self.stack.state / "logs"
        eventually(lambda: f" {count} " in self.stack.log_of("turns"), f"its last line is kept (seed {SEED})", self.stack)
        pieces = sorted(folder.glob("turns.log.*"), key=lambda path: -int(path.suffix[1:]))
        text = "".join(path.read_text() for path in [*pieces, folder / "turns.log"])
        self.assertEqual(numbered_lines(text), list(range(1, count + 1)), f"seed {SEED}")

    def test_bytes_as_they_are(self):
        """L02, L03: a line without end and bytes of every kind."""
        self.begin({"web": self.puppets.service(logs={"max_size": "1GiB"})})
        puppet = self.puppets.meet()
        self.under_fire()
        puppet.ask("long-line 3000000")
        puppet.ask("binary 1000000")
        self.over()
        expected = b"l" * 3000000 + b"\n" + bytes((i * 7 + i // 256) & 0xFF for i in range(1000000))
        log = self.stack.state / "logs" / "web.log"
        eventually(lambda: log.stat().st_size >= len(expected), f"all is kept (seed {SEED})", self.stack)
        self.assertTrue(log.read_bytes() == expected, f"seed {SEED}")

    def test_last_words(self):
        """L11: what it prints between the signal and its end."""
        self.begin({"web": self.puppets.service(restart=QUICK)})
        puppet = self.puppets.meet()
        puppet.ask("count TERM")
        self.under_fire()
        self.ask("stop", "web")
        eventually(lambda: puppet.ask("counted") != "0", f"it is asked to stop (seed {SEED})", self.stack)
        puppet.ask("number 1000")
        puppet.ask("exit 0")
        self.becomes("web", state="stopped", desired="down")
        self.over()
        self.lines("web", 1000)


if __name__ == "__main__":
    print(f"seed {SEED}")
    main()
