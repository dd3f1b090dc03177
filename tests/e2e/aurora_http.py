"""Clients of the TCP listener of a test's daemon."""

import http.client
import json
import ssl
import subprocess
from urllib.parse import urlsplit

from aurora_e2e import DEADLINE, Daemon, eventually

KEY = ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


class Page:
    """What talks to the listener: with a token or without, under a name of its own."""

    def __init__(self, daemon, token=None, url=None, context=None):
        self.url = urlsplit(url or url_of(daemon))
        self.token = token
        self.context = context

    def connection(self):
        if self.url.scheme == "https":
            return http.client.HTTPSConnection(self.url.hostname, self.url.port, timeout=DEADLINE, context=self.context)
        return http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=DEADLINE)

    def ask(self, method, path, body=None, **headers):
        """Status, header, and the body as JSON where it is."""
        connection = self.connection()
        try:
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            if self.token and "Authorization" not in fields:
                fields["Authorization"] = f"Bearer {self.token}"
            if body is not None:
                fields.setdefault("Content-Type", "application/json")
                body = body if isinstance(body, (str, bytes)) else json.dumps(body)
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            text = answer.read()
            is_json = "json" in (answer.getheader("Content-Type") or "")
            return answer.status, answer, json.loads(text) if text and is_json else text.decode(errors="replace")
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, {} if body is None else body, **headers)


def url_of(daemon: Daemon):
    """Where it listens, once it does."""
    return eventually(lambda: daemon.api("GET", "/api/v1/status")[1]["daemon"]["http"], "it listens", daemon)


def token_of(daemon: Daemon):
    return (daemon.state / "token").read_text().strip()


def make_certificate(home, name="server", host="localhost"):
    """A certificate that is its own authority: home/NAME.pem and home/NAME.key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", *KEY, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{host},IP:127.0.0.1"],
                   check=True, capture_output=True, cwd=home)


def trusting(path):
    return ssl.create_default_context(cafile=str(path))
