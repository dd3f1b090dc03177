"""aurorctl doctor: each thing that keeps a stack from running is found, named and given a command."""

import json
import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

from aurora_e2e import BIN, CLEAN, DEADLINE, FOREVER, Case, free_port, main

NOBODY = 65534
LISTENER = [sys.executable, "-c", "import os, signal, socket; s = socket.create_server(('127.0.0.1', int(os.environ['PORT']))); signal.pause()"]


class DoctorCase(Case):
    def doctor(self, daemon, *arguments, code=0, within=(), **run):
        """The checks of --json; the words say the same, and so does the exit code. within: a command that runs it."""
        said = {}
        for form in ("words", "json"):
            command = [*within, str(BIN / "aurorctl"), *(["--json"] if form == "json" else []), "doctor", *map(str, arguments)]
            said[form] = subprocess.run(command, cwd=daemon.home, env=CLEAN, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                        timeout=DEADLINE, **run)
            self.assertEqual(said[form].returncode, code, said[form].stdout + said[form].stderr)
        answer = json.loads(said["json"].stdout)
        self.words = said["words"].stdout
        for check in answer["checks"]:
            self.assertEqual(check["fix"] is None, check["result"] == "ok", check)
            if check["fix"] and check["check"] not in ("limits", "ports"):  # numbers of the machine move
                self.assertIn("fix: " + check["fix"], self.words)
        return answer["checks"]

    def finding(self, checks, kind, result, *texts, service=None):
        """The one of that kind and result that says all of `texts`."""
        for check in checks:
            if (check["check"], check["result"], check["service"]) == (kind, result, service) and all(t in check["text"] for t in texts):
                return check
        self.fail(f"no {result} of {kind} says {texts}:\n" + "\n".join(map(str, checks)))

    def no_fault(self, checks, *kinds):
        """None of these kinds has one; without kinds: nothing failed."""
        wrong = [c for c in checks if (c["check"] in kinds and c["result"] != "ok") or (not kinds and c["result"] == "fail")]
        self.assertEqual(wrong, [])

    def as_root(self):
        if os.geteuid():
            self.skipTest("only root can become another, or own what is another's")

    def within_mounts(self, script):
        """A command that runs doctor after `script`, where mounts are its own."""
        if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
            self.skipTest("no mount namespace can be made here")
        return ["unshare", "-m", "/bin/sh", "-c", f'{script} && exec "$@"', "sh"]

    def executable(self, name, text):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path


