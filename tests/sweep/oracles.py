"""What must hold after every case: the standing oracles of the catalogue of faults, as far as one daemon shows them."""

import json
import os
from collections import Counter

from aurora_e2e import eventually, zombies_of
from aurora_puppet import numbered_lines

REPORTS = ("ERROR: AddressSanitizer", "runtime error:", "LeakSanitizer", "Assertion", "terminate called", "internal error")
LEGAL = {
    "stopped": {"waiting", "starting"},
    "waiting": {"starting", "stopped", "failed"},
    "starting": {"stopped", "running", "stopping", "backoff", "failed", "completed"},
    "running": {"stopped", "starting", "stopping", "backoff", "failed", "completed"},
    "stopping": {"stopped", "backoff", "failed", "completed"},
    "backoff": {"starting", "waiting", "stopped"},
    "failed": {"starting", "waiting", "stopped"},
    "completed": {"starting", "waiting", "stopped"},
}


class Broken(AssertionError):
    """An oracle does not hold."""


def demand(holds, what):
    if not holds:
        raise Broken(what)


def check_reports(daemon):
    """O1: no sanitizer report, no assertion, nothing that ended the process without a word of its own."""
    text = daemon.err()
    for report in REPORTS:
        at = text.find(report)
        demand(at < 0, f"O1: {report}\n" + text[max(0, at - 300):at + 4000])


def check_descriptors(daemon, baseline):
    """O2: two more than before at most; files that are opened when they are needed may not be open."""
    reactor = daemon.reactor()

    def opened():
        return sorted(filter(None, (link(reactor, fd) for fd in os.listdir(f"/proc/{reactor}/fd"))))
    try:
        eventually(lambda: len(opened()) <= baseline + 2, "", daemon)
    except AssertionError:
        raise Broken(f"O2: {len(opened())} descriptors, and not {baseline}: {opened()}") from None


def link(pid, fd):
    try:
        return os.readlink(f"/proc/{pid}/fd/{fd}")
    except OSError:
        return ""


def check_zombies(daemon):
    eventually(lambda: not zombies_of(daemon.process.pid) and not zombies_of(daemon.reactor()), "O3: no zombie stays", daemon)


def check_history(daemon):
    """O7: each event goes on from the one before it, legally, and each run is told to have ended once at most."""
    at, ends, seen = {}, Counter(), ""
    for event in daemon.events():
        seen += f"\n{event['sequence']} {event['at']} {event['instance']}: {event['from']} -> {event['to']} ({event['reason']}), run {event['run']}, pid {event['pid']}"
        name, change = event["instance"], (event["from"], event["to"])
        demand(at.get(name, change[0]) == change[0], f"O7: the history skips from {at.get(name)}:{seen}")
        demand(change[0] == change[1] or change[1] in LEGAL[change[0]], f"O7: no legal change:{seen}")
        at[name] = change[1]
        if event["because"]["exit"]:
            ends[name, event["run"], event["pid"]] += 1
    demand(not [end for end, times in ends.items() if times > 1], f"O7: an end was told twice: {ends}")


def check_saved(daemon, desired):
    """O9: the state on the disk parses, and says what operators asked for."""
    path = daemon.state / "state.json"

    def saved():
        try:
            return json.loads(path.read_text())["desired"]
        except FileNotFoundError:
            return {}
    eventually(lambda: saved() == desired, f"O9: {path.name} says {desired}, and not {saved()}", daemon)


def check_lines(text, name, first=None):
    """O6: of each run the lines from `first` on (or from wherever they begin), each once and in order; the number of the last."""
    by_run, last = {}, 0
    for line in text.splitlines(keepends=True):
        by_run.setdefault(line.split(" ", 1)[0], []).append(line)
    for run, lines in by_run.items():
        try:
            numbers = numbered_lines("".join(lines), run)
        except AssertionError as fault:
            raise Broken(f"O6: {name}: {fault}") from None
        odd = [pair for pair in zip([(first or numbers[0]) - 1, *numbers], numbers) if pair[1] != pair[0] + 1]
        demand(not odd, f"O6: {name}, run {run}: {len(numbers)} lines to {numbers[-1]}, and those do not follow: {odd[:5]}")
        last = numbers[-1]
    return last
