"""aurorctl's verbs that launch the daemon, stay attached, or follow."""

import json
import os
import signal
import subprocess

from aurora_e2e import BIN, CLEAN, DEADLINE, FOREVER, Case, alive, carrying, eventually, main


class Live(Case):
    def run_in_background(self, *arguments, **popen):
        """aurorctl in a process group of its own, as a shell makes it; its output file."""
        path = self.home / f"out{len(os.listdir(self.home))}"
        with open(path, "wb") as out:
            tool = subprocess.Popen([BIN / "aurorctl", *arguments], cwd=self.home, env=CLEAN, stdin=subprocess.DEVNULL,
                                    stdout=out, stderr=subprocess.STDOUT, process_group=0, **popen)
        self.addCleanup(lambda: tool.poll() is None and tool.kill())
        return tool, lambda: path.read_text()

    def up(self, services, **top):
        """A daemon launched by `up -d`; down at the end."""
        return self.daemon(services, start=False, http={"listen": "off"}, **top)

    def tearDown(self):
        if self.daemons:
            self.daemons[0].ctl("down")
        super().tearDown()

    def test_up_and_down(self):
        """`up -d` returns when all are ready, `up` again changes nothing, `down` when all and the daemon are gone."""
        daemon = self.up({"db": {"command": FOREVER, "ready": {"delay": "300ms"}}, "web": {"command": FOREVER, "depends_on": ["db"]}})
        daemon.ctl("up", "-d", check=0)
        before = daemon.status()
        self.assertEqual({s["state"] for s in before.values()}, {"running"})
        about = daemon.api("GET", "/api/v1/status")[1]["daemon"]
        daemon.ctl("up", "-d", check=0)
        self.assertEqual({n: s["pid"] for n, s in daemon.status().items()}, {n: s["pid"] for n, s in before.items()})
        self.assertTrue((daemon.state / "logs/aurorad.log").exists())
        self.assertEqual(daemon.ctl("down").returncode, 0)
        self.assertEqual([pid for pid in [about["pid"], about["keeper_pid"], *(s["pid"] for s in before.values())] if alive(pid)], [])
        self.assertFalse((daemon.state / "aurorad.sock").exists())
        self.assertEqual(daemon.ctl("status").returncode, 7)
        self.assertEqual(daemon.ctl("down").returncode, 0)

    def test_up_that_fails(self):
        """`up -d` fails when a service does, names it, and leaves the others running."""
        daemon = self.up({"bad": {"command": ["/nowhere"]}, "web": {"command": FOREVER}})
        done = daemon.ctl("up", "-d")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bad", done.stdout + done.stderr)
        self.assertIn("/nowhere", done.stdout + done.stderr)
        self.assertEqual(daemon.status("web")["state"], "running")

    def test_up_of_some(self):
        """Named services are started with what they need; `start` launches a daemon too."""
        services = {"db": {"command": FOREVER}, "web": {"command": FOREVER, "depends_on": ["db"]}, "other": {"command": FOREVER, "autostart": False}}
        daemon = self.up(services)
        daemon.ctl("up", "-d", "web", check=0)
        status = daemon.status()
        self.assertEqual([status[name]["state"] for name in ("db", "web", "other")], ["running", "running", "stopped"])
        daemon.ctl("down", check=0)
        daemon.ctl("start", "other", check=0)
        self.assertEqual(daemon.status("other")["state"], "running")

    def test_attached_and_interrupted(self):
        """Attached `up` shows all output; Ctrl-C stops everything in order, and exits 0."""
        daemon = self.up({"db": {"command": "echo from db; exec sleep 1000"}, "web": {"command": "echo from web; echo and err >&2; exec sleep 1000", "depends_on": ["db"]}})
        tool, shown = self.run_in_background("up")
        eventually(lambda: all(text in shown() for text in ("from db", "from web", "and err")), "the output is shown", None)
        pids = [s["pid"] for s in daemon.status().values()] + [daemon.api("GET", "/api/v1/status")[1]["daemon"]["pid"]]
        os.killpg(tool.pid, signal.SIGINT)
        self.assertEqual(tool.wait(DEADLINE), 0, shown())
        self.assertEqual([pid for pid in pids if alive(pid)], [], shown())
        self.assertEqual(carrying(self.marker), [])

    def test_a_second_interrupt_kills(self):
        """Who does not want to stop is named at the first Ctrl-C and killed at the second."""
        daemon = self.up({"deaf": {"command": "trap '' TERM INT; echo deaf; while :; do sleep 1000; done", "stop": {"timeout": "10m"}, "ready": {"log": "deaf"}}}, shutdown_timeout="20m")
        tool, shown = self.run_in_background("up")
        eventually(lambda: daemon.state.joinpath("aurorad.sock").exists() and "deaf" in daemon.log_of("deaf"), "it runs")
        daemon.wait_state("deaf", "running")
        pid = daemon.status("deaf")["pid"]
        os.killpg(tool.pid, signal.SIGINT)
        daemon.wait_state("deaf", "stopping")
        self.assertTrue(alive(pid))
        os.killpg(tool.pid, signal.SIGINT)
        self.assertNotEqual(tool.wait(DEADLINE), 124)
        eventually(lambda: not alive(pid), "it is killed")

    def test_followers(self):
        """`logs -f` and `events -f` tell what comes, over restarts; SIGINT ends them with 0."""
        daemon = self.up({"web": {"command": "echo run by $$$$; exec sleep 1000"}})
        daemon.ctl("up", "-d", check=0)
        logs, lines = self.run_in_background("logs", "-f", "web")
        events, told = self.run_in_background("events", "-f", "-n", "0")
        watch, table = self.run_in_background("status", "--watch")
        eventually(lambda: "run by" in lines() and "running" in table(), "they follow", daemon)
        # What `events -f -n 0` has not heard yet it will not tell: restart until it listens.
        for _ in range(2):
            daemon.ctl("restart", "web", check=0)
            eventually(lambda: f"run by {daemon.status('web')['pid']}\n" in lines(), "the next run's line", daemon)
        eventually(lambda: "web" in told(), "the restart is told", daemon)
        for tool in (logs, events, watch):
            tool.send_signal(signal.SIGINT)
            self.assertEqual(tool.wait(DEADLINE), 0)
        self.assertEqual(len(lines().splitlines()), 3)

    def test_log_options(self):
        """-n, -t, --grep and --since choose; several services are merged with their names."""
        daemon = self.up({"a": {"command": "for i in 1 2 3; do echo line $i; done; exec sleep 1000"}, "b": {"command": "echo other; exec sleep 1000"}})
        daemon.ctl("up", "-d", check=0)
        daemon.wait_log("a", "line 3")
        daemon.wait_log("b", "other")
        said = lambda *arguments: daemon.ctl("logs", *arguments, check=0).stdout
        self.assertEqual(said("-n", "2", "a"), "line 2\nline 3\n")
        self.assertEqual(said("--grep", "[13]$", "a"), "line 1\nline 3\n")
        self.assertEqual(said("--since", "1h", "a"), "line 1\nline 2\nline 3\n")
        self.assertRegex(said("-t", "-n", "1", "a"), r"\d\d:\d\d:\d\d.* line 3\n$")
        both = said()
        self.assertRegex(both, r"(?m)^a\b.*line 1$")
        self.assertRegex(both, r"(?m)^b\b.*other$")
        self.assertEqual(daemon.ctl("logs", "--grep", "(", "a").returncode, 2)
        for line in daemon.ctl("--json", "logs", "a", check=0).stdout.splitlines():
            self.assertEqual(json.loads(line)["name"], "a")


if __name__ == "__main__":
    main()
