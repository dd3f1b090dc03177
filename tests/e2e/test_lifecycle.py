"""How services become ready, follow each other, are watched, scaled, hooked and stopped."""

import os
import signal
from pathlib import Path

from aurora_e2e import FOREVER, alive, eventually, main
from aurora_puppet import PuppetCase


class Readiness(PuppetCase):
    def readies(self, ready, order, wrong=None, **keys):
        """It is not ready before it says so, and then at once."""
        daemon = self.daemon({"web": self.puppets.service(ready=ready, start_timeout="60s", **keys), "after": {"command": FOREVER, "depends_on": ["web"]}})
        puppet = self.puppets.meet()
        if wrong:
            puppet.ask(wrong)
        daemon.wait_state("after", "waiting")
        self.assertEqual(daemon.status("web")["state"], "starting")
        puppet.ask(order)
        event = daemon.wait_state("web", "running")
        self.assertEqual((event["reason"], event["pid"]), ("ready", puppet.pid))
        daemon.wait_state("after", "running")
        return daemon, puppet

    def test_notify(self):
        """sd_notify: READY=1 makes ready, STATUS= is shown, STOPPING=1 is believed."""
        daemon, puppet = self.readies({"notify": True}, "notify READY=1", wrong="notify READY=0")
        puppet.ask("notify STATUS=serving 42")
        eventually(lambda: daemon.status("web").get("status_text") == "serving 42", "its words are shown", daemon)
        puppet.ask("notify STOPPING=1")
        daemon.wait_state("web", "stopping")

    def test_log_line(self):
        """A line that matches makes ready; one that does not, does not."""
        self.readies({"log": "^listening on [0-9]+$"}, "out listening on 80", wrong="out not listening on 80 yet")

    def test_descriptor(self):
        """A line on the declared descriptor makes ready, and that descriptor is the only one more."""
        daemon, puppet = self.readies({"fd": 3}, "ready-fd 3")
        self.assertEqual(puppet.ask("fds"), "0 1 2")

    def test_delay(self):
        """A delay is waited for, not less."""
        daemon = self.daemon({"web": {"command": FOREVER, "ready": {"delay": "400ms"}}})
        daemon.wait_state("web", "running")
        self.assertGreaterEqual(daemon.status("web")["uptime_seconds"], 0.4)

    def test_not_ready_in_time(self):
        """Who is not ready within start_timeout is a failed start, told as such."""
        daemon = self.daemon({"web": {"command": FOREVER, "ready": {"notify": True}, "start_timeout": "300ms", "restart": {"policy": "never"}}})
        event = daemon.wait_state("web", "stopping")
        self.assertEqual(event["reason"], "start-timeout")
        daemon.wait_state("web", "failed")
        self.assertIn("300ms", daemon.ctl("why", "web", check=0).stdout.replace("300 ms", "300ms").replace("0.3 s", "300ms"))

    def test_watchdog(self):
        """A service that armed its watchdog and falls silent is restarted."""
        daemon, puppet = self.readies({"notify": True}, "notify READY=1", restart={"delay": "10ms"})
        puppet.ask("notify WATCHDOG_USEC=300000")
        daemon.wait_event(lambda e: e["instance"] == "web" and e["reason"] == "watchdog")
        self.puppets.meet("web")


class Together(PuppetCase):
    def test_critical_failure_ends_all_with_its_code(self):
        """When a critical service gives up the stack stops, and aurorad exits with its code."""
        for ending, code in (("exit 42", 42), ("raise KILL", 137)):
            with self.subTest(ending):
                daemon = self.daemon({"core": self.puppets.service(critical=True, restart={"policy": "never"}), "other": {"command": FOREVER}})
                puppet = self.puppets.meet()
                daemon.wait_state("other", "running")
                other = daemon.status("other")["pid"]
                puppet.tell(ending)
                self.assertEqual(daemon.wait_end(), code)
                self.assertFalse(alive(other))

    def test_dependants_that_say_so_restart_too(self):
        """`restart: true` takes a dependant down and up with its dependency; without it nothing happens."""
        daemon = self.daemon({"db": {"command": FOREVER, "restart": {"delay": "10ms"}},
                              "with": {"command": FOREVER, "depends_on": {"db": {"restart": True}}},
                              "far": {"command": FOREVER, "depends_on": {"with": {"restart": True}}},
                              "without": {"command": FOREVER, "depends_on": ["db"]}})
        for name in ("far", "without"):
            daemon.wait_state(name, "running")
        for how in (lambda: daemon.ctl("restart", "db", check=0), lambda: os.kill(daemon.status("db")["pid"], signal.SIGKILL)):
            before = daemon.status()
            since = daemon.sequence()
            how()
            daemon.wait_state("far", "running", since)
            after = daemon.status()
            for name in ("db", "with", "far"):
                self.assertNotEqual(after[name]["pid"], before[name]["pid"], name)
            self.assertEqual(after["without"]["pid"], before["without"]["pid"])
            self.assertIn("dependency-restart", [e["reason"] for e in daemon.events(since) if e["instance"] == "with"])

    def test_instances_and_scale(self):
        """Each instance has its own name, number and port; scaling touches only those that come and go."""
        daemon = self.daemon({"web": self.puppets.service(instances=2, port=0, ready={"delay": "0s"}, health={"tcp": "127.0.0.1:${PORT}", "on_failure": "alert"})})
        puppets = [self.puppets.meet("web", n) for n in (1, 2)]
        for number, puppet in enumerate(puppets, 1):
            daemon.wait_state(f"web@{number}", "running")
            self.assertEqual(int(puppet.env["PORT"]), daemon.status(f"web@{number}")["port"])
        self.assertEqual(len({puppet.env["PORT"] for puppet in puppets}), 2)
        daemon.ctl("scale", "web", 3, check=0)
        third = self.puppets.meet("web", 3)
        self.assertEqual([daemon.status(f"web@{n}")["pid"] for n in (1, 2)], [puppet.pid for puppet in puppets])
        daemon.ctl("scale", "web", 1, check=0)
        third.gone()
        puppets[1].gone()
        self.assertEqual(len(daemon.status()), 1)

    def test_ports_count_up(self):
        """The port of instance i is port + i - 1."""
        daemon = self.daemon({"web": {"command": FOREVER, "instances": 3, "port": 20001, "ready": {"delay": "0s"}, "health": {"exec": ["true"]}}})
        daemon.wait_state("web@3", "running")
        self.assertEqual([daemon.status(f"web@{n}")["port"] for n in (1, 2, 3)], [20001, 20002, 20003])

    def test_a_free_port_is_found(self):
        """Port 0 is a free one, different for each, and probed."""
        serve = "python3 -m http.server --bind 127.0.0.1 $PORT"
        daemon = self.daemon({name: {"command": f"exec {serve}", "port": 0} for name in "ab"})
        for name in "ab":
            daemon.wait_state(name, "running")
        status = daemon.status()
        self.assertNotEqual(status["a"]["port"], status["b"]["port"])
        self.assertEqual({s["health"] for s in status.values()}, {"healthy"})

    def test_watched_files_restart(self):
        """A change below `watch.paths` restarts the service; what is ignored does not."""
        (self.home / "src/deep").mkdir(parents=True)
        daemon = self.daemon({"web": self.puppets.service(watch={"paths": ["src"], "ignore": ["*.pyc"], "debounce": "50ms"})})
        first = self.puppets.meet()
        daemon.wait_state("web", "running")
        (self.home / "src/deep/x.pyc").write_text("1")
        (self.home / "src/deep/x.py").write_text("1")
        self.puppets.meet()
        changed = [e for e in daemon.events() if e["reason"] == "files-changed"]
        self.assertEqual(max(e["run"] for e in daemon.events()), 2, "one restart")
        self.assertTrue(any("x.py" in e["because"]["text"] and "pyc" not in e["because"]["text"] for e in changed), changed)
        self.assertFalse(alive(first.pid))
        self.assertEqual(daemon.status("web")["restarts"], 0, "no unwanted end")


