"""The daemon itself: its lock, signals, modes, exit codes and what it needs to start."""

import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

from aurora_e2e import BIN, CLEAN, DEADLINE, FOREVER, Case, alive, eventually, main

DEAF = "trap '' TERM INT; echo up; while :; do sleep 1000; done"


class Lock(Case):
    def test_a_second_daemon_is_turned_away(self):
        """M04: of many on one state directory one runs; the others exit 1, name it and touch nothing."""
        daemon = self.daemon({"web": {"command": FOREVER}})
        daemon.wait_state("web", "running")
        eventually(lambda: (daemon.state / "config.last").exists(), "its configuration is saved", daemon)
        before, pid = sorted(os.listdir(daemon.state)), daemon.status("web")["pid"]
        others = [subprocess.Popen([BIN / "aurorad", "--http", "off"], cwd=self.home, env=CLEAN, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(20)]
        for other in others:
            said = other.communicate(timeout=DEADLINE)[0]
            self.assertEqual(other.returncode, 1, said)
            self.assertIn(str(daemon.process.pid), said)
        self.assertEqual(sorted(os.listdir(daemon.state)), before)
        self.assertEqual(daemon.status("web")["pid"], pid)

    def test_twenty_at_once(self):
        """M04: of twenty started together exactly one wins."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        many = [subprocess.Popen([BIN / "aurorad", "--http", "off"], cwd=self.home, env=CLEAN, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(20)]
        self.addCleanup(lambda: [one.kill() for one in many if one.poll() is None])
        eventually(lambda: sum(one.poll() is None for one in many) <= 1, "only one stays")
        winner = [one for one in many if one.poll() is None]
        self.assertEqual(len(winner), 1, [one.returncode for one in many])
        self.assertEqual({one.returncode for one in many} - {None}, {1})
        daemon.process = winner[0]
        eventually(daemon._answers, "the winner answers", daemon)
        daemon.wait_state("web", "running")
        self.assertEqual(daemon.api("GET", "/api/v1/status")[1]["daemon"]["keeper_pid"], winner[0].pid)

    def test_what_a_dead_daemon_left_is_no_hindrance(self):
        """A stale socket and lock file of a daemon that was killed do not stop the next."""
        daemon = self.daemon({})
        daemon.kill()
        self.assertTrue((daemon.state / "aurorad.sock").exists())
        daemon.killed = False
        daemon.start()


class Systemd(Case):
    def test_it_hears_of_the_daemon(self):
        """Started as systemd starts a service of Type=notify with WatchdogSec: ready, alive, stopping, in that order."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(self.home / "notify"))
            manager.settimeout(DEADLINE)
            daemon.start(env={"NOTIFY_SOCKET": str(self.home / "notify"), "WATCHDOG_USEC": "200000"})
            heard = []
            while heard.count("WATCHDOG=1") < 4 or not any("READY=1" in text for text in heard):
                heard.append(manager.recv(4096).decode())
            daemon.wait_state("web", "running")
            environment = Path(f"/proc/{daemon.status('web')['pid']}/environ").read_bytes()
            self.assertNotIn(b"WATCHDOG_USEC", environment)
            daemon.process.send_signal(signal.SIGTERM)
            while "STOPPING=1" not in heard:
                heard.append(manager.recv(4096).decode())
        self.assertEqual(daemon.process.wait(DEADLINE), 0)


class Signals(Case):
    def test_term_while_all_start(self):
        """M07: nothing is started after SIGTERM, and nothing is left."""
        services = {f"s{i:03}": {"command": FOREVER, "depends_on": [f"s{i - 10:03}"] if i >= 10 else []} for i in range(150)}
        daemon = self.daemon(services)
        daemon.wait_state("s000", "running")
        self.assertEqual(daemon.stop(), 0)
        said = daemon.err().splitlines()
        at = next(i for i, line in enumerate(said) if "shutting down" in line)
        self.assertFalse([line for line in said[at:] if "-> starting" in line])

    def test_a_second_term_kills(self):
        """The first SIGTERM waits for who is deaf, the second does not, and the exit code is 1."""
        before = 0  # the events of the first daemon are those of the second, too
        for number in (signal.SIGTERM, signal.SIGINT):
            daemon = self.daemon({"deaf": {"command": DEAF, "ready": {"log": "up"}, "stop": {"timeout": "10m"}}}, shutdown_timeout="20m")
            daemon.wait_state("deaf", "running", before)
            pid = daemon.status("deaf")["pid"]
            daemon.process.send_signal(number)
            daemon.wait_state("deaf", "stopping", before)
            before = daemon.sequence()
            self.assertTrue(alive(pid))
            daemon.process.send_signal(number)
            self.assertEqual(daemon.wait_end(), 1)
            self.assertFalse(alive(pid))

    def test_shutdown_timeout(self):
        """shutdown_timeout bounds it all."""
        daemon = self.daemon({"deaf": {"command": DEAF, "ready": {"log": "up"}, "stop": {"timeout": "10m"}}}, shutdown_timeout="500ms")
        daemon.wait_state("deaf", "running")
        daemon.process.send_signal(signal.SIGTERM)
        self.assertIn(daemon.wait_end(), (0, 1))

    def test_other_signals_in_a_shutdown(self):
        """HUP, USR1 and those without a meaning change nothing, in a shutdown neither."""
        daemon = self.daemon({"deaf": {"command": DEAF, "ready": {"log": "up"}, "stop": {"timeout": "10m"}}})
        daemon.wait_state("deaf", "running")
        pid = daemon.status("deaf")["pid"]
        for number in (signal.SIGPIPE, signal.SIGALRM, signal.SIGWINCH, signal.SIGUSR1, signal.SIGHUP):
            if number != signal.SIGALRM:
                daemon.process.send_signal(number)
        self.assertEqual(daemon.status("deaf")["pid"], pid)
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_state("deaf", "stopping")
        daemon.write(self.config({"deaf": {"command": FOREVER}, "more": {"command": FOREVER}}))
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGPIPE):
            daemon.process.send_signal(number)
        self.assertNotIn("more", daemon.status())
        self.assertEqual(daemon.api("POST", "/api/v1/start", {"services": ["deaf"]})[0], 503)
        daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait_end(), 1)


