"""One system call of aurorad fails, then the next, until a run completes without: whatever it was, nothing is lost by it.

AURORA_SWEEP_SECONDS: for how long cases are drawn from all there are (0: every one of them, in order).
AURORA_SEED: of the draw; printed. AURORA_CASE="SCENARIO CALL ERROR N": that one alone. AURORA_SCENARIOS, AURORA_CALLS: only
these.
"""

import os
import random
import re
import sys
import time
import traceback
from collections import Counter

from aurora_e2e import main
from aurora_puppet import PuppetCase
from injection import ERRORS, Tracer, counts, fired, injected, unavailable
from oracles import Broken, demand
from stage import Stage

SECONDS = float(os.environ.get("AURORA_SWEEP_SECONDS", "75"))
SEED = int(os.environ.get("AURORA_SEED", random.randrange(1 << 30)))
ALONE = os.environ.get("AURORA_CASE")
SCENARIOS = os.environ.get("AURORA_SCENARIOS", "start back cycle rotate save reload down").split()
CALLS = os.environ.get("AURORA_CALLS", " ".join(ERRORS)).split()
# Asio puts its own eventfd, timerfd and the pipe of its signals into epoll and does not look whether they got in: without
# them no thread wakes the loop, and no signal is heard.
EXCUSED = {(what, "epoll_ctl", n) for what in ("start", "back") for n in (1, 2, 4)}
# The same pipe of its signals (four bytes are the number of one), which knows none of these errors.
IMPOSSIBLE = re.compile(r"(read|write)\(\d+, [^,]*, 4\)|fcntl\(\d+, F_SETFL, ")
AT_MOST_IN_A_ROW = 25  # cases on one daemon
MOST = 500  # calls of one kind: a scenario that makes more does not end


class Sweep(PuppetCase):
    def setUp(self):
        super().setUp()
        if why := unavailable():
            self.skipTest(why)
        self.stage = Stage(self)
        self.addCleanup(self.stage.log.close)
        self.up = 0  # cases that the daemon, which is up, has had
        self.had = []  # which
        self.ran, self.reactors, self.failed, self.excused = Counter(), Counter(), [], []

    def tearDown(self):
        self.stage.clear()
        super().tearDown()

    # One case each; what the tracer saw.

    def start(self, fault):
        self.rest()
        self.stage.forget()
        trace = self.stage.launch(fault)
        if (code := self.stage.daemon.process.poll()) is not None:
            demand(code in (1, 6) and "aurorad: " in self.stage.daemon.err(), f"the start failed with {code} and without words\n" + self.stage.daemon.err()[-3000:])
            demand(not self.stage.left(), "it left something behind")
            self.stage.start()
        self.stage.settle()
        self.stage.note()
        self.stage.check()
        self.stage.end()
        return trace

    def down(self, fault):
        self.ready()
        self.up = 0
        return self.stage.end(fault, traced=True)

    def attached(self, what, fault):
        self.ready()
        self.stage.note()
        reactor = self.stage.daemon.reactor()
        tracer = Tracer(self.stage.home, self.stage.daemon.process.pid if what == "back" else reactor, fault)
        done = getattr(self.stage, what)()
        trace = tracer.end()
        if not done and not (what == "back" or getattr(self.stage, what)()):
            raise Broken(f"{what} fails once more, now without a fault\n" + self.stage.daemon.err()[-3000:])
        self.stage.settle()
        self.stage.check()
        if what != "back" and self.stage.daemon.reactor() != reactor:
            self.reactors[fault[:2]] += 1
        self.up += 1
        self.had.append((what, fault))
        return trace

    def ready(self):
        """A daemon that is up; now and then it was started again on the same state."""
        if self.up > AT_MOST_IN_A_ROW:
            self.rest()
        if not self.up:
            self.stage.start()
            self.up, self.had = 1, []
            self.stage.settle()
            self.stage.warm_up()

    def rest(self):
        if self.up:
            self.up = 0
            self.stage.end()

    def run_case(self, what, fault):
        """Whether the fault came about."""
        if (what, fault[0], fault[2]) in EXCUSED:
            return True
        try:
            trace = getattr(self, what)(fault) if what in ("start", "down") else self.attached(what, fault)
        except (AssertionError, OSError, ValueError, KeyError) as broken:
            made = injected(self.home)
            if made and all(IMPOSSIBLE.search(call) for call in made.splitlines() if "(INJECTED)" in call):
                self.excused.append((what, *fault))
                self.start_over()
                return True
            text = "".join(traceback.format_exception(broken))
            print(f"FAILED {what} {' '.join(map(str, fault))}\n{made}\n{text}before on this daemon: {self.had}", flush=True)
            self.failed.append((what, *fault))
            self.start_over()
            return True  # or nobody knows: the next one tells
        self.ran[what] += fired(trace)
        return fired(trace)

    def start_over(self):
        self.stage.clear()
        self.up = 0

    # What to run.

    def baseline(self, what):
        trace = getattr(self, what)(None) if what in ("start", "down") else self.attached(what, None)
        return {call: n for call, n in counts(trace).items() if call in CALLS}

    def in_order(self):
        for what in SCENARIOS:
            for call in self.baseline(what):
                for error in ERRORS[call]:
                    n = 1
                    while self.run_case(what, (call, error, n)) and n < MOST:
                        n += 1
                    print(f"{what}: {call} {error}: {n - 1} calls", flush=True)
            print(f"{what}: {self.ran[what]} faults", flush=True)

    def drawn(self):
        cases = [(what, (call, error, n)) for what in SCENARIOS for call, most in self.baseline(what).items()
                 for error in ERRORS[call] for n in range(1, most + 1)]
        random.Random(SEED).shuffle(cases)
        ends = time.monotonic() + SECONDS
        for what, fault in cases:
            if time.monotonic() > ends:
                break
            self.run_case(what, fault)
        print(f"seed {SEED}: {self.ran.total()} of {len(cases)} cases: {dict(self.ran)}")

    def test_every_call(self):
        """O1 to O9 after each system call that failed over start, return, stop, rotation, save, reload and end."""
        if ALONE:
            what, call, error, n = ALONE.split()
            self.assertTrue(self.run_case(what, (call, error, int(n))), "the fault did not come about")
        elif SECONDS > 0:
            self.drawn()
        else:
            self.in_order()
        self.rest()
        print(f"not possible in earnest: {self.excused}", file=sys.stderr)
        print(f"the reactor ended, and another went on, after {dict(self.reactors)}", file=sys.stderr)
        self.assertEqual(self.failed, [], f"seed {SEED}")


if __name__ == "__main__":
    main()
