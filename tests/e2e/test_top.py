"""`aurorctl top` in a terminal of its own, led by tmux: keys go in by send-keys, the screen comes out by capture-pane."""

import os
import shlex
import signal
import subprocess

from aurora_e2e import BIN, CLEAN, DEADLINE, FOREVER, Case, alive, eventually, main
from aurora_http import Page, url_of

# Says that it was signalled, and prints at first what a terminal must never get to see.
TALKER = (r"""trap 'echo hup heard' HUP; trap 'exit 0' TERM; printf 'evil \033[2J\033]0;owned\007\033[31mred\033[0m \377end\n'; """
          "while :; do sleep 1000 & wait; done")


class Terminal:
    """A tmux server with one window, in which a shell runs."""

    def __init__(self, home, columns=110, rows=30, **env):
        self.home = home
        self.env = {k: v for k, v in CLEAN.items() if k not in ("TMUX", "COLUMNS", "LINES")} | {
            "TMUX_TMPDIR": str(home), "LC_ALL": "C.UTF-8", "PS1": "$ ", **env}
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(home), "/bin/sh")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-L", "top", *words], env=self.env, check=True, capture_output=True, text=True, timeout=DEADLINE).stdout

    def keys(self, *names):
        self.tmux("send-keys", *names)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def about(self, what):
        return self.tmux("display-message", "-p", f"#{{{what}}}").strip()

    def end(self):
        server = int(self.about("pid"))
        self.tmux("kill-server")
        eventually(lambda: not alive(server), "the tmux server is gone")


