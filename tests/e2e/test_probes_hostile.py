"""Health checks against servers that break the rules of TLS, of names and of HTTP."""

import contextlib
import gzip
import socket
import ssl
import subprocess
import threading

from aurora_e2e import FOREVER, Case, main

KEY = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Server:
    """Answers each connection by `answer(connection)`, in TLS where it has a context."""

    def __init__(self, answer, context=None):
        self.answer, self.context = answer, context
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=(self.socket.accept()[0],), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError), connection:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                connection.recv(65536)
                self.answer(connection)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def says(text):
    return lambda connection: connection.sendall(text)


def endless(head, part):
    def answer(connection):
        connection.sendall(head)
        while True:
            connection.sendall(part)
    return answer


class Hostile(Case):
    def server(self, answer, context=None):
        made = Server(answer, context)
        self.addCleanup(made.close)
        return made

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.home)

    def authority(self):
        self.openssl("req", "-x509", "-newkey", *KEY, "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                     "-subj", "/CN=Test authority", "-days", "30")

    def context(self, name, names="DNS:localhost", days="30", signed=True):
        """A server's TLS with a certificate of its own; negative days: it has expired."""
        (self.home / f"{name}.ext").write_text(f"subjectAltName={names}\n")
        self.openssl("req", "-new", "-newkey", *KEY, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"] if signed else ["-signkey", f"{name}.key"]
        self.openssl("x509", "-req", "-in", f"{name}.csr", *signer, "-out", f"{name}.pem", "-days", days, "-extfile", f"{name}.ext")
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.home / f"{name}.pem", self.home / f"{name}.key")
        return made

    def stack(self, urls, env=None, timeout="5s"):
        """A daemon whose services are checked at these addresses, every one of them to be unhealthy."""
        daemon = self.daemon({name: {"command": FOREVER, "ready": {"delay": "0s"},
                                     "health": {"http": url, "interval": "50ms", "start_interval": "50ms", "timeout": timeout,
                                                "retries": 1, "on_failure": "alert"}}
                              for name, url in urls.items()}, start=False)
        daemon.start(env=env)
        return daemon

    def hears(self, daemon, name, pattern):
        event = daemon.wait_event(lambda e: e["instance"] == name and e["health"] == "unhealthy")
        self.assertRegex(event["because"]["text"], pattern)
        self.assertEqual(daemon.status(name)["health"], "unhealthy")
        self.assertRegex(daemon.ctl("why", name).stdout, pattern)

    def test_tls(self):
        """H05: each fault of a certificate or protocol has a reason of its own; a good one is healthy."""
        self.authority()
        old = self.context("old")
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        servers = {"good": self.server(says(OK), self.context("good")),
                   "expired": self.server(says(OK), self.context("expired", days="-1")),
                   "named": self.server(says(OK), self.context("named", names="DNS:a.example")),
                   "self": self.server(says(OK), self.context("self", signed=False)),
                   "old": self.server(says(OK), old),
                   "plain": self.server(says(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))}
        daemon = self.stack({name: f"https://localhost:{server.port}/" for name, server in servers.items()},
                            env={"SSL_CERT_FILE": str(self.home / "ca.pem")})
        self.hears(daemon, "expired", r"certificate expired on 20\d\d-")
        self.hears(daemon, "named", r"certificate is not for 'localhost' \(it names 'a.example'\)")
        self.hears(daemon, "self", "certificate is self-signed")
        self.hears(daemon, "old", r"does not offer TLS 1\.2 or newer")
        self.hears(daemon, "plain", "does not speak TLS here; use http://")
        daemon.wait_event(lambda e: e["instance"] == "good" and e["health"] == "healthy")

    def test_a_name_that_does_not_exist(self):
        """H08: told by its name, within the probe's own deadline however slow the resolver is; others are not held up."""
        fine = self.server(says(OK))
        daemon = self.stack({"lost": "http://no-such-host.invalid:1/", "fine": f"http://127.0.0.1:{fine.port}/"}, timeout="2s")
        daemon.wait_event(lambda e: e["instance"] == "fine" and e["health"] == "healthy")
        self.hears(daemon, "lost", "no-such-host.invalid")

    def test_malformed_replies(self):
        """H13: whatever is no HTTP fails with a reason, is not unpacked, and costs no memory."""
        bomb = gzip.compress(b"\0" * (128 << 20))
        ok = b"HTTP/1.1 200 OK\r\n"
        servers = {"old": self.server(says(b"hello there, this is HTTP/0.9\r\n")),
                   "hinting": self.server(endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)),
                   "header": self.server(endless(ok, b"X: " + b"x" * 65536 + b"\r\n")),
                   "chunk": self.server(says(ok + b"Transfer-Encoding: chunked\r\n\r\nxyzzy\r\n")),
                   "bomb": self.server(says(ok + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb))}
        services = {name: {"command": FOREVER, "ready": {"delay": "0s"},
                           "health": {"http": f"http://127.0.0.1:{server.port}/", "interval": "50ms", "start_interval": "50ms",
                                      "timeout": "5s", "retries": 1, "on_failure": "alert", "body": "never there"}}
                    for name, server in servers.items()}
        daemon = self.daemon(services)
        before = daemon.resident()
        self.hears(daemon, "old", "not an HTTP answer: 'hello there, this is HTTP/0.9")
        self.hears(daemon, "hinting", "more than 16 informational answers")
        self.hears(daemon, "header", "malformed HTTP answer: header limit exceeded")
        self.hears(daemon, "chunk", "malformed HTTP answer: bad chunk")
        self.hears(daemon, "bomb", "HTTP 200, but the body does not match")
        self.assertLess(daemon.resident() - before, 96 << 20)


if __name__ == "__main__":
    main()
