"""aurora-ui: a page that shows what the other programs of the sample do."""

import http.client
import json
import os
import socket
import time

from web import port_from_arguments, serve

STARTED = time.monotonic()
HERE = os.path.dirname(os.path.abspath(__file__))


def ask(port, path):
    """The neighbour's answer, or why there is none. Short: a person waits for the page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=0.5)
    try:
        connection.request("GET", path)
        return {"up": True, "answer": json.loads(connection.getresponse().read())}
    except (OSError, ValueError, http.client.HTTPException) as fault:
        return {"up": False, "why": str(fault) or type(fault).__name__}
    finally:
        connection.close()


def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
        return {"up": True}
    except OSError as fault:
        return {"up": False, "why": str(fault)}


def health(query):
    return {"status": "ok", "uptime_seconds": round(time.monotonic() - STARTED, 3)}


def overview(query):
    return {
        "aurora-ui": {"up": True, "answer": health("")},
        "aurora-backend": ask(5001, "/api/latest"),
        "self-learning": ask(5002, "/api/model"),
        "file-server": connects(8080),
    }


def page(query):
    with open(os.path.join(HERE, "page.html"), "rb") as file:
        return file.read()


if __name__ == "__main__":
    serve(
        "aurora-ui",
        port_from_arguments(5000),
        {"/": page, "/api/health": health, "/api/overview": overview},
        quiet=("/api/health", "/api/overview"),
    )