class Well(DoctorCase):
    def test_without_a_daemon(self):
        """All kinds are looked at, nothing failed, and nothing was made."""
        (self.home / "there.env").write_text("A=1\n")
        daemon = self.daemon({"web": {"command": LISTENER, "port": free_port(), "instances": 1, "env_files": ["there.env"]}, "shell": {"command": "true; exec sleep 9"},
                              "other": {"type": "external", "health": {"tcp": "127.0.0.1:1"}}},
                             start=False, prerequisites=[{"command": "python3"}, {"file": "aurora.json"}, {"port_free": free_port()}], http={"listen": f"127.0.0.1:{free_port()}"})
        before = sorted(self.home.rglob("*"))
        checks = self.doctor(daemon)
        self.no_fault(checks)
        self.no_fault(checks, "configuration", "prerequisites", "service", "ports", "state", "leftovers", "rivals", "cgroup", "kernel")
        self.assertEqual({c["check"] for c in checks}, {"configuration", "prerequisites", "service", "ports", "state", "leftovers", "rivals", "disk", "limits", "cgroup",
                                                        "kernel", "clock"})
        self.finding(checks, "prerequisites", "ok", "python3: Python 3.")
        self.finding(checks, "ports", "ok", "is free", service="web")
        self.finding(checks, "service", "ok", "/bin/sh", service="shell")
        self.assertEqual(sorted(self.home.rglob("*")), before)

    def test_beside_a_daemon(self):
        """What the stack itself holds is well: its ports, its listener, its lock."""
        port, page = free_port(), free_port()
        daemon = self.daemon({"web": {"command": LISTENER, "port": port, "health": {"tcp": f"127.0.0.1:{port}"}}}, start=False, prerequisites=[{"port_free": port}],
                             http={"listen": f"127.0.0.1:{page}"})
        daemon.start(http=None)
        daemon.wait_state("web", "running")
        checks = self.doctor(daemon)
        self.no_fault(checks)
        self.finding(checks, "prerequisites", "ok", "held by web itself")
        self.finding(checks, "ports", "ok", f"port {port} of web is held by the service itself", service="web")
        self.finding(checks, "ports", "ok", f"127.0.0.1:{page}", "held by the daemon itself")
        self.finding(checks, "leftovers", "ok", f"pid {daemon.process.pid}")
        self.finding(checks, "state", "ok", str(daemon.state))

    def test_after_a_killed_daemon(self):
        """Its services run on and keep their ports; the socket is nobody's."""
        port = free_port()
        daemon = self.daemon({"web": {"command": LISTENER, "port": port}})
        daemon.wait_state("web", "running")
        daemon.kill()
        checks = self.doctor(daemon)
        self.finding(checks, "ports", "ok", "held by the service itself", service="web")
        self.finding(checks, "leftovers", "warn", "is of a daemon that is gone")
        daemon.start()
        self.no_fault(self.doctor(daemon), "leftovers")

    def test_services_named(self):
        """Only their own things; an unknown one is corrected. Nobody else's machine is looked at."""
        daemon = self.daemon({"web": {"command": FOREVER}, "bad": {"command": ["/nowhere"]}}, start=False)
        self.no_fault(self.doctor(daemon, "web"))
        self.finding(self.doctor(daemon, "bad@1", code=1), "service", "fail", "/nowhere", service="bad")
        wrong = daemon.ctl("doctor", "wbe", check=4)
        self.assertIn('did you mean "web"', wrong.stderr)
        self.assertEqual(daemon.ctl("-H", "http://127.0.0.1:1", "doctor").returncode, 2)
        self.assertEqual(daemon.ctl("doctor", "--wrong").returncode, 2)

    def test_how_it_is_shown(self):
        """A word beside each glyph, colour only where asked for, with -q only what is wrong."""
        daemon = self.daemon({"bad": {"command": ["/nowhere"]}}, start=False)
        self.doctor(daemon, code=1)
        self.assertRegex(self.words, r"(?m)^. ok    configuration  '.*aurora\.json' is valid")
        self.assertRegex(self.words, r"(?m)^. fail  service +bad: .*\n +fix: ")
        self.assertRegex(self.words, r"(?m)^\d+ ok, \d+ to be warned of, 1 failed$")
        self.assertNotIn("\x1b", self.words)
        self.assertIn("\x1b[", daemon.ctl("--color", "always", "doctor", check=1).stdout)
        quiet = daemon.ctl("-q", "doctor", check=1).stdout
        self.assertIn("fail  service", quiet)
        self.assertNotIn(" ok ", quiet)


