"""aurorctl: exit codes, words, tables and what scripts rely on."""

import json
import os
import re
import socket
import subprocess
import threading
import time

from aurora_e2e import BIN, CLEAN, DEADLINE, FOREVER, Case, UnixConnection, eventually, free_port, main


class Codes(Case):
    def both(self, daemon, *arguments, code, env=None):
        """The same exit code with and without --json; what both said."""
        plain, as_json = daemon.ctl(*arguments, env=env), daemon.ctl("--json", *arguments, env=env)
        self.assertEqual((plain.returncode, as_json.returncode), (code, code), (arguments, plain.stderr, as_json.stderr))
        return plain.stdout + plain.stderr, as_json.stdout + as_json.stderr

    def test_without_a_daemon(self):
        """2 for usage, 6 for the configuration, 7 where no daemon answers, 0 for what needs none."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        for arguments in (["status"], ["stop"], ["logs"], ["events"], ["why", "web"], ["reload"], ["signal", "web", "HUP"], ["check"], ["graph"], ["plan"], ["restart"]):
            said, _ = self.both(daemon, *arguments, code=7)
            self.assertIn("aurorctl up", said)
        for arguments in (["--wrong"], ["status", "--wrong"], ["stauts"], ["why"], ["signal", "web"], ["scale", "web", "many"], ["--color", "blue", "status"], ["--timeout", "5x", "status"], []):
            self.assertEqual(daemon.ctl(*arguments).returncode, 2 if arguments else daemon.ctl().returncode, arguments)
        self.assertIn('status', daemon.ctl("stauts").stderr, "did you mean")
        for arguments in (["--help"], ["--version"], ["help"], ["help", "up"], ["up", "--help"], ["validate"], ["down"]):
            self.assertEqual(daemon.ctl(*arguments).returncode, 0, arguments)
        daemon.write('{"services": {"web": {"comand": "x"}}}')
        for arguments in (["up", "-d"], ["validate"], ["start"]):
            said, _ = self.both(daemon, *arguments, code=6)
            self.assertRegex(said, r"aurora\.json:1:\d+: ")
        self.assertEqual(daemon.ctl("-c", "nowhere.json", "validate").returncode, 6)
        self.assertEqual(daemon.ctl("-H", "ftp://x", "status").returncode, 2)
        self.assertEqual(daemon.ctl("-H", f"http://127.0.0.1:{free_port()}", "status").returncode, 7)

    def test_with_a_daemon(self):
        """0, 1, 3, 4 and 124 as documented, whatever the format; names are corrected."""
        daemon = self.daemon({"web": {"command": FOREVER}, "idle": {"command": FOREVER, "autostart": False}, "bad": {"command": ["/nowhere"]},
                              "slow": {"command": FOREVER, "ready": {"notify": True}, "start_timeout": "10m", "autostart": False}})
        daemon.wait_state("web", "running")
        daemon.wait_state("bad", "failed")
        for arguments, code in ((["status"], 0), (["status", "web"], 0), (["status", "idle"], 3), (["status", "bad"], 3), (["start", "web"], 0), (["start", "bad"], 1),
                                (["restart", "bad"], 1), (["why", "bad"], 0), (["events"], 0), (["graph"], 0), (["plan"], 0), (["stop", "idle"], 0),
                                (["check", "idle"], 3), (["--timeout", "300ms", "start", "slow"], 124), (["signal", "web", "NOSUCH"], 2), (["logs", "web"], 0), (["signal", "web", "WINCH"], 0)):
            self.both(daemon, *arguments, code=code)
        for arguments in (["status", "wbe"], ["start", "wbe"], ["stop", "wbe"], ["restart", "wbe"], ["why", "wbe"], ["logs", "wbe"], ["check", "wbe"], ["signal", "wbe", "HUP"], ["scale", "wbe", "2"]):
            for said in self.both(daemon, *arguments, code=4):
                self.assertRegex(said, 'did you mean \\\\?"web', arguments)
        self.assertEqual(daemon.status("web")["restarts"], 0)

    def test_not_permitted(self):
        """5 when the socket is another's."""
        if os.geteuid():
            self.skipTest("only root can become another")
        daemon = self.daemon({"web": {"command": FOREVER}})
        self.home.chmod(0o755)
        tool = self.home / "aurorctl"
        tool.write_bytes((BIN / "aurorctl").read_bytes())
        tool.chmod(0o755)
        done = subprocess.run([tool, "status"], cwd=self.home, env=CLEAN, capture_output=True, text=True, timeout=DEADLINE, user=65534, group=65534)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("permission denied", done.stderr.lower())
        self.assertEqual(daemon.ctl("status").returncode, 0)

    def test_a_daemon_that_hangs(self):
        """A17: a daemon that does not answer is given up after --timeout; one that hangs up is no crash."""
        state = self.home / ".aurora"
        state.mkdir(mode=0o700)
        daemon = self.daemon({}, start=False)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(state / "aurorad.sock"))
            listener.listen(16)
            asked = time.monotonic()
            self.assertIn(daemon.ctl("--timeout", "300ms", "status").returncode, (7, 124))
            self.assertLess(time.monotonic() - asked, 4, "--timeout bounds it")
            listener.accept()[0].close()

            def hang_up():
                connection = listener.accept()[0]
                connection.recv(10)
                connection.close()
            thread = threading.Thread(target=hang_up)
            thread.start()
            done = daemon.ctl("--timeout", "10s", "status")
            thread.join()
            self.assertIn(done.returncode, (1, 7))
            self.assertTrue(done.stderr.strip())