class Top(Case):
    def setUp(self):
        super().setUp()
        self.terminals = []

    def tearDown(self):
        for terminal in self.terminals:  # while the directory with its socket is there
            terminal.end()
        super().tearDown()

    def terminal(self, **how):
        self.terminals.append(Terminal(self.home, **how))
        return self.terminals[-1]

    def sees(self, terminal, *texts, never=()):
        """Waits until all `texts` are on the screen and none of `never` is."""
        def so():
            screen = terminal.screen()
            return screen if all(text in screen for text in texts) and not any(text in screen for text in never) else None
        try:
            return eventually(so, f"{texts} on the screen, not {never}")
        except AssertionError as fault:
            raise AssertionError(f"{fault}\n{terminal.screen()}") from None

    def run_top(self, terminal, *arguments, before=""):
        """In the shell of that terminal, with its settings before and after in files."""
        command = shlex.join([str(BIN / "aurorctl"), "top", *arguments])
        terminal.type(f"stty -g >before; {before}{command}; echo $? >code; stty -g >after; mv after done")
        terminal.keys("Enter")

    def ended(self, terminal, code=0):
        eventually((self.home / "done").exists, "top ends")
        self.assertEqual((self.home / "code").read_text().strip(), str(code), terminal.screen())
        self.assertEqual((self.home / "done").read_text(), (self.home / "before").read_text())
        self.assertEqual(terminal.about("alternate_on"), "0")
        self.assertEqual(terminal.about("cursor_flag"), "1")

    def select(self, terminal, name):
        """By the filter, which leaves it alone on the screen."""
        terminal.keys("/", *["BSpace"] * 8)
        terminal.type(name)
        terminal.keys("Enter")
        self.sees(terminal, f'filter "{name}": 1', f"> {name}")

    def start(self, **how):
        daemon = self.daemon({"db": {"command": FOREVER}, "talker": {"command": TALKER, "depends_on": ["db"]},
                              "idle": {"command": FOREVER, "autostart": False}})
        daemon.wait_state("talker", "running")
        terminal = self.terminal(**how)
        self.run_top(terminal)
        self.sees(terminal, "NAME", "talker", "2 of 3 running", "q quit")
        return daemon, terminal

    def test_table_and_quit(self):
        """The table shows all, the filter leaves some, help helps, and the terminal is as it was."""
        daemon, terminal = self.start()
        self.assertIn(str(daemon.status("talker")["pid"]), terminal.screen())
        self.select(terminal, "db")
        self.sees(terminal, "> db", never=["> talker", "  talker"])
        terminal.keys("Escape")
        self.sees(terminal, "talker", never=["filter \""])
        terminal.keys("?")
        self.sees(terminal, "send a signal, which is asked for")
        terminal.keys("Space")
        self.sees(terminal, "NAME")
        terminal.keys("q")
        self.ended(terminal)

    def test_changes(self):
        """Stop after a question, start, restart; what happens shows without a key."""
        daemon, terminal = self.start()
        self.select(terminal, "talker")
        before = daemon.status("talker")["pid"]
        terminal.keys("s")
        self.sees(terminal, "stop talker? y/n")
        terminal.keys("n")
        self.sees(terminal, "not stopped")
        terminal.keys("r")
        eventually(lambda: daemon.status("talker")["pid"] not in (None, before), "it is restarted", daemon)
        self.sees(terminal, "running", str(daemon.status("talker")["pid"]))
        terminal.keys("s")
        self.sees(terminal, "stop talker? y/n")
        terminal.keys("y")
        self.sees(terminal, "○ stopped")
        self.assertEqual(daemon.status("talker")["state"], "stopped")
        terminal.keys("s")
        self.sees(terminal, "● running", "2 of 3 running")

    def test_log_and_signal(self):
        """The log is followed, harmless, and a signal that is typed arrives."""
        _, terminal = self.start()
        self.select(terminal, "talker")
        terminal.keys("l")
        self.sees(terminal, "log of talker", "evil ^[[2J^[]0;owned^Gred \ufffdend")
        self.assertNotEqual(terminal.about("pane_title"), "owned")
        terminal.keys("x")
        self.sees(terminal, "signal for talker")
        terminal.type("nonsense")
        terminal.keys("Enter")
        self.sees(terminal, "there is no signal")
        terminal.keys("x")
        terminal.type("hup")
        terminal.keys("Enter")
        self.sees(terminal, "SIGHUP sent to talker", "hup heard")

    def test_why(self):
        """Why it is in its state is told, and told anew when that changes."""
        daemon, terminal = self.start()
        self.select(terminal, "talker")
        terminal.keys("w")
        self.sees(terminal, "why talker", "What happened")
        os.kill(daemon.status("talker")["pid"], signal.SIGKILL)
        self.sees(terminal, "why talker", "SIGKILL")
        terminal.keys("Enter")
        self.sees(terminal, "why talker", "log of talker")

    def test_resize(self):
        """The page fits each size of the window."""
        _, terminal = self.start()
        terminal.keys("l")
        for columns, rows in ((60, 12), (200, 50), (40, 5), (110, 30)):
            terminal.tmux("resize-window", "-x", str(columns), "-y", str(rows))
            fits = lambda: any("log of" in line and len(line) == columns for line in terminal.screen().splitlines())
            eventually(fits, f"it fits {columns} columns")
            self.sees(terminal, "s start/stop", "> db")

    def test_daemon_killed(self):
        """A daemon that is killed and comes back is found again; the log goes on where it was left."""
        daemon, terminal = self.start()
        self.select(terminal, "talker")
        terminal.keys("l")
        self.sees(terminal, "evil")
        daemon.kill()
        self.sees(terminal, "reconnecting")
        terminal.keys("r")
        self.sees(terminal, "nothing can be changed")
        daemon.start()
        screen = self.sees(terminal, "● running", never=["reconnecting"])
        self.assertEqual(screen.count("evil"), 1, screen)
        pid = daemon.status("talker")["pid"]
        os.kill(pid, signal.SIGHUP)
        screen = self.sees(terminal, "hup heard")
        self.assertEqual(screen.count("evil"), 1, screen)

    def test_terminated(self):
        """SIGTERM too leaves the terminal as it was."""
        _, terminal = self.start()
        top = int(terminal.about("pane_pid"))
        child = int(subprocess.run(["pgrep", "-P", str(top)], check=True, capture_output=True, text=True).stdout)
        os.kill(child, signal.SIGTERM)
        self.ended(terminal)

    def test_read_only(self):
        """In the role `read` everything shows, over TCP too, and a change is refused in words."""
        daemon = self.daemon({"db": {"command": FOREVER}}, start=False, http={"listen": "127.0.0.1:0"})
        daemon.start(http=None)
        daemon.wait_state("db", "running")
        code = daemon.ctl("dashboard", "--print", "--role", "read", check=0).stdout.strip().partition("#code=")[2]
        token = self.home / "token"
        token.touch(0o600)
        token.write_text(Page(daemon).post("/api/v1/session", {"code": code})[2]["token"])
        before = daemon.status("db")["pid"]
        terminal = self.terminal()
        self.run_top(terminal, "-H", url_of(daemon), "--token-file", str(token))
        self.sees(terminal, "> db", "● running", str(before))
        terminal.keys("r")
        self.sees(terminal, "error: ", "read")
        terminal.keys("l")
        self.sees(terminal, "log of db")
        self.assertEqual(daemon.status("db")["pid"], before)
        terminal.keys("q")
        self.ended(terminal)

    def test_plain_terminals(self):
        """Without colours, and where UTF-8 is not spoken, words and ASCII say the same."""
        self.daemon({"db": {"command": FOREVER}}).wait_state("db", "running")
        terminal = self.terminal(columns=60, LC_ALL="C")
        self.run_top(terminal, before="TERM=vt100 ")
        self.sees(terminal, "> db", "* running", never=["●"])
        terminal.keys("q")
        self.ended(terminal)

    def test_unknown_terminal(self):
        terminal = self.terminal()
        self.daemon({"db": {"command": FOREVER}})
        self.run_top(terminal, before="TERM=nonsense ")
        self.ended(terminal, 2)
        self.assertIn('TERM="nonsense"', terminal.screen())

    def test_refusals(self):
        """No terminal, no such service, no daemon: what is wrong and what to do, and the exit code."""
        daemon = self.daemon({"db": {"command": FOREVER}})
        done = daemon.ctl("top", check=2)
        self.assertIn("is not a terminal", done.stderr)
        self.assertIn("hint:", done.stderr)
        self.assertEqual(daemon.ctl("top", "--json").returncode, 2)
        terminal = self.terminal()
        self.run_top(terminal, "bd")
        self.ended(terminal, 4)
        self.assertIn('did you mean "db"?', terminal.screen())


if __name__ == "__main__":
    main()
