"""For the tests of `aurorctl import`: a program that tells how it is run, under the original tool and under Aurora."""

import contextlib
import json
import shutil
import subprocess

from aurora_e2e import BIN, CLEAN, DEADLINE, Case, Daemon, eventually

# Says how it was started, then how it was stopped. Its child outlives it unless somebody sees to that.
PROBE = '''
import json, os, signal, subprocess, sys, threading
path, wanted = sys.argv[1], sys.argv[2:]
umask = os.umask(0)
child = subprocess.Popen(["sh", "-c", "trap '' TERM INT; echo; while :; do read line || exec sleep 1000; done"],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
child.stdout.readline()
facts = {"env": dict(os.environ), "cwd": os.getcwd(), "umask": umask, "uid": os.getuid(), "gid": os.getgid(),
         "leads": os.getpgid(0) == os.getpid(), "child": child.pid, "pid": os.getpid()}
def put(suffix, value):
    with open(path + suffix + ".new", "w") as file:
        json.dump(value, file)
    os.rename(path + suffix + ".new", path + suffix)
def stopped(number, frame):
    put(".stopped", signal.Signals(number).name)
    if "stubborn" not in wanted:
        os._exit(0)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1):
    signal.signal(number, stopped)
put("", facts)
while True:
    signal.pause()
'''
OWN = ("SUPERVISOR_", "AURORA_", "PS", "_", "SHLVL", "PWD", "OLDPWD", "RUBY", "GEM_", "BUNDLE")


class ImportCase(Case):
    def setUp(self):
        super().setUp()
        self.home.chmod(0o711)
        (self.home / "probe.py").write_text(PROBE)
        self.key, _, self.value = self.marker.partition("=")

    def put(self, name, content):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def ctl(self, *arguments, check=None, cwd=None):
        done = subprocess.run([BIN / "aurorctl", *map(str, arguments)], cwd=cwd or self.home, env=CLEAN | {self.key: self.value}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=DEADLINE * 2)
        if check is not None:
            self.assertEqual(done.returncode, check, f"aurorctl {arguments}\n{done.stdout}{done.stderr}")
        return done

    def imported(self, tool, file, *lost):
        """What became of it, which is valid; each of `lost`, and nothing else, is told with its line."""
        done = self.ctl("import", tool, file, "-o", "checked.json", check=0)
        self.ctl("validate", "checked.json", check=0)
        (self.home / "checked.json").unlink()
        answer = json.loads(self.ctl("import", tool, file, "--json", check=0).stdout)
        self.assertEqual(sorted(each["key"] for each in answer["lost"]), sorted(lost))
        for each in answer["lost"]:
            self.assertTrue(each["line"] and each["message"] and each["hint"], each)
            self.assertIn(each["text"], done.stderr)
        self.assertEqual(self.ctl("import", tool, file, "--strict").returncode, 1 if lost else 0)
        return answer["configuration"]

    def under_aurora(self, tool, file):
        text = self.ctl("import", tool, file, check=0).stdout
        daemon = Daemon(self.home, text, start=False)
        self.daemons.append(daemon)
        daemon.start(env={self.key: self.value})
        return daemon

    def original(self, *command):
        """The tool that the configuration is of, until the test ends it."""
        if not shutil.which(command[0]):
            self.skipTest(f"{command[0]} is not installed")
        log = open(self.home / "original.log", "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen(command, cwd=self.home, env=CLEAN | {self.key: self.value}, stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=log, start_new_session=True)
        def end():
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
        self.addCleanup(end)
        return process

    def said(self):
        return (self.home / "original.log").read_text(errors="replace")

    def facts(self, name):
        path = self.home / name
        eventually(path.exists, f"{name} is written:\n{self.said() if (self.home / 'original.log').exists() else ''}")
        facts = json.loads(path.read_text())
        path.unlink()
        return facts

    def comparable(self, facts):
        # Of its own environment Aurora hands on a few, the others all: PATH and HOME are among these.
        env = {k: v for k, v in facts["env"].items() if not k.startswith(OWN) and (k not in CLEAN or k in ("PATH", "HOME"))}
        return {k: v for k, v in facts.items() if k not in ("child", "pid", "leads")} | {"env": env}

    def runs(self, name):
        path = self.home / name
        count = path.read_text().count("run") if path.exists() else 0
        path.unlink(missing_ok=True)
        return count