class Output(Case):
    def test_piped_tables_are_not_cut(self):
        """Piped output has every character and no colour; --json is what the API says."""
        long = "s" + "x" * 60
        daemon = self.daemon({long: {"command": ["/nowhere/" + "y" * 150], "restart": {"policy": "never"}}, "web": {"command": FOREVER}})
        daemon.wait_state(long, "failed")
        daemon.wait_state("web", "running")
        table = daemon.ctl("status", env={"COLUMNS": "40"}, check=0).stdout
        self.assertIn(long, table)
        self.assertIn("y" * 150, table)
        self.assertNotIn("\x1b", table)
        for word in ("NAME", "STATE", "HEALTH", "PID", "PORT", "UPTIME", "RESTARTS", "CPU", "MEM", "REASON"):
            self.assertIn(word, table.splitlines()[0] if "NAME" in table.splitlines()[0] else table)
        told = json.loads(daemon.ctl("status", "--json", check=0).stdout)
        self.assertEqual({s["name"] for s in told["services"]}, {long, "web"})
        for key in ("pid", "keeper_pid", "version", "name", "started_at", "uptime_seconds", "config", "state_dir", "http"):
            self.assertIn(key, told["daemon"])
        for key in ("name service instance state desired health pid port started_at uptime_seconds restarts next_start_in_seconds last_exit reason "
                    "depends_on cpu_percent memory_bytes").split():
            self.assertIn(key, told["services"][0])

    def test_colour(self):
        """Colour when asked for, never when NO_COLOR or `never` says so."""
        daemon = self.daemon({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        self.assertIn("\x1b[", daemon.ctl("--color", "always", "status").stdout)
        for arguments, env in ((["--color", "never"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"})):
            self.assertNotIn("\x1b[", daemon.ctl(*arguments, "status", env=env).stdout)

    def test_a_closed_pipe_is_silent(self):
        """A17: a reader that goes away ends aurorctl without a word."""
        daemon = self.daemon({"web": {"command": "i=0; while [ $i -lt 20000 ]; do echo line $i of many; i=$((i+1)); done; exec sleep 1000"}})
        daemon.wait_log("web", "line 19999 of many")
        tool = subprocess.Popen([BIN / "aurorctl", "logs", "-n", "all", "web"], cwd=self.home, env=CLEAN, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        tool.stdout.readline()
        tool.stdout.close()
        self.assertEqual(tool.stderr.read(), b"")
        tool.stderr.close()
        self.assertIn(tool.wait(DEADLINE), (0, 141, -13))

    def test_completions(self):
        """Completion scripts are scripts of their shell, and know every verb."""
        daemon = self.daemon({}, start=False)
        for shell in ("bash", "zsh", "fish"):
            script = daemon.ctl("completion", shell, check=0).stdout
            for verb in ("status", "restart", "validate"):
                self.assertIn(verb, script)
        bash = daemon.ctl("completion", "bash").stdout
        self.assertEqual(subprocess.run(["bash", "-n"], input=bash, text=True, capture_output=True).stderr, "")
        asked = bash + '\nCOMP_WORDS=(aurorctl sta); COMP_CWORD=1; _aurorctl; echo "${COMPREPLY[@]}"\n'
        offered = subprocess.run(["bash"], input=asked, text=True, capture_output=True, cwd=self.home, env=CLEAN | {"PATH": f"{BIN}:{os.environ['PATH']}"}).stdout
        self.assertIn("status", offered.split())
        self.assertEqual(daemon.ctl("completion", "tcsh").returncode, 2)

    def test_why_and_graph(self):
        """`why` names the exit, the last lines, the rule and what comes next; `graph` draws every edge."""
        daemon = self.daemon({"db": {"command": "echo cannot open the disk; exit 7", "restart": {"delay": "10m", "max_delay": "10m", "limit": 0}},
                              "web": {"command": FOREVER, "depends_on": ["db"], "start_timeout": "10m"}})
        daemon.wait_state("db", "backoff")
        told = daemon.ctl("why", "db", check=0).stdout
        for word in ("7", "cannot open the disk", "backoff"):
            self.assertIn(word, told)
        self.assertRegex(told, "9 ?m|10 ?m")
        self.assertIn("db", daemon.ctl("why", "web", check=0).stdout)
        for form, pattern in (("text", "web"), ("dot", r'"?web"? -> "?db"?|"?db"? -> "?web"?'), ("mermaid", "-->")):
            self.assertRegex(daemon.ctl("graph", "--format", form, check=0).stdout, pattern)

    def test_signals_and_openapi(self):
        """`signal` reaches the main process; the API tells of itself, and HEAD and 405 work."""
        daemon = self.daemon({"web": {"command": "trap 'echo got it' USR1; echo up; while :; do sleep 1000 & wait $!; done", "ready": {"log": "up"}}})
        daemon.wait_state("web", "running")
        for name in ("USR1", "SIGUSR1", "10"):
            daemon.ctl("signal", "web", name, check=0)
            daemon.wait_log("web", "got it")
        self.assertIn("/api/v1/status", daemon.api("GET", "/api/v1/openapi.json")[1]["paths"])
        self.assertEqual(daemon.api("GET", "/readyz")[0], 200)
        connection = UnixConnection(daemon.state / "aurorad.sock")
        self.addCleanup(connection.close)
        connection.request("DELETE", "/api/v1/status")
        answer = connection.getresponse()
        self.assertEqual((answer.status, re.sub(" ", "", answer.getheader("Allow"))), (405, "GET,HEAD"))
        self.assertEqual(daemon.api("HEAD", "/api/v1/status"), (200, ""))
        eventually(lambda: daemon.api("GET", "/healthz")[0] == 200, "it is healthy", daemon)


if __name__ == "__main__":
    main()