class Surroundings(Case):
    def test_modes(self):
        """S08: whatever the umask, the state is the owner's alone, and logs can be read by the group."""
        for mask in (0o000, 0o077):
            daemon = self.daemon({"web": {"command": "echo hello; exec sleep 1000"}}, start=False)
            daemon.start(preexec_fn=lambda: os.umask(mask))
            daemon.wait_log("web", "hello")
            daemon.ctl("stop", "web", check=0)
            mode = lambda path: stat.S_IMODE(os.lstat(path).st_mode)
            self.assertEqual(mode(daemon.state), 0o700)
            self.assertTrue(stat.S_ISSOCK(os.lstat(daemon.state / "aurorad.sock").st_mode))
            self.assertEqual(mode(daemon.state / "aurorad.sock"), 0o600)
            self.assertEqual(mode(daemon.state / "logs/web.log"), 0o640)
            for path in daemon.state.rglob("*"):
                if path.is_file() and "logs" not in path.parts:
                    self.assertEqual(mode(path), 0o600, path)
                elif path.is_dir():
                    self.assertEqual(mode(path) & 0o027, 0, path)
            self.assertEqual(daemon.stop(), 0)
            self.assertFalse((daemon.state / "aurorad.sock").exists())
            subprocess.run(["rm", "-r", daemon.state], check=True)

    def test_without_stdin_stdout_and_stderr(self):
        """M08: with 0, 1 and 2 closed nothing of ours lands on them; services start as ever."""
        daemon = self.daemon({"web": {"command": "echo hello; exec sleep 1000"}}, start=False)
        shell = f"exec '{BIN}/aurorad' --config aurora.json --http off <&- >&- 2>&-"
        daemon.process = subprocess.Popen(["/bin/sh", "-c", shell], cwd=self.home, env=CLEAN)
        eventually(daemon._answers, "it answers", daemon)
        daemon.wait_log("web", "hello")
        for fd in (0, 1, 2):
            self.assertEqual(os.readlink(f"/proc/{daemon.process.pid}/fd/{fd}"), "/dev/null")
        self.assertEqual(daemon.log_of("web"), "hello\n")

    def test_a_closed_stderr_pipe(self):
        """Who launched it may go away: a broken stderr ends nothing."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        reader, writer = os.pipe()
        daemon.process = subprocess.Popen([BIN / "aurorad", "--http", "off"], cwd=self.home, env=CLEAN, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer)
        os.close(writer)
        os.close(reader)
        eventually(daemon._answers, "it answers", daemon)
        daemon.wait_state("web", "running")
        daemon.ctl("restart", "web", check=0)
        self.assertEqual(daemon.stop(), 0)

    def test_a_very_long_path(self):
        """The socket works beyond the 107 bytes of its address, for aurorctl too."""
        home = self.home / ("d" * 100) / ("e" * 100)
        home.mkdir(parents=True)
        daemon = self.daemon({"web": {"command": FOREVER}}, home=home)
        daemon.wait_state("web", "running")
        self.assertIn("running", daemon.ctl("status", check=0).stdout)
        self.assertIn("running", daemon.ctl("-H", f"unix://{daemon.state}/aurorad.sock", "status", check=0).stdout)


class Starts(Case):
    def aurorad(self, *arguments, **run):
        return subprocess.run([BIN / "aurorad", *arguments], cwd=self.home, env=CLEAN, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE, **run)

    def test_exit_codes(self):
        """0 for what was asked, 2 for usage, 6 for the configuration, 1 for what cannot be done."""
        for arguments, code, words in ((["--version"], 0, "aurorad "), (["--help"], 0, "Usage"), (["--wrong"], 2, "--wrong"), (["extra"], 2, "aurorad: "),
                                       (["--log-level", "loud"], 2, "loud"), (["--start-delay", "5x"], 2, "5x"), (["--config"], 2, "config"),
                                       (["--config", "nowhere.json"], 6, "nowhere.json")):
            done = self.aurorad(*arguments)
            self.assertEqual(done.returncode, code, (arguments, done.stderr))
            self.assertIn(words, done.stdout + done.stderr)
        (self.home / "aurora.json").write_text('{"services": {}}')
        (self.home / "file").write_text("")
        done = self.aurorad("--http", "off", "--state-dir", "file")
        self.assertEqual(done.returncode, 1)
        self.assertIn("file", done.stderr)

    def test_prerequisites(self):
        """Nothing starts while a prerequisite is missing; all that are missing are told, with what to do."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            daemon = self.daemon({"web": {"command": ["touch", "ran"]}}, start=False,
                                 prerequisites=[{"command": "python3"}, {"command": "no-such-tool"}, {"file": "absent.py"}, {"port_free": port}])
            done = self.aurorad("--http", "off")
        self.assertEqual(done.returncode, 1, done.stderr)
        for word in ("no-such-tool", "absent.py", str(port)):
            self.assertIn(word, done.stderr)
        self.assertNotIn("python3", done.stderr.replace(f"pid {os.getpid()} (python3", ""))
        self.assertFalse((self.home / "ran").exists())
        daemon.write(self.config({"web": {"command": FOREVER}}, prerequisites=[{"command": "python3"}, {"file": "aurora.json"}, {"port_free": port}]))
        daemon.start()
        daemon.wait_state("web", "running")

    def test_start_delay(self):
        """--start-delay waits before the first service, answers meanwhile, and can be ended."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        daemon.start("--start-delay", "10m")
        self.assertNotIn(daemon.status("web")["state"], ("starting", "running"))
        self.assertEqual(daemon.stop(), 0)
        daemon.start("--start-delay", "300ms")
        daemon.wait_state("web", "running")
        about = daemon.api("GET", "/api/v1/status")[1]
        self.assertGreaterEqual(about["daemon"]["uptime_seconds"] - about["services"][0]["uptime_seconds"], 0.28)

    def test_places(self):
        """--state-dir, the environment and the configuration say where the state is, in this order."""
        daemon = self.daemon({}, start=False, state_dir="from-config")
        for arguments, env, place in ((["--state-dir", "from-flag"], {"AURORA_STATE_DIR": str(self.home / "from-env")}, "from-flag"),
                                      ([], {"AURORA_STATE_DIR": str(self.home / "from-env")}, "from-env"), ([], {}, "from-config")):
            daemon.state = self.home / place
            daemon.start(*arguments, env=env)
            self.assertTrue((self.home / place / "aurorad.sock").exists())
            daemon.ctl(*arguments, "status", env=env, check=0)
            self.assertEqual(daemon.stop(), 0)
        self.assertFalse((self.home / ".aurora").exists())


if __name__ == "__main__":
    main()
