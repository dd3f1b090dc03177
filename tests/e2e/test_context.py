"""What a service is started with: descriptors, signals, limits, user, environment."""

import os
import pwd
import resource
import signal
from pathlib import Path

from aurora_e2e import main
from aurora_puppet import PuppetCase, descriptors, umask_of

ROOT = os.geteuid() == 0


def odd_parent():
    """Between fork and exec of the daemon: what it must not hand on."""
    os.umask(0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGCHLD, signal.SIGALRM, signal.SIGTERM})
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGHUP, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)


class Context(PuppetCase):
    def test_stdin_is_empty(self):
        """P21: who reads stdin or opens the terminal gets an end at once."""
        daemon = self.daemon({"cat": {"type": "oneshot", "command": ["cat"]},
                              "tty": {"type": "oneshot", "command": "! (: < /dev/tty) 2>/dev/null"}})
        daemon.wait_state("cat", "completed")
        daemon.wait_state("tty", "completed")

    def test_nothing_odd_is_inherited(self):
        """P22: mask, dispositions, umask, limits and descriptors are as documented, whatever the daemon was started with."""
        daemon = self.daemon({"web": self.puppets.service()}, start=False)
        leaked = os.open("/dev/zero", os.O_RDONLY)
        try:
            daemon.start(preexec_fn=odd_parent, pass_fds=[leaked],
                         env={"CANARY": "x", "NOTIFY_SOCKET": "/nowhere", "LISTEN_FDS": "3", "LISTEN_PID": "1", "WATCHDOG_USEC": "1000000"})
        finally:
            os.close(leaked)
        puppet = self.puppets.meet()
        self.assertEqual(puppet.ask("mask"), f"blocked {0:016x} ignored {0:016x}")
        self.assertEqual(puppet.ask("umask"), "022")
        self.assertEqual(puppet.ask("stdin"), "end")
        self.assertIn("nofile 512 ", puppet.ask("limits"))
        self.assertEqual(puppet.ask("fds"), "0 1 2")
        self.assertEqual(descriptors(puppet.pid)[0], "/dev/null")
        self.assertEqual(puppet.ask("cwd"), str(self.home))
        own = f"pid {puppet.pid} group {puppet.pid} session {puppet.pid} tty none"
        self.assertEqual(puppet.ask("session"), own)
        for name in ("CANARY", "LISTEN_FDS", "LISTEN_PID", "WATCHDOG_USEC"):
            self.assertNotIn(name, puppet.env)
        self.assertNotEqual(puppet.env.get("NOTIFY_SOCKET"), "/nowhere")
        self.assertEqual((puppet.env["AURORA_SERVICE"], puppet.env["AURORA_INSTANCE"]), ("web", "1"))
        self.assertNotIn("PORT", puppet.env)
        daemon.wait_state("web", "running")
        self.assertEqual(daemon.stop(), 0)  # though SIGTERM was blocked when it was started

    def test_settings_are_applied(self):
        """umask, nice, limits, working_dir and env are as the configuration says."""
        (self.home / "sub").mkdir()
        (self.home / "own.env").write_text("A=file\nB=file\nC=file\n")
        daemon = self.daemon({"web": self.puppets.service()})
        config = self.config({"web": self.puppets.service(
            umask="027", nice=5, working_dir="sub", limits={"nofile": 300, "core": "0"}, port=0, env_files=["own.env"])},
            env={"A": "stack", "D": "stack"})
        config["services"]["web"]["env"] |= {"B": "service", "HERE": "${AURORA_SERVICE}:${PORT}:$$x"}
        first = self.puppets.meet()
        daemon.write(config)
        daemon.process.send_signal(signal.SIGHUP)
        first.gone()
        puppet = self.puppets.meet()
        self.assertEqual(puppet.ask("umask"), "027")
        self.assertEqual(umask_of(puppet.pid), "0027")
        self.assertEqual(puppet.ask("nice"), "5")
        self.assertEqual(puppet.ask("cwd"), str(self.home / "sub"))
        self.assertRegex(puppet.ask("limits"), "^nofile 300 300 core 0 0 ")
        self.assertEqual({k: puppet.env.get(k) for k in "ABCD"}, {"A": "file", "B": "service", "C": "file", "D": "stack"})
        self.assertEqual(puppet.env["HERE"], f"web:{puppet.env['PORT']}:$x")
        self.assertEqual(int(puppet.env["PORT"]), daemon.status("web")["port"])

    def test_env_files_are_read_at_each_start(self):
        """A changed env file holds from the next start on, without a reload."""
        (self.home / "own.env").write_text("WHO=first\n")
        daemon = self.daemon({"web": self.puppets.service(env_files=["own.env"])})
        self.assertEqual(self.puppets.meet().env["WHO"], "first")
        (self.home / "own.env").write_text("WHO='second one'\n")
        daemon.ctl("restart", "web", check=0)
        self.assertEqual(self.puppets.meet().env["WHO"], "second one")

    def test_virtualenv_is_activated(self):
        """A service in a virtualenv has its programs first, and unbuffered output."""
        (self.home / ".venv/bin").mkdir(parents=True)
        tool = self.home / ".venv/bin/tool-of-the-venv"
        tool.write_text("#!/bin/sh\necho \"$VIRTUAL_ENV|$VIRTUAL_ENV_PROMPT|$PYTHONUNBUFFERED|${PYTHONHOME-unset}|${PATH%%:*}\"\n")
        tool.chmod(0o755)
        daemon = self.daemon({"web": {"type": "oneshot", "command": ["tool-of-the-venv"]}}, virtualenv=".venv")
        daemon.wait_state("web", "completed")
        self.assertEqual(daemon.log_of("web").strip(), f"{self.home}/.venv|.venv|1|unset|{self.home}/.venv/bin")

    def test_user_and_group(self):
        """S17: a service of another user has that user's ids and groups, all three of each, and no way back."""
        if not ROOT:
            self.skipTest("only root can start services of other users")
        nobody = pwd.getpwnam("nobody")
        daemon = self.daemon({"one": self.puppets.service(user="nobody"), "two": self.puppets.service(user="nobody", group="daemon")})
        one, two = self.puppets.meet("one"), self.puppets.meet("two")
        group = next(int(line.split(":")[2]) for line in Path("/etc/group").read_text().splitlines() if line.startswith("daemon:"))
        for puppet, gid in ((one, nobody.pw_gid), (two, group)):
            told = puppet.ask("creds")
            self.assertIn(f"uid {nobody.pw_uid} {nobody.pw_uid} {nobody.pw_uid} gid {gid} {gid} {gid} groups", told)
            self.assertNotIn(" 0 ", told.partition("groups")[2].partition("CapInh")[0] + " ")
            self.assertIn(f"CapPrm: {0:016x} CapEff: {0:016x}", told)
            self.assertIn("NoNewPrivs: 1", told)
            self.assertEqual((puppet.env["USER"], puppet.env["HOME"]), ("nobody", nobody.pw_dir))
        one.ask("out it can write")
        self.assertIn("it can write", daemon.wait_log("one", "it can write"))

    def test_no_shell_unless_asked_for(self):
        """S25: a command given as a list is executed as it is, metacharacters and all."""
        daemon = self.daemon({"raw": {"type": "oneshot", "command": ["echo", "$(touch canary); `touch canary` $$HOME ; touch canary".replace("$(", "$$(")]}})
        daemon.wait_state("raw", "completed")
        self.assertEqual(daemon.log_of("raw"), "$(touch canary); `touch canary` $HOME ; touch canary\n")
        self.assertFalse((self.home / "canary").exists())


if __name__ == "__main__":
    main()
