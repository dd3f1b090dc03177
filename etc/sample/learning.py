"""self-learning: asks aurora-backend for its readings and learns to foretell the next one."""

import http.client
import json
import os
import threading
import time

from web import port_from_arguments, say, serve

STARTED = time.monotonic()
BACKEND = int(os.environ.get("BACKEND_PORT", "5001"))
PAUSE = 2.0  # seconds between two lessons


class Model:
    """Level and trend by exponential smoothing (Holt), with the mean error it made."""

    def __init__(self):
        self.seen = 0
        self.newest = -1
        self.level = 0.0
        self.trend = 0.0
        self.error = 0.0
        self.backend = "not asked yet"

    def learn(self, number, value):
        if self.seen == 0:
            self.level = value
        else:
            wrong = value - (self.level + self.trend)
            self.error += 0.05 * (abs(wrong) - self.error)
            self.level += self.trend + 0.2 * wrong
            self.trend += 0.01 * wrong
        self.seen += 1
        self.newest = number


MODEL = Model()


def ask(path):
    connection = http.client.HTTPConnection("127.0.0.1", BACKEND, timeout=2)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        if reply.status != 200:
            raise http.client.HTTPException(f"{path} answered {reply.status}")
        return json.loads(reply.read())
    finally:
        connection.close()


def lesson():
    seen = f"?after={MODEL.newest}" if MODEL.newest >= 0 else ""
    news = ask(f"/api/readings{seen}")["readings"]
    if not news and MODEL.newest > ask("/api/latest")["number"]:
        say("the backend counts from 0 again: it was restarted")
        MODEL.newest = -1
    for item in news:
        MODEL.learn(item["number"], item["celsius"])
    return len(news)


def study():
    """Runs for ever. A backend that is away is no fault of ours: we stay healthy and say so."""
    while True:
        try:
            count = lesson()
            if MODEL.backend != "ok":
                say("the backend answers")
            MODEL.backend = "ok"
            say(f"learned {count} readings, {MODEL.seen} in all, mean error {MODEL.error:.2f}")
        except (OSError, ValueError, KeyError, http.client.HTTPException) as fault:
            if MODEL.backend != str(fault):
                say(f"the backend is away: {fault}")
            MODEL.backend = str(fault)
        time.sleep(PAUSE)


def health(query):
    return {
        "status": "ok",
        "uptime_seconds": round(time.monotonic() - STARTED, 3),
        "backend": MODEL.backend,
    }


def model(query):
    return {
        "seen": MODEL.seen,
        "forecast": round(MODEL.level + MODEL.trend, 2),
        "mean_error": round(MODEL.error, 3),
        "backend": MODEL.backend,
    }


def main():
    threading.Thread(target=study, daemon=True).start()
    serve(
        "self-learning",
        port_from_arguments(5002),
        {"/health": health, "/api/model": model},
        quiet=("/health", "/api/model"),
    )


if __name__ == "__main__":
    main()
