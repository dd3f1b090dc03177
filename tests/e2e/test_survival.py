"""Nothing is lost when the daemon dies: what the keeper, the journal and the next daemon promise (contract §4)."""

import contextlib
import json
import os
import signal
import threading
import time

from aurora_e2e import DEADLINE, FOREVER, UnixConnection, alive, eventually, main
from aurora_namespace import in_a_small_disk
from aurora_survival import SurvivalCase


class ReactorKilled(SurvivalCase):
    def test_nothing_happened(self):
        """M01: SIGKILL of the reactor, again and again: pids, uptimes, counts, health and wishes are what they were."""
        daemon = self.daemon({
            "web": self.puppets.service(restart={"delay": "10ms"}),
            "checked": {"command": FOREVER, "health": {"exec": ["true"], "interval": "100ms", "start_interval": "10ms"}},
            "off": {"command": FOREVER},
            "job": {"type": "oneshot", "command": "true"},
            "gone": {"command": "exit 3", "restart": {"policy": "never"}},
            "later": {"command": FOREVER, "depends_on": {"gone": {"condition": "completed"}}},
        })
        puppet = self.puppets.meet()
        puppet.tell("exit 7")
        self.puppets.meet()
        eventually(lambda: daemon.status("web")["restarts"] == 1 and daemon.status("web")["state"] == "running", "it is back", daemon)
        daemon.ctl("stop", "off", check=0)
        eventually(lambda: daemon.status("checked")["health"] == "healthy", "its probe succeeds", daemon)
        daemon.wait_state("later", "failed")
        before, uptime, at = self.picture(daemon), daemon.status("web")["uptime_seconds"], time.monotonic()
        for _ in range(5):
            self.kill_reactor(daemon)
            self.assertEqual(self.picture(daemon), before)
        passed = time.monotonic() - at
        self.assertAlmostEqual(daemon.status("web")["uptime_seconds"], uptime + passed, delta=0.5)
        self.assertIn("killed by SIGKILL", daemon.err())

    def test_events_go_on(self):
        """Their numbers grow over the death of one process and of both; what happened before is told, and `why` knows it."""
        daemon = self.daemon({"web": self.puppets.service(restart={"delay": "10ms"})})
        self.puppets.meet().tell("exit 7")
        self.puppets.meet()
        eventually(lambda: daemon.status("web")["restarts"] == 1 and daemon.status("web")["state"] == "running", "it is back", daemon)
        before = daemon.events()
        self.kill_reactor(daemon)
        self.assertEqual(daemon.events()[: len(before)], before)
        self.assertIn("exit code 7", daemon.ctl("why", "web", check=0).stdout)
        daemon.kill()
        self.again(daemon)
        daemon.ctl("stop", "web", check=0)
        events = daemon.events()
        self.assertEqual(events[: len(before)], before)
        self.assertEqual([event["sequence"] for event in events], list(range(1, len(events) + 1)))
        self.assertEqual(events[-1]["to"], "stopped")

    def test_backoff_goes_on(self):
        """A restart that was timed comes when it was due, not sooner and not later."""
        daemon = self.daemon({"web": self.puppets.service(restart={"delay": "3s", "jitter": 0})})
        self.puppets.meet().tell("exit 1")
        daemon.wait_state("web", "backoff")
        ended = time.monotonic()
        self.kill_reactor(daemon)
        self.puppets.meet()
        waited = time.monotonic() - ended
        self.assertGreater(waited, 2.5)
        self.assertLess(waited, 4.5)

    def test_what_ended_meanwhile_is_known(self):
        """The exit status and the last words of a service that ends while no reactor lives."""
        daemon = self.daemon({"web": self.puppets.service(restart={"delay": "10ms"})})
        puppet = self.puppets.meet()
        with self.without_reactor(daemon):
            puppet.ask("out the last words")
            puppet.ask("exit 7")
            puppet.gone()
        event = daemon.wait_event(lambda e: e["instance"] == "web" and e["because"]["exit"])
        self.assertEqual(event["because"]["exit"]["code"], 7)
        self.puppets.meet()
        self.assertIn("the last words\n", daemon.log_of("web"))
        self.assertEqual(daemon.status("web")["restarts"], 1)

    def test_one_that_ended_before_it_was_written_down_is_known(self):
        """The reactor dies in the launch, when the service has executed already: its one run and its end are counted."""
        daemon = self.daemon({"web": self.puppets.service(autostart=False, restart={"delay": "10ms"})})
        reactor = daemon.reactor()
        # Held in clone(2) for longer than any of this takes.
        tracer = self.traced(daemon, "-e", "trace=clone,clone3", "-e", f"inject=clone,clone3:delay_exit={int(2 * DEADLINE * 1e6)}")
        asking = threading.Thread(target=lambda: daemon.ctl("start", "web", "--no-wait"))
        asking.start()
        self.addCleanup(asking.join)
        puppet = self.puppets.meet()
        puppet.ask("exit 7")
        puppet.gone()
        os.kill(reactor, signal.SIGKILL)
        tracer.kill()
        daemon.another_reactor(reactor)
        second = self.puppets.meet()
        eventually(lambda: daemon.status("web")["pid"] == second.pid, "the second run is known", daemon)
        self.assertEqual(daemon.status("web")["last_exit"]["code"], 7)
        self.assertEqual(daemon.status("web")["restarts"], 1)

    def test_a_stderr_that_a_reload_took_apart(self):
        """Its pipe outlives service and reactor as the other one does."""
        daemon = self.daemon({"web": self.puppets.service()})
        self.puppets.meet()
        daemon.reload(self.config({"web": self.puppets.service(logs={"stderr": "separate"})}))  # starts it again
        puppet, reactor = self.puppets.meet(), daemon.reactor()
        os.kill(reactor, signal.SIGSTOP)
        puppet.ask("err the last words")
        puppet.ask("exit 7")
        puppet.gone()
        os.kill(reactor, signal.SIGKILL)
        self.puppets.meet()
        self.assertIn("the last words\n", daemon.log_of("web.err"))

    def test_a_reactor_comes_back_to_a_full_disk(self):
        """It answers, all goes on, and what could not be noted is told, and noted once there is room."""
        services = {"web": {"command": FOREVER}, "db": {"command": FOREVER, "restart": {"delay": "10ms"}}}
        daemon, disk = in_a_small_disk(self, services, "4m", ".")
        for name in services:
            daemon.wait_state(name, "running")
        before = daemon.status("web")["pid"]

        def warned():
            return any("no space left" in text.lower() for text in daemon.api("GET", "/api/v1/status")[1]["daemon"].get("warnings", []))
        for _ in range(2):
            with open(disk / "filler", "ab", buffering=0) as filler, contextlib.suppress(OSError):
                while filler.write(bytes(4096)):
                    pass
            self.kill_reactor(daemon)
            self.assertEqual((daemon.status("web")["pid"], daemon.status("web")["state"]), (before, "running"))
            self.assertTrue(warned())
            first = daemon.status("db")["pid"]
            os.kill(first, signal.SIGKILL)
            second = eventually(lambda: (now := daemon.status("db")["pid"]) != first and now, "db runs again", daemon)
            self.kill_reactor(daemon)  # with what was not noted
            self.assertEqual((daemon.status("web")["pid"], daemon.status("db")["pid"]), (before, second))
            (disk / "filler").unlink()
            eventually(lambda: not warned(), "it is noted", daemon)
            self.assertEqual(daemon.status("web")["restarts"], 0)

    def test_the_socket_waits(self):
        """Who connects while no reactor lives is answered by the next one."""
        daemon = self.daemon({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        with self.without_reactor(daemon):
            connection = UnixConnection(str(daemon.state / "aurorad.sock"))
            connection.request("GET", "/api/v1/status")
        answer = json.loads(connection.getresponse().read())
        self.assertEqual(answer["services"][0]["state"], "running")

    def test_readiness_is_heard(self):
        """READY=1, a newline on the descriptor and the line in the log, said while no reactor lives."""
        daemon = self.daemon({
            "told": self.puppets.service(ready={"notify": True}),
            "piped": self.puppets.service(ready={"fd": 3}),
            "logged": self.puppets.service(ready={"log": "^now$"}),
        })
        told, piped, logged = (self.puppets.meet(name) for name in ("told", "piped", "logged"))
        before = self.picture(daemon)
        with self.without_reactor(daemon):
            told.ask("notify READY=1")
            piped.ask("ready-fd 3")
            logged.ask("out now")
        for name in ("told", "piped", "logged"):
            daemon.wait_state(name, "running")
            self.assertEqual(daemon.status(name)["pid"], before[name]["pid"])
        with self.without_reactor(daemon):
            told.ask("notify STATUS=still here")
        eventually(lambda: daemon.status("told")["status_text"] == "still here", "it is heard", daemon)

    def test_a_stop_goes_on(self):
        """A stop under way ends as it would have: by the signal, or by SIGKILL when its time is up."""
        daemon = self.daemon({"slow": self.puppets.service(stop={"timeout": "2s"}), "deaf": self.puppets.service(stop={"timeout": "1s"})})
        slow, deaf = self.puppets.meet("slow"), self.puppets.meet("deaf")
        for puppet in (slow, deaf):
            puppet.ask("ignore 15")
        self.assertEqual(daemon.api("POST", "/api/v1/services/slow/stop")[0], 202)
        self.assertEqual(daemon.api("POST", "/api/v1/services/deaf/stop")[0], 202)
        daemon.wait_state("slow", "stopping")
        self.kill_reactor(daemon)
        slow.ask("exit 0")
        eventually(lambda: daemon.status("slow")["state"] == "stopped", "the slow one has stopped", daemon)
        eventually(lambda: daemon.status("deaf")["state"] == "stopped", "the deaf one was killed", daemon)
        self.assertEqual(daemon.status("deaf")["desired"], "down")
        deaf.gone()

    def test_a_shutdown_goes_on(self):
        """A reactor killed in the middle of a shutdown: the next one finishes it, starts nothing, and the code is 0."""
        daemon = self.daemon({"deaf": self.puppets.service(stop={"timeout": "1s"}), "web": {"command": FOREVER}})
        puppet = self.puppets.meet()
        puppet.ask("ignore 15")
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_state("deaf", "stopping")
        os.kill(daemon.reactor(), signal.SIGKILL)
        self.assertEqual(daemon.wait_end(), 0)
        puppet.gone()

    def test_the_configuration_in_force_stays_in_force(self):
        """What was edited, or broken, on the disk is not looked at before a reload."""
        daemon = self.daemon({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        eventually(lambda: (daemon.state / "config.last").exists(), "its configuration is saved", daemon)
        before = self.picture(daemon)
        (self.home / "aurora.json").write_text("{ broken")
        self.kill_reactor(daemon)
        self.assertEqual(self.picture(daemon), before)
        self.assertEqual(daemon.ctl("reload").returncode, 6)
        self.assertEqual(self.picture(daemon), before)

    def test_scaled_services_stay_scaled(self):
        """The instances that an operator asked for, where the configuration says another number."""
        daemon = self.daemon({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        daemon.ctl("scale", "web", 3, check=0)
        before = self.picture(daemon)
        self.assertEqual(len(before), 3)
        self.kill_reactor(daemon)
        self.assertEqual(self.picture(daemon), before)

    def test_hooks_are_run_again(self):
        """A pre_start hook that ended with the reactor is run once more, and its first process does not stay."""
        daemon = self.daemon({"web": {"command": FOREVER, "hooks": {"pre_start": self.puppets.service()["command"]},
                                      "env": self.puppets.service()["env"]}})
        first = self.puppets.meet()
        with self.without_reactor(daemon):
            pass
        second = self.puppets.meet()
        self.assertNotEqual(first.pid, second.pid)
        eventually(lambda: not alive(first.pid), "the first hook is gone", daemon)
        second.tell("exit 0")
        daemon.wait_state("web", "running")
        self.assertEqual(daemon.status("web")["restarts"], 0)

    def test_descendants_are_found(self):
        """P04: what a service double-forked before and after is killed with it by the next reactor."""
        daemon = self.daemon({"web": self.puppets.service()})
        puppet = self.puppets.meet()
        daemonised = puppet.pids("escape")
        self.kill_reactor(daemon)
        daemonised += puppet.pids("escape")
        daemon.ctl("stop", "web", check=0)
        for pid in daemonised:
            eventually(lambda: not alive(pid), "nothing of it stays", daemon)

    def test_a_reactor_that_dies_again_and_again_costs_nothing(self):
        """Six in a row: services run on while the pauses grow, and it answers again."""
        daemon = self.daemon({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        before = self.picture(daemon)
        for _ in range(6):
            self.kill_reactor(daemon)
        self.assertEqual(self.picture(daemon), before)


class KeeperKilled(SurvivalCase):
    def test_the_reactor_runs_on(self):
        """M02: services and reactor run on, `status` warns, and the end is orderly all the same."""
        daemon = self.daemon({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        before, reactor = self.picture(daemon), daemon.reactor()
        daemon.killed = True
        daemon.process.kill()
        daemon.process.wait()
        eventually(lambda: "keeper" in daemon.ctl("status", check=0).stdout, "a warning", daemon)
        self.assertEqual(self.picture(daemon), before)
        daemon.ctl("down", check=0)
        eventually(lambda: not alive(reactor), "the reactor has ended")
        self.assertFalse(alive(before["web"]["pid"]))


class BothKilled(SurvivalCase):
    def test_the_next_daemon_takes_over(self):
        """M02: never a second copy; what ended meanwhile is told as unknown, and the policy is applied once."""
        daemon = self.daemon({"web": self.puppets.service(), "dies": self.puppets.service(restart={"delay": "10ms"}),
                              "off": {"command": FOREVER}})
        web, dies = self.puppets.meet("web"), self.puppets.meet("dies")
        daemon.ctl("stop", "off", check=0)
        before = self.picture(daemon, but=("dies",))
        daemon.kill()
        web.ask("out while nobody looked")
        dies.ask("exit 4")
        dies.gone()
        self.again(daemon)
        self.assertEqual(self.picture(daemon, but=("dies",)), before)
        event = daemon.wait_event(lambda e: e["instance"] == "dies" and e["because"]["exit"])
        self.assertEqual(event["because"]["exit"]["cause"], "unattended")
        self.puppets.meet("dies")
        eventually(lambda: daemon.status("dies")["restarts"] == 1, "it was restarted once", daemon)
        self.assertIn("while nobody looked\n", daemon.log_of("web"))
        daemon.ctl("stop", "web", check=0)
        web.gone()

    def test_a_changed_configuration_changes_what_it_changes(self):
        """The next daemon reads the file anew: what is defined otherwise restarts, what is gone stops, the rest stays."""
        services = {"same": {"command": FOREVER}, "other": {"command": FOREVER}, "gone": {"command": FOREVER}}
        daemon = self.daemon(services)
        for name in services:
            daemon.wait_state(name, "running")
        before = self.picture(daemon)
        eventually(lambda: (daemon.state / "config.last").exists(), "its configuration is saved", daemon)
        daemon.kill()
        daemon.write(self.config({"same": {"command": FOREVER}, "other": {"command": FOREVER, "env": {"A": "b"}}, "new": {"command": FOREVER}}))
        self.again(daemon)
        daemon.wait_state("new", "running")
        eventually(lambda: daemon.status("other")["pid"] not in (None, before["other"]["pid"]), "it is restarted", daemon)
        self.assertEqual(daemon.status("same")["pid"], before["same"]["pid"])
        eventually(lambda: not alive(before["gone"]["pid"]), "it is stopped", daemon)


if __name__ == "__main__":
    main()
