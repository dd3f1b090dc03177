"""The TCP listener of a real daemon: who is let in, what is told, and what it takes to lose the port."""

import os
import re
import signal
import socket
import stat
import subprocess

from aurora_e2e import BIN, CLEAN, FOREVER, Case, eventually, free_port, main
from aurora_http import Page, token_of, url_of

ANY_PORT = "127.0.0.1:0"


class Http(Case):
    def listening(self, services=None, http=ANY_PORT, **how):
        daemon = self.daemon(services or {"web": {"command": FOREVER}}, start=False)
        return daemon.start(http=http, **how)

    def aurorad(self, *arguments):
        return subprocess.run([BIN / "aurorad", *arguments], cwd=self.home, env=CLEAN, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=30)

    def test_same_api_with_a_token(self):
        """What the socket answers, the port answers to whoever has the token; `status` tells where."""
        daemon = self.listening()
        daemon.wait_state("web", "running")
        self.assertRegex(url_of(daemon), r"^http://127\.0\.0\.1:\d+$")
        page = Page(daemon, token_of(daemon))
        status, answer, told = page.get("/api/v1/status")
        self.assertEqual(status, 200)
        self.assertEqual([s["name"] for s in told["services"]], ["web"])
        self.assertEqual(Page(daemon).get("/api/v1/status")[0], 401)
        self.assertEqual(Page(daemon).get("/healthz")[0], 200)
        self.assertEqual(page.post("/api/v1/services/web/restart?wait=30s")[0], 200)
        self.assertEqual(page.post("/api/v1/services/web/start?wait=30s")[2]["operation"]["targets"][0]["result"], "already")

    def test_default_port_is_that_of_the_contract(self):
        """Nothing asked for: 127.0.0.1:9090, or a warning that names who has it."""
        daemon = self.listening(http=None)
        def told():
            of = daemon.api("GET", "/api/v1/status")[1]["daemon"]
            return of["http"] == "http://127.0.0.1:9090" or any("127.0.0.1:9090 is held by" in w for w in of.get("warnings", []))
        eventually(told, "port 9090 is taken or told", daemon)

    def test_s08_modes_under_any_umask(self):
        """Directory 0700, socket and token 0600, files 0600, logs 0640, whatever the umask of the caller."""
        for mask in (0o000, 0o077):
            home = self.home / f"umask{mask:o}"
            home.mkdir()
            daemon = self.daemon({"web": {"command": ["/bin/sh", "-c", "echo hello; exec sleep 1000"]}}, start=False, home=home)
            daemon.start(http=ANY_PORT, preexec_fn=lambda mask=mask: os.umask(mask))
            daemon.wait_log("web", "hello")
            url_of(daemon)
            mode = lambda name: stat.S_IMODE(os.lstat(daemon.state / name).st_mode)
            self.assertEqual(mode("."), 0o700)
            self.assertEqual((mode("aurorad.sock"), mode("token"), mode("aurorad.lock")), (0o600, 0o600, 0o600))
            self.assertEqual(mode("logs/web.log"), 0o640)
            for path in daemon.state.iterdir():
                if path.is_file():
                    self.assertEqual(mode(path.name) & 0o077, 0, path)

    def test_s26_planted_token_opens_nothing(self):
        """A token that others can read is not used: the daemon goes on with the socket, and says so."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        daemon.state.mkdir(mode=0o700)
        (daemon.state / "token").write_text("A" * 43 + "\n")
        (daemon.state / "token").chmod(0o644)
        daemon.start(http=ANY_PORT)
        of = daemon.api("GET", "/api/v1/status")[1]["daemon"]
        self.assertIsNone(of["http"])
        self.assertTrue(any("can be read by others (mode 0644): remove it" in w for w in of["warnings"]), of)
        self.assertEqual((daemon.state / "token").read_text(), "A" * 43 + "\n")

    def test_s22_open_to_the_world_takes_tls(self):
        """An address that others can reach is refused without TLS, by flag and by file, with the reason."""
        daemon = self.daemon({"web": {"command": FOREVER}}, start=False)
        for flag in ("0.0.0.0:9090", "[::]:9090", "192.168.0.1:9090", "nonsense"):
            done = self.aurorad("--http", flag)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertRegex(done.stderr, "which takes TLS|is not an address")
        daemon.write(self.config({"web": {"command": FOREVER}}, http={"listen": "0.0.0.0:9090"}))
        done = self.aurorad()
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertRegex(done.stderr, r"aurora.json:\d+:\d+: http.listen: .*which takes TLS")

    def test_busy_port_is_named_and_taken_when_free(self):
        """The holder by pid and program, in `status`; the port is taken as soon as it is free."""
        port = free_port()
        holder = subprocess.Popen(["python3", "-c", f"import socket; s = socket.create_server(('127.0.0.1', {port})); print('up', flush=True); s.accept()"],
                                  stdout=subprocess.PIPE, env=CLEAN)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        self.assertEqual(holder.stdout.readline(), b"up\n")
        holder.stdout.close()
        daemon = self.listening(http=f"127.0.0.1:{port}")
        warnings = lambda: daemon.api("GET", "/api/v1/status")[1]["daemon"].get("warnings", [])
        eventually(lambda: any(f"127.0.0.1:{port} is held by python3" in w and f"(pid {holder.pid})" in w for w in warnings()),
                   "the holder is named", daemon)
        self.assertIsNone(daemon.api("GET", "/api/v1/status")[1]["daemon"]["http"])
        self.assertEqual(daemon.status("web")["desired"], "up")
        self.assertIn("no port", daemon.ctl("dashboard", "--print", check=1).stderr)
        holder.kill()
        self.assertEqual(url_of(daemon), f"http://127.0.0.1:{port}")
        self.assertEqual(warnings(), [])
        self.assertEqual(Page(daemon, token_of(daemon)).get("/api/v1/status")[0], 200)

    def test_port_outlives_the_reactor(self):
        """Killed, the reactor comes back on the same port; who connects meanwhile is answered; a session goes on."""
        daemon = self.listening()
        daemon.wait_state("web", "running")
        url = url_of(daemon)
        code = daemon.api("POST", "/api/v1/codes", {})[1]["code"]
        session = Page(daemon).post("/api/v1/session", {"code": code})[2]["token"]
        page = Page(daemon, session, url)
        for _ in range(3):
            reactor = daemon.reactor()
            os.kill(reactor, signal.SIGKILL)
            status, _, told = page.get("/api/v1/status")  # never refused: the keeper holds the port
            self.assertEqual(status, 200)
            self.assertNotEqual(told["daemon"]["pid"], reactor)
            self.assertEqual(told["daemon"]["http"], url)

    def test_removing_the_token_ends_all_sessions(self):
        daemon = self.listening()
        code = daemon.api("POST", "/api/v1/codes", {})[1]["code"]
        old = token_of(daemon)
        session = Page(daemon).post("/api/v1/session", {"code": code})[2]["token"]
        daemon.stop()
        daemon.start(http=ANY_PORT)
        self.assertEqual(token_of(daemon), old)
        self.assertEqual(Page(daemon, session).get("/api/v1/status")[0], 200)
        daemon.stop()
        (daemon.state / "token").unlink()
        daemon.start(http=ANY_PORT)
        self.assertEqual(Page(daemon, session).get("/api/v1/status")[0], 401)
        self.assertEqual(Page(daemon, old).get("/api/v1/status")[0], 401)
        self.assertEqual(Page(daemon, token_of(daemon)).get("/api/v1/status")[0], 200)

    def test_a16_looking_changes_nothing(self):
        """GET and HEAD of every route of the document leave history, states and pids as they are."""
        daemon = self.listening()
        daemon.wait_state("web", "running")
        page = Page(daemon, token_of(daemon))
        document = page.get("/api/v1/openapi.json")[2]
        before, sequence = daemon.status("web")["pid"], daemon.sequence()
        for path in document["paths"]:
            if path != "/api/v1/stream":
                for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
                    status = page.ask(method, path.replace("{name}", "web"))[0]
                    self.assertIn(status, (200, 404, 405), (method, path))
        self.assertEqual(daemon.sequence(), sequence)
        self.assertEqual(daemon.status("web")["pid"], before)

    def test_audit_and_no_secret_in_it(self):
        """Who, from where, what, result; and neither token nor code anywhere but where it belongs (O8)."""
        daemon = self.listening()
        daemon.wait_state("web", "running")
        token, code = token_of(daemon), daemon.api("POST", "/api/v1/codes", {})[1]["code"]
        session = Page(daemon).post("/api/v1/session", {"code": code})[2]["token"]
        Page(daemon, session).post("/api/v1/services/web/restart?wait=30s")
        daemon.ctl("restart", "web", check=0)
        Page(daemon, "canary-wrong").get("/api/v1/status")
        eventually(lambda: "sign-in refused" in daemon.err(), "the log is written", daemon)
        log = daemon.err()
        self.assertRegex(log, r"info +audit: POST /api/v1/codes by uid \d+ \(pid \d+\) on the control socket: 200")
        self.assertRegex(log, r"info +audit: signed in \(operate\): session \S+ from 127.0.0.1:\d+")
        self.assertRegex(log, r"info +audit: POST /api/v1/services/web/restart\?wait=30s by session \S+ from 127.0.0.1:\d+: 200")
        self.assertRegex(log, r"info +audit: POST /api/v1/restart\S* {\"services\":\[\"web\"\]} by uid \d+ \(pid \d+\) on the control socket: 20[02]")
        self.assertRegex(log, r"warning +audit: sign-in refused: 127.0.0.1:\d+ showed a token that is not valid")
        daemon.stop()
        for path in [*daemon.state.rglob("*"), daemon.home / "aurorad.err"]:
            if path.is_file() and path.name != "token":
                found = path.read_bytes()
                for secret in (token, code, session, "canary-wrong"):
                    self.assertNotIn(secret.encode(), found, path)

    def test_a02_crowd_of_idle_connections(self):
        """Two thousand connections that say nothing: the socket answers, and what they took comes back."""
        daemon = self.listening()
        host, port = url_of(daemon).removeprefix("http://").split(":")
        before = daemon.fds()
        crowd = []
        try:
            for _ in range(2000):
                crowd.append(socket.create_connection((host, int(port))))
                if len(crowd) % 200 == 0:
                    self.assertEqual(daemon.api("GET", "/healthz")[0], 200)
            self.assertLessEqual(daemon.fds(), before + 128 + 10)
            self.assertEqual(Page(daemon).get("/healthz")[0], 200)
        finally:
            for each in crowd:
                each.close()
        eventually(lambda: daemon.fds() <= before + 2, "descriptors come back", daemon)

    def test_page(self):
        """The page is open to a browser, under a strict policy, and leads nowhere else."""
        daemon = self.listening()
        status, answer, text = Page(daemon).get("/")
        self.assertEqual(status, 200)
        self.assertIn("<!doctype html>", text.lower())
        policy = answer.getheader("Content-Security-Policy")
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(Page(daemon).get("/", Host="evil.test")[0], 421)
        self.assertNotRegex(text, r"(src|href)=\"(https?:)?//")

    def test_dashboard_verb(self):
        """`aurorctl dashboard --print` prints a URL whose code signs in once, in the role asked for."""
        daemon = self.listening()
        for role in ("operate", "read"):
            printed = daemon.ctl("dashboard", "--print", "--role", role, check=0).stdout.strip()
            match = re.fullmatch(re.escape(url_of(daemon)) + r"/#code=(\S+)", printed)
            self.assertTrue(match, printed)
            status, _, told = Page(daemon).post("/api/v1/session", {"code": match[1]})
            self.assertEqual((status, told["role"]), (200, role))
            self.assertEqual(Page(daemon).post("/api/v1/session", {"code": match[1]})[0], 401)
            allowed = Page(daemon, told["token"]).post("/api/v1/services/web/start?wait=30s")[0]
            self.assertEqual(allowed, 200 if role == "operate" else 403)
        self.assertEqual(daemon.ctl("dashboard", "--role", "root").returncode, 2)

    def test_dashboard_opens_a_browser_without_telling_the_code(self):
        """The browser gets a file of ours to open: its command line, which all can read, holds no code."""
        daemon = self.listening()
        browser = self.home / "browser"
        browser.write_text('#!/bin/sh\ncp "$1" seen.html; echo "$1" > asked.new; mv asked.new asked\n')
        browser.chmod(0o755)
        done = daemon.ctl("dashboard", check=0, env={"BROWSER": str(browser), "XDG_RUNTIME_DIR": str(self.home)})
        self.assertIn("opened the dashboard", done.stdout)
        eventually((self.home / "asked").exists, "the browser is started")
        asked = (self.home / "asked").read_text().strip()
        self.assertNotIn("code=", asked)
        self.assertEqual(stat.S_IMODE(os.stat(asked).st_mode), 0o600)
        code = re.search(r"url=" + re.escape(url_of(daemon)) + r"/#code=([\w-]+)\"", (self.home / "seen.html").read_text())
        self.assertEqual(Page(daemon).post("/api/v1/session", {"code": code[1]})[0], 200)
        nowhere = daemon.ctl("dashboard", check=0, env={"PATH": "/nonexistent", "DISPLAY": ":9", "XDG_RUNTIME_DIR": str(self.home)})
        self.assertRegex(nowhere.stdout, r"/#code=")

    def test_ctl_over_tcp(self):
        """Every kind of verb works with -H and the token; without it the exit code says not permitted."""
        daemon = self.listening({"web": {"command": ["/bin/sh", "-c", "echo hello; exec sleep 1000"]}})
        daemon.wait_log("web", "hello")
        there = ("-H", url_of(daemon), "--token-file", daemon.state / "token")
        self.assertIn("web", daemon.ctl(*there, "status", check=0).stdout)
        self.assertEqual(daemon.ctl(*there, "restart", "web").returncode, 0)
        self.assertIn("hello", daemon.ctl(*there, "logs", "web", check=0).stdout)
        self.assertIn("web", daemon.ctl(*there, "why", "web", check=0).stdout)
        printed = daemon.ctl(*there, "dashboard", "--print", check=0).stdout
        self.assertTrue(printed.startswith(url_of(daemon) + "/#code="), printed)
        watch = subprocess.Popen([BIN / "aurorctl", *map(str, there), "events", "-f", "-n", "0"], cwd=self.home, env=CLEAN,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        daemon.ctl(*there, "stop", "web", check=0)
        daemon.ctl(*there, "start", "web", check=0)
        self.assertIn("web", watch.stdout.readline())
        anonymous = daemon.ctl("-H", url_of(daemon), "status")
        self.assertEqual(anonymous.returncode, 5)
        self.assertIn("--token-file", anonymous.stderr)


if __name__ == "__main__":
    main()
