"""aurorctl import: the same program under the original tool and under what was imported from its configuration."""

import contextlib
import os
import signal
import unittest

from aurora_e2e import DEADLINE, alive, eventually, main
from aurora_import import ImportCase

SUPERVISORD = """[supervisord]
logfile=/dev/null
logfile_maxbytes=0
pidfile=%(here)s/supervisord.pid
environment=STAGE="prod",GREETING="a, 'b' $HOME"

[program:probe]
command=python3 %(here)s/probe.py %(here)s/probe.json
directory={work}
environment=WHO="%(program_name)s",HALF="50%%",MARK="%(ENV_{key})s"
umask=027
stopsignal=INT
stopwaitsecs=20
stopasgroup=false

[program:stubborn]
command=python3 "%(here)s/probe.py" %(here)s/stubborn.json stubborn
stopsignal=TERM
stopwaitsecs=1
killasgroup=true

[program:flaky]
command=/bin/sh -c "echo run >> %(here)s/flaky.runs; exit 3"
startretries=2
startsecs=20

[program:content]
command=/bin/sh -c 'echo run >> %(here)s/content.runs; exit 7'
exitcodes=0,7
startsecs=0
"""


class Supervisord(ImportCase):
    def text(self):
        work = self.home / "work"
        work.mkdir(exist_ok=True)
        return SUPERVISORD.replace("{work}", str(work)).replace("{key}", self.key)

    def seen(self, stop):
        """Once all are up and out: how they were started, what `stop` did to them, how often they ran."""
        probe, stubborn = self.facts("probe.json"), self.facts("stubborn.json")
        stop()
        return {"probe": self.comparable(probe), "stubborn": self.comparable(stubborn), "signal": self.facts("probe.json.stopped"),
                "stubborn signal": self.facts("stubborn.json.stopped"), "left of the stubborn": alive(stubborn["child"]),
                "flaky": self.runs("flaky.runs"), "content": self.runs("content.runs")}, probe

    def test_the_same_program(self):
        """Environment, directory, umask, stop signals, the tree, exit codes and restarts are those of supervisord."""
        file = self.put("supervisord.conf", self.text())
        original = self.original("supervisord", "-n", "-l", str(self.home / "supervisord.log"), "-c", str(file))
        log = self.home / "supervisord.log"
        for words in ("flaky entered FATAL", "exited: content (exit status 7; expected)"):
            eventually(lambda: log.exists() and words in log.read_text(), words)
        def stop():
            original.send_signal(signal.SIGTERM)
            original.wait(DEADLINE)
        theirs, probe = self.seen(stop)
        with contextlib.suppress(ProcessLookupError):  # supervisord leaves what is not its child, Aurora does not
            os.kill(probe["child"], signal.SIGKILL)
        daemon = self.under_aurora("supervisord", file)
        daemon.wait_state("flaky", "failed", reason="limit-reached")
        daemon.wait_state("content", "completed")
        ours, probe = self.seen(lambda: daemon.ctl("stop", check=0))
        self.assertEqual(ours, theirs)
        self.assertEqual((ours["flaky"], ours["content"], ours["signal"]), (3, 1, "SIGINT"))
        self.assertEqual(ours["probe"]["env"]["GREETING"], "a, 'b' $HOME")
        self.assertFalse(alive(probe["child"]), "nothing of a stopped service stays")

    @unittest.skipIf(os.getuid(), "another user needs root")
    def test_the_same_user(self):
        (self.home / "open").mkdir()
        (self.home / "open").chmod(0o777)
        file = self.put("supervisord.conf", "[supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=%(here)s/pid\n[program:probe]\n"
                        "command=/usr/bin/python3 %(here)s/probe.py %(here)s/open/probe.json\nuser=nobody\n")
        original = self.original("supervisord", "-n", "-c", str(file))
        theirs = self.facts("open/probe.json")
        original.send_signal(signal.SIGTERM)
        original.wait(DEADLINE)
        self.facts("open/probe.json.stopped")
        with contextlib.suppress(ProcessLookupError):
            os.kill(theirs["child"], signal.SIGKILL)
        self.under_aurora("supervisord", file)
        ours = self.facts("open/probe.json")
        self.assertEqual((ours["uid"], ours["gid"]), (theirs["uid"], theirs["gid"]))
        self.assertNotEqual(ours["uid"], 0)

    def test_every_key(self):
        """What Aurora has a word for is carried over, all else is told with its place."""
        self.put("conf.d/b.conf", "[program:b]\ncommand=b\npriority=5 ; late\nstdout_logfile=/tmp/b.log\nmystery=1\n")
        file = self.put("supervisord.conf", """; a comment
[unix_http_server]
file=/run/supervisor.sock

[supervisord]
minfds=2048
loglevel=info

[program:a]
command=a --port 80%(process_num)02d '$HOME ${x}' "two words"
numprocs=3
process_name=%(program_name)s_%(process_num)d
autostart=false
autorestart=true
startsecs=5
startretries=20
stopasgroup=true
redirect_stderr=true
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3

[group:both]
programs=a,b,c
[include]
files = conf.d/*.conf
""")
        config = self.imported("supervisord", file, "unix_http_server.file", "supervisord.loglevel", "program:a.%(process_num)d",
                               "program:a.process_name", "program:b.priority", "program:b.stdout_logfile", "program:b.mystery",
                               "group:both.programs")
        self.assertEqual(config["defaults"], {"limits": {"nofile": 2048}})
        a = config["services"]["a"]
        self.assertEqual(a["command"], ["a", "--port", "80${AURORA_INSTANCE}", "$$HOME $${x}", "two words"])
        self.assertEqual((a["instances"], a["autostart"], a["labels"]), (3, False, {"group": "both"}))
        self.assertEqual(a["restart"] | {"window": 0}, {"policy": "always", "delay": "1s", "jitter": 0, "limit": 20, "window": 0, "reset_after": "5s"})
        self.assertEqual(a["stop"], {"timeout": "10s", "to": "group"})
        self.assertEqual(a["logs"], {"stderr": "merged", "max_size": 10 << 20, "keep": 3})
        self.assertEqual(a["ready"], {"delay": "5s"})


