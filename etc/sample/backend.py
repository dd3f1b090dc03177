"""aurora-backend: a JSON API over made-up sensor readings, ten a second."""

import math
import random
import sys
import time

from web import port_from_arguments, say, serve

STARTED = time.monotonic()
PERIOD = 0.1  # seconds between two readings
KEEP = 600


def reading(number):
    """Reading `number`: a slow wave with noise; the same number always gives the same value."""
    noise = random.Random(number).gauss(0, 0.4)
    return {"number": number, "celsius": round(21 + 3 * math.sin(number / 60) + noise, 2)}


def newest():
    return int((time.monotonic() - STARTED) / PERIOD)


def health(query):
    return {"status": "ok", "uptime_seconds": round(time.monotonic() - STARTED, 3)}


def readings(query):
    """?after=N: those later than N, at most the last 600."""
    after = -1
    for part in filter(None, query.split("&")):
        key, _, value = part.partition("=")
        if key != "after" or not value.isascii() or not value.isdigit():
            raise ValueError(f"cannot use {part!r}: only after=NUMBER is known")
        after = int(value)
    last = newest()
    return {"readings": [reading(n) for n in range(max(after + 1, last - KEEP + 1, 0), last + 1)]}


def latest(query):
    return reading(newest())


def main():
    say(f"python is {sys.executable}")
    serve(
        "aurora-backend",
        port_from_arguments(5001),
        {"/health": health, "/api/readings": readings, "/api/latest": latest},
        quiet=("/health", "/api/latest"),
    )


if __name__ == "__main__":
    main()
