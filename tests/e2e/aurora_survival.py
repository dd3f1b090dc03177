"""For the tests of what outlives the daemon: killing one of its processes, or both, and going on."""

import os
import signal

from aurora_e2e import alive, eventually
from aurora_puppet import PuppetCase

KEPT = ("state", "pid", "desired", "health", "restarts", "reason", "last_exit")


class SurvivalCase(PuppetCase):
    def picture(self, daemon, but=()):
        return {each["name"]: {key: each[key] for key in KEPT} for each in daemon.status().values() if each["name"] not in but}

    def kill_reactor(self, daemon):
        """The pid of the next one, which answers."""
        before = daemon.reactor()
        os.kill(before, signal.SIGKILL)
        return daemon.another_reactor(before)

    def without_reactor(self, daemon):
        """Kills it and keeps the keeper from making another until the context ends."""
        before = daemon.reactor()

        class Gap:
            def __enter__(self):
                daemon.process.send_signal(signal.SIGSTOP)
                os.kill(before, signal.SIGKILL)
                eventually(lambda: not alive(before), "the reactor is gone")

            def __exit__(self, *raised):
                daemon.process.send_signal(signal.SIGCONT)
                if raised[0] is None:
                    daemon.another_reactor(before)

        return Gap()

    def again(self, daemon):
        """Another daemon on the same state directory, after `kill`."""
        daemon.killed = False
        daemon.start()
