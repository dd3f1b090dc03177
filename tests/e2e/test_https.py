"""TLS on the TCP listener: what is spoken, by whom it is trusted, and what a bad certificate does."""

import socket
import ssl

from aurora_e2e import DEADLINE, FOREVER, Case, eventually, main
from aurora_http import Page, make_certificate, token_of, trusting, url_of
from aurora_stream import Stream

COUNTS = ["/bin/sh", "-c", "seq 4000; exec sleep 1000"]


class Https(Case):
    def secure(self, command=FOREVER, **http):
        tls = {"certificate": "server.pem", "key": "server.key"}
        daemon = self.daemon({"web": {"command": command}}, start=False, http={"listen": "127.0.0.1:0", "tls": tls, **http})
        return daemon.start(http=None)

    def address(self, daemon):
        return "127.0.0.1", int(url_of(daemon).rsplit(":", 1)[1])

    def connected(self, daemon):
        """A client's own end of a connection within TLS."""
        raw = socket.create_connection(self.address(daemon), timeout=2 * DEADLINE)
        secure = trusting(self.home / "server.pem").wrap_socket(raw, server_hostname="localhost")
        self.addCleanup(secure.close)
        return secure

    def test_https(self):
        """The API and the page within TLS 1.2 or newer; whoever speaks HTTP is told so."""
        make_certificate(self.home)
        daemon = self.secure()
        daemon.wait_state("web", "running")
        url = url_of(daemon)
        self.assertTrue(url.startswith("https://127.0.0.1:"), url)
        page = Page(daemon, token_of(daemon), context=trusting(self.home / "server.pem"))
        self.assertEqual(page.get("/api/v1/status")[0], 200)
        self.assertEqual(page.get("/")[0], 200)
        self.assertEqual(page.get("/api/v1/status", Origin=url)[0], 200)
        self.assertEqual(page.get("/api/v1/status", Origin=url.replace("https", "http"))[0], 403)
        self.assertEqual(page.post("/api/v1/services/web/restart?wait=30s")[0], 200)
        plain = Page(daemon, url=url.replace("https", "http")).get("/healthz")
        self.assertEqual((plain[0], plain[2]), (400, "this port speaks https, not http"))
        with self.assertRaises(ssl.SSLCertVerificationError):
            Page(daemon, context=ssl.create_default_context()).get("/healthz")

    def test_more_than_one_record(self):
        """An answer of many TLS records is whole, and so is a stream."""
        make_certificate(self.home)
        daemon = self.secure(COUNTS)
        lines = [str(number) for number in range(1, 4001)]
        daemon.wait_log("web", "4000\n")
        page = Page(daemon, token_of(daemon), context=trusting(self.home / "server.pem"))
        code, _, text = page.get("/api/v1/services/web/logs?download=1")
        self.assertEqual((code, text.split("\n")), (200, [*lines, ""]))
        secure = self.connected(daemon)
        host = url_of(daemon).removeprefix("https://")
        stream = Stream(secure, host=host, token=token_of(daemon))
        self.addCleanup(stream.close)
        stream.say({"subscribe": {"logs": ["web"]}})
        stream.message_of("subscribed")
        self.assertEqual(page.post("/api/v1/services/web/restart?wait=30s")[0], 200)
        self.assertEqual([stream.message_of("log")["text"] for _ in lines], lines)

    def test_who_is_slow_on_purpose(self):
        """The limit of a header holds within TLS too: the client is told, by a whole record, and cut off."""
        make_certificate(self.home)
        daemon = self.secure()
        secure, answer = self.connected(daemon), b""
        secure.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        while part := secure.recv(65536):
            answer += part
        self.assertRegex(answer, rb"^HTTP/1\.1 408 ")

    def test_old_protocols_are_refused(self):
        make_certificate(self.home)
        daemon = self.secure()
        for version, works in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
            context = trusting(self.home / "server.pem")
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
            with socket.create_connection(self.address(daemon)) as raw:
                if works:
                    with context.wrap_socket(raw, server_hostname="localhost") as made:
                        self.assertEqual(made.version(), version.name.replace("v1_", "v1."))
                else:
                    with self.assertRaises((ssl.SSLError, ConnectionResetError)):
                        context.wrap_socket(raw, server_hostname="localhost")

    def test_ctl_over_https(self):
        """aurorctl speaks it, verifies by the system's authorities or $SSL_CERT_FILE, and says what it mistrusts."""
        make_certificate(self.home)
        daemon = self.secure()
        daemon.wait_state("web", "running")
        there = ("-H", url_of(daemon), "--token-file", daemon.state / "token")
        trusted = {"SSL_CERT_FILE": str(self.home / "server.pem")}
        self.assertIn("web", daemon.ctl(*there, "status", env=trusted, check=0).stdout)
        self.assertEqual(daemon.ctl(*there, "restart", "web", env=trusted).returncode, 0)
        stranger = daemon.ctl(*there, "status")
        self.assertEqual(stranger.returncode, 7)
        self.assertRegex(stranger.stderr, "not trusted: self.signed certificate")
        self.assertIn("SSL_CERT_FILE", stranger.stderr)
        plain = daemon.ctl("-H", url_of(daemon).replace("https", "http"), "status")
        self.assertNotEqual(plain.returncode, 0)

    def test_renewed_certificate(self):
        """A reload takes a new certificate for new connections; a broken one is a warning, and the old stays."""
        make_certificate(self.home)
        daemon = self.secure()
        page = Page(daemon, token_of(daemon), context=trusting(self.home / "server.pem"))
        self.assertEqual(page.get("/api/v1/status")[0], 200)
        make_certificate(self.home)
        daemon.ctl("reload", check=0)
        renewed = Page(daemon, token_of(daemon), context=trusting(self.home / "server.pem"))

        def answers():
            try:
                return renewed.get("/api/v1/status")[0] == 200
            except ssl.SSLError:
                return False
        eventually(answers, "the new certificate is shown", daemon)
        (self.home / "server.pem").write_text("broken")
        daemon.ctl("reload", check=0)
        warnings = lambda: daemon.api("GET", "/api/v1/status")[1]["daemon"].get("warnings", [])
        eventually(lambda: any("cannot use the certificate" in w and "the one read before stays" in w for w in warnings()),
                   "the fault is told", daemon)
        self.assertEqual(renewed.get("/api/v1/status")[0], 200)

    def test_unusable_certificate(self):
        """The daemon supervises all the same, on the socket alone, and says what is wrong with which file."""
        daemon = self.secure()
        of = daemon.api("GET", "/api/v1/status")[1]["daemon"]
        self.assertIsNone(of["http"])
        self.assertTrue(any("cannot read the certificate" in w and "server.pem" in w and "No such file" in w for w in of["warnings"]), of)
        daemon.wait_state("web", "running")

    def test_names_of_a_listener_for_all(self):
        """Bound to every address it answers to those of `hosts`, to the loopback, and to the address that was reached."""
        make_certificate(self.home)
        daemon = self.secure(listen="0.0.0.0:0", hosts=["ops.example"])
        port = int(url_of(daemon).rsplit(":", 1)[1])
        self.assertEqual(url_of(daemon), f"https://ops.example:{port}")
        page = Page(daemon, token_of(daemon), url=f"https://127.0.0.1:{port}", context=trusting(self.home / "server.pem"))
        for host, status in (("ops.example", 200), (f"ops.example:{port}", 200), (f"127.0.0.1:{port}", 200),
                             (f"0.0.0.0:{port}", 421), ("evil.test", 421), (f"10.0.0.1:{port}", 421)):
            self.assertEqual(page.get("/api/v1/status", Host=host)[0], status, host)


if __name__ == "__main__":
    main()