class Configuration(DoctorCase):
    def test_invalid(self):
        """6, with every fault and its place."""
        daemon = self.daemon({}, start=False)
        daemon.write('{"services": {"web": {"comand": "x", "env_files": ["gone.env"]}}}')
        plain, as_json = daemon.ctl("doctor", check=6), daemon.ctl("--json", "doctor", check=6)
        self.assertRegex(plain.stderr, r"aurora\.json:1:\d+: services\.web\.comand")
        self.assertIn("gone.env", plain.stderr)
        answer = json.loads(as_json.stdout)
        self.assertEqual((answer["valid"], answer["checks"]), (False, []))
        self.assertIn("comand", answer["faults"][0]["text"])
        self.assertEqual(daemon.ctl("-c", "nowhere.json", "doctor").returncode, 6)

    def test_an_env_file_that_cannot_be_read(self):
        """Found with the words of the system: by who reads it."""
        self.as_root()
        (self.home / "secret.env").write_text("A=1\n")
        (self.home / "secret.env").chmod(0o600)
        daemon = self.daemon({"web": {"command": FOREVER, "env_files": ["secret.env"]}}, start=False)
        self.home.chmod(0o755)
        tool = self.executable("aurorctl", "")
        tool.write_bytes((BIN / "aurorctl").read_bytes())
        done = subprocess.run([tool, "doctor"], cwd=self.home, env=CLEAN, capture_output=True, text=True, timeout=DEADLINE, user=NOBODY, group=NOBODY)
        self.assertEqual(done.returncode, 6, done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"(?i)secret\.env.*permission denied")
        self.assertEqual(daemon.ctl("doctor").returncode, 0)

    def test_who_may_write(self):
        """A configuration that others can change: root's daemon would not read it."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        daemon.config.chmod(0o666)
        root = os.geteuid() == 0
        found = self.finding(self.doctor(daemon, code=1 if root else 0), "configuration", "fail" if root else "warn", "aurora.json", "written by others")
        self.assertEqual(found["fix"], f"chmod go-w '{daemon.config}'")

    def test_what_it_names(self):
        """The group of the socket and the files of TLS have to be there."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False, control={"group": "no-such-group"},
                             http={"listen": "127.0.0.1:0", "tls": {"certificate": "aurora.json", "key": "gone.pem"}})
        checks = self.doctor(daemon, code=1)
        self.finding(checks, "configuration", "fail", "no-such-group")
        self.finding(checks, "configuration", "fail", "gone.pem", "No such file")

    def test_prerequisites(self):
        """A command, a file and a port that are not there."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            daemon = self.daemon({}, start=False, prerequisites=[{"command": "no-such-tool"}, {"file": "gone.py"}, {"port_free": port}])
            checks = self.doctor(daemon, code=1)
        self.assertEqual(self.finding(checks, "prerequisites", "fail", '"no-such-tool" is not on PATH')["fix"], "apt-get install no-such-tool")
        self.finding(checks, "prerequisites", "fail", "gone.py", "No such file")
        self.assertEqual(self.finding(checks, "prerequisites", "fail", f"port {port} is taken by pid {os.getpid()}")["fix"], f"kill {os.getpid()}")


class Services(DoctorCase):
    def test_commands(self):
        """Not along PATH, not executable, its interpreter gone; hooks and probes too."""
        self.executable("lost.sh", "#!/no/such/interpreter -x\n")
        self.executable("env.py", "#!/usr/bin/env -S no-such-python -u\n")
        self.executable("plain.sh", "#!/bin/sh\nexit 0\n").chmod(0o644)
        self.executable("good.sh", "#!/bin/sh\nexit 0\n")
        path = {"PATH": f"{self.home}/bin:/usr/bin:/bin"}
        self.executable("bin/mine", "#!/usr/bin/env sh\n")
        daemon = self.daemon({"nowhere": {"command": ["no-such-program"]}, "lost": {"command": ["./lost.sh"]}, "env": {"command": ["./env.py"]}, "plain": {"command": ["./plain.sh"]},
                              "folder": {"command": ["/usr"]}, "good": {"command": ["./good.sh"]}, "mine": {"command": ["mine"], "env": path},
                              "hook": {"command": ["./good.sh"], "hooks": {"pre_start": ["no-such-hook"]}},
                              "probe": {"command": ["./good.sh"], "health": {"exec": ["no-such-probe"]}}}, start=False)
        checks = self.doctor(daemon, code=1)
        self.assertEqual(self.finding(checks, "service", "fail", '"no-such-program" is nowhere along PATH', service="nowhere")["fix"], "apt-get install no-such-program")
        self.finding(checks, "service", "fail", "'/no/such/interpreter'", "No such file", service="lost")
        self.finding(checks, "service", "fail", '"no-such-python", is nowhere along PATH', service="env")
        self.assertIn("chmod a+x", self.finding(checks, "service", "fail", "cannot be executed", service="plain")["fix"])
        self.finding(checks, "service", "fail", "not a regular file", service="folder")
        self.finding(checks, "service", "fail", 'hooks.pre_start "no-such-hook"', service="hook")
        self.finding(checks, "service", "fail", 'health.exec "no-such-probe"', service="probe")
        self.finding(checks, "service", "ok", "good.sh", service="good")
        self.finding(checks, "service", "ok", f"{self.home}/bin/mine", service="mine")

    def test_accounts(self):
        """Users and groups that are not there."""
        daemon = self.daemon({"user": {"command": FOREVER, "user": "no-such-user"}, "group": {"command": FOREVER, "group": "no-such-group"}}, start=False)
        checks = self.doctor(daemon, code=1)
        self.assertIn("useradd", self.finding(checks, "service", "fail", "no-such-user", service="user")["fix"])
        self.assertIn("groupadd", self.finding(checks, "service", "fail", "no-such-group", service="group")["fix"])

    def test_a_directory_that_is_not_there(self):
        daemon = self.daemon({"web": {"command": FOREVER, "working_dir": "gone"}}, start=False)
        self.assertEqual(self.finding(self.doctor(daemon, code=1), "service", "fail", "working_dir", "No such file", service="web")["fix"], f"mkdir -p {self.home}/gone")

    def test_a_way_that_is_closed(self):
        """The first directory that the service's user cannot pass is named, for its directory and its program."""
        self.as_root()
        self.home.chmod(0o755)
        (self.home / "a/closed/deep").mkdir(parents=True)
        self.executable("a/closed/tool", "#!/bin/sh\n")
        (self.home / "a/closed").chmod(0o750)
        daemon = self.daemon({"dir": {"command": FOREVER, "working_dir": "a/closed/deep", "user": str(NOBODY)},
                              "tool": {"command": [str(self.home / "a/closed/tool")], "user": str(NOBODY)},
                              "root": {"command": FOREVER, "working_dir": "a/closed/deep"}}, start=False)
        checks = self.doctor(daemon, code=1)
        for service in ("dir", "tool"):
            found = self.finding(checks, "service", "fail", f"'{self.home}/a/closed' cannot be passed by uid {NOBODY}", service=service)
            self.assertEqual(found["fix"], f"chmod o+x {self.home}/a/closed")
        self.finding(checks, "service", "ok", service="root")

    def test_virtualenv(self):
        """One without a Python, one whose Python does not run, a good one."""
        (self.home / "empty/bin").mkdir(parents=True)
        self.executable("broken/bin/python", "#!/bin/sh\nexit 1\n")
        self.executable("good/bin/python", "#!/bin/sh\necho Python 3.99\n")
        daemon = self.daemon({name: {"command": FOREVER, "virtualenv": name} for name in ("empty", "broken", "good")}, start=False)
        checks = self.doctor(daemon, code=1)
        self.assertEqual(self.finding(checks, "service", "fail", "is not complete", service="empty")["fix"], f"python3 -m venv --clear {self.home}/empty")
        self.finding(checks, "service", "fail", "does not run", service="broken")
        self.finding(checks, "service", "ok", service="good")

    def test_ports(self):
        """Held by a stranger, of a service and of the page, and by another service."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            daemon = self.daemon({"web": {"command": FOREVER, "port": port - 1, "instances": 2, "health": {"exec": ["true"]}}}, start=False, http={"listen": f"127.0.0.1:{port}"})
            checks = self.doctor(daemon, code=1)
        found = self.finding(checks, "ports", "fail", f"port {port} of web@2 is taken by pid {os.getpid()}", service="web")
        self.assertEqual(found["fix"], f"kill {os.getpid()}")
        self.finding(checks, "ports", "warn", "http.listen is taken by", "no dashboard")

    def test_a_port_of_another_service(self):
        """The one that has it is named, and how to stop it."""
        port = free_port()
        daemon = self.daemon({"first": {"command": LISTENER, "port": port}, "second": {"command": FOREVER, "autostart": False}})
        daemon.wait_state("first", "running")
        other = self.config({"first": {"command": FOREVER}, "second": {"command": FOREVER, "port": port}})
        daemon.write(other)
        found = self.finding(self.doctor(daemon, code=1), "ports", "fail", "the service first", service="second")
        self.assertEqual(found["fix"], "aurorctl stop first")


class Machine(DoctorCase):
    def test_state_directory(self):
        """A file in its place, one that others can write, another's, one that cannot be made."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        daemon.state.write_text("")
        self.finding(self.doctor(daemon, code=1), "state", "fail", "it is a file")
        daemon.state.unlink()
        daemon.state.mkdir()
        daemon.state.chmod(0o777)
        self.assertIn("chmod", self.finding(self.doctor(daemon, code=1), "state", "fail", "can be written by others")["fix"])
        self.as_root()
        daemon.state.chmod(0o700)
        os.chown(daemon.state, NOBODY, NOBODY)
        self.assertIn("chown", self.finding(self.doctor(daemon, code=1), "state", "fail", f"belongs to uid {NOBODY}")["fix"])

    def test_a_state_directory_that_cannot_be_made(self):
        """As another user, below a directory of root's."""
        self.as_root()
        self.daemon({"web": {"command": FOREVER}}, start=False)
        self.home.chmod(0o755)
        tool = self.executable("aurorctl", "")
        tool.write_bytes((BIN / "aurorctl").read_bytes())
        done = subprocess.run([tool, "--json", "doctor"], cwd=self.home, env=CLEAN, capture_output=True, text=True, timeout=DEADLINE, user=NOBODY, group=NOBODY)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        checks = json.loads(done.stdout)["checks"]
        self.finding(checks, "state", "fail", "cannot make the state directory", "Permission denied")

    def test_a_way_closed_to_the_daemon(self):
        """The first directory on the way to the state that this user cannot pass."""
        self.as_root()
        self.daemon({"web": {"command": FOREVER}}, start=False)
        self.home.chmod(0o755)
        (self.home / "closed/state").mkdir(parents=True)
        (self.home / "closed").chmod(0o700)
        tool = self.executable("aurorctl", "")
        tool.write_bytes((BIN / "aurorctl").read_bytes())
        done = subprocess.run([tool, "--json", "--state-dir", self.home / "closed/state", "doctor"], cwd=self.home, env=CLEAN, capture_output=True, text=True,
                              timeout=DEADLINE, user=NOBODY, group=NOBODY)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.finding(json.loads(done.stdout)["checks"], "state", "fail", f"'{self.home}/closed'", "Permission denied")

    def test_a_full_disk(self):
        """Of the state directory, and of the logs where they are on another one."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        (daemon.state / "logs").mkdir(parents=True, mode=0o750)
        daemon.state.chmod(0o700)
        checks = self.doctor(daemon, code=1, within=self.within_mounts(f"mount -t tmpfs -o size=1m,mode=750 tmpfs '{daemon.state}/logs'"))
        found = self.finding(checks, "disk", "fail", f"'{daemon.state}/logs'")
        self.assertIn("du ", found["fix"])
        full = f"mount -t tmpfs -o size=128m,nr_inodes=50,mode=700 tmpfs '{daemon.state}' && mkdir -m 750 '{daemon.state}/logs' && touch $(seq -f '{daemon.state}/%g' 45)"
        self.finding(self.doctor(daemon, within=self.within_mounts(full)), "disk", "warn", "of the inodes")

    def test_descriptors(self):
        """Too few for so many instances, and more asked for than can be had."""
        daemon = self.daemon({"web": {"command": FOREVER, "instances": 50}}, start=False)
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
        self.assertIn("prlimit", self.finding(self.doctor(daemon, code=1, preexec_fn=few), "limits", "fail", "264 descriptors for 50 instances")["fix"])
        most = int(Path("/proc/sys/fs/nr_open").read_text())
        if most < 1_000_000_000:  # the configuration takes no more
            daemon.write(self.config({"web": {"command": FOREVER, "limits": {"nofile": most + 1}}}))
            self.finding(self.doctor(daemon, code=1), "limits", "fail", f"fs.nr_open {most}")

    def test_of_another_user(self):
        """More processes than the user of a service may have, and a port that is only root's."""
        self.as_root()
        daemon = self.daemon({"web": {"command": FOREVER, "user": str(NOBODY), "port": 1}}, start=False)
        none = lambda: resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        checks = self.doctor(daemon, code=1, preexec_fn=none)
        self.finding(checks, "limits", "fail", f"uid {NOBODY}", "RLIMIT_NPROC")
        if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) > 1:
            self.finding(checks, "ports", "warn", "port 1 of web", f"uid {NOBODY}", service="web")

    def test_no_cgroup(self):
        """What is asked for and cannot be had is told, and nothing else."""
        self.as_root()
        within = self.within_mounts("while umount -l /sys/fs/cgroup 2>/dev/null; do :; done")
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        self.finding(self.doctor(daemon, within=within), "cgroup", "ok", "none is delegated")
        daemon.write(self.config({"web": {"command": FOREVER, "limits": {"cpu": 0.5, "tasks": 9}}}))
        checks = self.doctor(daemon, within=within)
        self.assertIn("Delegate=yes", self.finding(checks, "cgroup", "warn", "limits.cpu", "it is not limited")["fix"])
        self.finding(checks, "cgroup", "warn", "limits.tasks")
        self.assertEqual([c for c in checks if "limits.memory" in c["text"]], [])

    def test_watches(self):
        """Where `watch` is used the directories are counted."""
        (self.home / "src/a/b").mkdir(parents=True)
        daemon = self.daemon({"web": {"command": FOREVER, "watch": {"paths": ["src"]}}}, start=False)
        self.finding(self.doctor(daemon), "kernel", "ok", "watch: 3 directories")

    def test_leftovers(self):
        """A socket without a daemon, a listener without a lock, a journal of another boot, a damaged state file."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        daemon.state.mkdir(mode=0o700)
        (daemon.state / "journal").write_text("aurora-journal 1 another-boot run-id 00000000\n")
        (daemon.state / "state.json.damaged").write_text("{")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(daemon.state / "aurorad.sock"))
            listener.listen()
            self.finding(self.doctor(daemon, code=1), "leftovers", "fail", "somebody listens")
        checks = self.doctor(daemon)
        self.finding(checks, "leftovers", "warn", "aurorad.sock", "gone")
        self.finding(checks, "leftovers", "warn", "journal", "another boot")
        self.assertEqual(self.finding(checks, "leftovers", "warn", "state.json.damaged")["fix"], f"rm {daemon.state}/state.json.damaged")

    def test_a_lock_without_a_daemon(self):
        """Held by somebody who is not the one that it names."""
        import fcntl
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        daemon.state.mkdir(mode=0o700)
        ended = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True).stdout
        with open(daemon.state / "aurorad.lock", "w+") as lock:
            lock.write(ended)
            lock.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
            checks = self.doctor(daemon, code=1)
        self.finding(checks, "leftovers", "warn", "held by another process", ended.strip())
        self.finding(checks, "leftovers", "fail", "does not listen")

    def test_a_second_daemon(self):
        """On the same configuration, with another state directory."""
        daemon = self.daemon({"web": {"command": FOREVER}})
        self.no_fault(self.doctor(daemon), "rivals")
        found = self.finding(self.doctor(daemon, "--state-dir", self.home / "other", code=1), "rivals", "fail", str(daemon.state))
        self.assertEqual(found["fix"], f"aurorctl --state-dir {daemon.state} down")


if __name__ == "__main__":
    main()