class Procfile(ImportCase):
    def test_the_same_program(self):
        """Environment with PORT and .env, directory and stop signal are those of foreman."""
        self.put(".env", "K='a $HOME b'\nPORT=6300\n")
        file = self.put("Procfile", "one: exec python3 probe.py $PWD/one.json $PORT\ntwo: exec python3 probe.py $PWD/two.json\n")
        self.imported("procfile", file)
        original = self.original("foreman", "start", "-f", str(file))
        theirs = [self.facts(f"{name}.json") for name in ("one", "two")]
        original.send_signal(signal.SIGTERM)
        original.wait(DEADLINE)
        signals = [self.facts(f"{name}.json.stopped") for name in ("one", "two")]
        for each in theirs:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each["child"], signal.SIGKILL)
        daemon = self.under_aurora("procfile", file)
        ours = [self.facts(f"{name}.json") for name in ("one", "two")]
        daemon.ctl("stop", check=0)
        self.assertEqual([self.facts(f"{name}.json.stopped") for name in ("one", "two")], signals)
        self.assertEqual([self.comparable(each) for each in ours], [self.comparable(each) for each in theirs])
        self.assertEqual([each["env"]["PORT"] for each in ours], ["6300", "6400"])
        self.assertFalse(any(alive(each["child"]) for each in ours))

    def test_lines(self):
        """What is no entry is told with its line; from elsewhere paths are absolute; release runs once."""
        file = self.put("app/Procfile", "web: node . ${A} $$\nno entry\nrelease: true\n")
        self.put("app/.env", "A=1\n")
        config = self.imported("procfile", file, "")
        self.assertEqual(config["env_files"], [str(self.home / "app/.env")])
        self.assertEqual(config["services"]["web"], {"command": "node . $${A} $$$$", "env": {"PORT": "5000"}, "working_dir": str(self.home / "app"),
                                                     "stop": {"timeout": "5s"}})
        self.assertEqual(config["services"]["release"]["type"], "oneshot")


class Files(ImportCase):
    def test_output(self):
        """A file is written whole, and never over another one without --force, which keeps that."""
        file = self.put("Procfile", "a: true\n")
        target = self.put("aurora.json", "mine")
        self.assertEqual(self.ctl("import", "procfile", file, "-o", target).returncode, 1)
        self.assertEqual(target.read_text(), "mine")
        self.ctl("import", "procfile", file, "-o", target, "--force", check=0)
        self.assertEqual((self.home / "aurora.json.bak").read_text(), "mine")
        self.ctl("validate", target, check=0)

    def test_refused(self):
        """Whatever the bytes are: a place, a reason, what to do, exit 6, and nothing written."""
        for tool in self.ctl("import", "nothing", "x").stderr.partition("one of ")[2].replace(" and ", ", ").split(", "):
            for content in (b"\xff\xfe\0\0", b"", b"[" * 100000, b"{", b"a" * (5 << 20), b"- &a [*a]\n", b"[x\n", b"\0" * 10, b'"\x1b[31m', b"%(a)s"):
                file = self.put("hostile", content)
                done = self.ctl("import", tool.strip(), file, "-o", "out.json")
                self.assertEqual(done.returncode, 6, (tool, content[:20], done.stderr[-2000:]))
                self.assertIn(str(file), done.stderr)
                self.assertNotIn("\x1b", done.stderr)
                self.assertFalse((self.home / "out.json").exists())

    def test_usage(self):
        self.assertIn("procfile", self.ctl("import", "procfil", "x", check=2).stderr)
        self.assertIn("no such file", self.ctl("import", "procfile", "x", check=1).stderr)
        self.ctl("import", "procfile", self.home, check=1)


if __name__ == "__main__":
    main()
