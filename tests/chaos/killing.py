"""Whoever kills the reactor at random instants beside a test.

AURORA_SEED: of the instants, printed with every failure. AURORA_KILLS: reactors killed in each case.
"""

import http.client
import os
import random
import signal
import threading

from aurora_e2e import eventually
from aurora_puppet import PuppetCase

SEED = int(os.environ.get("AURORA_SEED", random.randrange(1 << 30)))
KILLS = int(os.environ.get("AURORA_KILLS", "4"))
NO_ANSWER = (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AssertionError)
QUICK = {"delay": "20ms", "max_delay": "100ms", "limit": 0}


class Killer(threading.Thread):
    """Kills the reactor so many times, each a random while after the one before answered."""

    def __init__(self, daemon, chance, reactor=None):
        super().__init__(daemon=True)
        self.stack, self.chance, self.pause, self.killed = daemon, chance, threading.Event(), 0
        self.reactor = reactor or self.answering

    def answering(self):
        """The pid of the reactor, which answers."""
        return self.stack.api("GET", "/api/v1/status", timeout=2)[1]["daemon"]["pid"]

    def run(self):
        while self.killed < KILLS:
            self.pause.wait(self.chance.random() * 0.15)
            try:
                os.kill(self.reactor(), signal.SIGKILL)
            except NO_ANSWER:
                continue
            self.killed += 1


class UnderFire(PuppetCase):
    """Each case tells what is to come about in the end; who looks tries again when a reactor dies under the question."""

    def begin(self, services, **top):
        self.stack = self.daemon(services, **top)
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
