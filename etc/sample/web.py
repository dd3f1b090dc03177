"""A small HTTP server for the sample programs: standard library only, quick to start, quick to stop."""

import json
import signal
import socketserver
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def say(text):
    """One line of log, written at once: standard output is a pipe here, and pipes are buffered."""
    print(text, flush=True)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self):
        # HTTPServer's own asks the resolver for this host's full name: seconds, where DNS is slow.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


class Handler(BaseHTTPRequestHandler):
    """Answers from `routes`: path -> function of the query, returning an object (JSON) or bytes (HTML)."""

    routes = {}
    quiet = ()  # asked every few seconds by probes: not worth a line each
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self):
        path, _, query = self.path.partition("?")
        route = self.routes.get(path)
        if route is None:
            self.answer(404, {"error": f"there is nothing at {path}"})
            return
        try:
            self.answer(200, route(query))
        except ValueError as fault:
            self.answer(400, {"error": str(fault)})

    do_HEAD = do_GET

    def answer(self, status, value):
        html = isinstance(value, bytes)
        body = value if html else (json.dumps(value) + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8" if html else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        if self.path not in self.quiet:
            say(f"{self.command} {self.path} {getattr(code, 'value', code)}")

    def log_message(self, form, *args):
        say(form % args)


def port_from_arguments(default):
    return int(sys.argv[1]) if len(sys.argv) > 1 else default


def serve(name, port, routes, quiet=()):
    """Serves until SIGTERM or Ctrl-C, then returns."""

    def stop(number, frame):
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    handler = type("Routes", (Handler,), {"routes": routes, "quiet": quiet})
    with Server(("127.0.0.1", port), handler) as server:
        say(f"{name} listens on http://127.0.0.1:{port}")
        try:
            server.serve_forever(poll_interval=3600)  # a signal interrupts it; nothing else has to
        finally:
            say(f"{name} stops")