class Stopping(PuppetCase):
    def test_hooks_run_in_their_order(self):
        """pre_start before the process, post_start after it is ready, pre_stop before the signal, post_stop after the end."""
        told = self.home / "told"
        hooks = {name: ["/bin/sh", "-c", f"echo {name} $AURORA_SERVICE >> {told}"] for name in ("pre_start", "post_start", "pre_stop", "post_stop")}
        command = f"trap 'echo end >> {told}; exit' TERM; echo begin >> {told}; echo up; while :; do sleep 1000 & wait; done"
        daemon = self.daemon({"web": {"command": command, "hooks": hooks, "ready": {"log": "up"}}})
        daemon.wait_state("web", "running")
        eventually(lambda: "post_start" in told.read_text(), "post_start has run", daemon)
        daemon.ctl("stop", "web", check=0)
        self.assertEqual(told.read_text().split("\n")[:-1],
                         ["pre_start web", "begin", "post_start web", "pre_stop web", "end", "post_stop web"])

    def test_a_failing_pre_start_is_a_failed_start(self):
        """Nothing is started when pre_start fails, and its words are in the reason."""
        daemon = self.daemon({"web": {"command": ["touch", str(self.home / "ran")], "restart": {"policy": "never"},
                                      "hooks": {"pre_start": "echo disk is missing; exit 9"}}})
        event = daemon.wait_state("web", "failed")
        text = "\n".join(e["because"]["text"] for e in daemon.events() if e["instance"] == "web")
        self.assertIn("disk is missing", text)
        self.assertEqual(event["to"], "failed")
        self.assertFalse((self.home / "ran").exists())

    def test_stop_command_and_reach(self):
        """stop.command ends the service; `to: main` signals the main process alone, `group` the group."""
        daemon = self.daemon({"own": {"command": FOREVER, "stop": {"command": f"echo asked > {self.home}/asked; kill -INT -$(cat {self.home}/pid)"}},
                              "main": self.puppets.service(stop={"to": "main", "signal": "SIGUSR1", "timeout": "20s"})})
        puppet = self.puppets.meet()
        daemon.wait_state("own", "running")
        (self.home / "pid").write_text(str(daemon.status("own")["pid"]))
        daemon.ctl("stop", "own", check=0)
        self.assertTrue((self.home / "asked").exists())
        self.assertEqual(daemon.status("own")["last_exit"]["signal"], "SIGINT")
        child, = puppet.pids("fork")
        daemon.wait_state("main", "running")
        daemon.ctl("stop", "main", check=0)
        self.assertEqual(daemon.status("main")["last_exit"]["signal"], "SIGUSR1")
        self.assertFalse(alive(child), "nothing of a stopped service stays behind")
        self.assertFalse(Path(f"/proc/{puppet.pid}").exists())

    def test_a_failing_pre_start_is_explained(self):
        """P23: what a failed pre_start said is in `why` and in the daemon's log, also where nothing brings it back."""
        daemon = self.daemon({"web": {"command": ["true"], "restart": {"policy": "never"}, "hooks": {"pre_start": "echo disk is missing; exit 9"}}})
        daemon.wait_state("web", "failed")
        for text in (daemon.ctl("why", "web", check=0).stdout, daemon.err()):
            self.assertIn("pre_start", text)
            self.assertIn("disk is missing", text)
            self.assertNotIn("unknown", text)


if __name__ == "__main__":
    main()
