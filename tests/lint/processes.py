"""One room forks, waits and signals; no coroutine goes without an owner; tests never sleep."""

import re

from tree import Finding, cxx, code_only, excused, line_of

CHILD = "lib/src/reactor/child/"
ALLOWED = {
    "lib/src/keeper/loop.cpp": "the keeper forks the reactor, hands on its signals and reaps what it leaves",
    "lib/src/keeper/held_table.cpp": "looks, without taking a status, whose pid it is",
    "lib/src/keeper/replacing.cpp": "the keeper executes the program that takes its place, and ends a reactor that never gets ready",
    "apps/aurorctl/launch.cpp": "aurorctl launches a daemon where none runs: it has no reactor to ask",
}
CALLS = re.compile(
    r"\b(?P<name>fork|vfork|clone|clone3|exec[vl]p?e?|fexecve|posix_spawnp?|wait|waitpid|waitid|wait3|wait4|"
    r"system|popen|kill|killpg|tgkill|pidfd_send_signal)\s*\("
)
EVERYDAY = ("wait", "clone", "system")  # words that others use too: only as ::name or std::name
NAMES = re.compile(
    r"\bSYS_(fork|vfork|clone3?|execve(at)?|kill|tkill|tgkill|wait4|waitid|pidfd_send_signal)\b|"
    r"boost/process(/v2)?\b|\bprocess::v2\b"
)
NOT_A_TYPE = ("return", "co_return", "else", "do", "throw", "co_await", "co_yield")


def has_two_arguments(code, inside):
    depth = 1
    for c in code[inside:]:
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 or (depth == 1 and c == ","):
            return depth == 1
    return False


def is_call(code, match):
    """Not a declaration (`void kill(…)`), nor a member or another namespace's (`child::kill(…)`)."""
    before = code[max(0, match.start() - 80) : match.start()].rstrip()
    qualifier = re.search(r"(\w*)\s*(::|\.|->)$", before)
    if qualifier:
        name, mark = qualifier.groups()
        return mark == "::" and (name in ("", "std") or name in NOT_A_TYPE)
    if match.group("name") in EVERYDAY:
        return False
    if match.group("name") == "kill" and not has_two_arguments(code, match.end()):
        return False  # a member function of that name, called from its own class
    word = re.search(r"(\w+|[>&*])$", before)
    return word is None or word.group(1) in NOT_A_TYPE


def check_processes(tree):
    findings = []
    for path, text in cxx(tree, "lib", "apps").items():
        if path.startswith(CHILD) or path in ALLOWED:
            continue
        code = code_only(text)
        found = [m for m in CALLS.finditer(code) if is_call(code, m)] + list(NAMES.finditer(code))
        for match in found:
            start = match.start("name") if "name" in match.groupdict() else match.start()
            line = line_of(code, start)
            if not excused(text, line, "processes"):
                what = match.groupdict().get("name") or match.group(0)
                findings.append(Finding(path, line, f"{what}: only {CHILD} forks, waits and signals"))
    return findings


DETACHED = re.compile(r"\basio::detached\b|boost/asio/detached\.hpp|\busing\b[^;]*\bdetached\b")


def check_detached(tree):
    return [
        Finding(path, line_of(text, match.start()), "detached: an exception in it is lost; use a task_scope")
        for path, text in cxx(tree).items()
        for match in DETACHED.finditer(code_only(text))
    ]


# The programs that tests supervise live in time as services do; a test itself shakes hands.
CHILD_PROGRAMS = re.compile(r"^tests/support/puppet\w*\.cpp$")
SLEEPS = {
    (".cpp", ".hpp"): re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep)\b|(?<![\w.>])sleep\s*\("),
    (".py",): re.compile(r"\btime\.sleep\s*\(|\bfrom time import\b[^\n]*\bsleep\b|\basyncio\.sleep\s*\("),
    (".sh",): re.compile(r"(?:^|[;&|(]|\b(?:do|then|else))[ \t]*sleep[ \t]+[\d.$]", re.M),
}


def check_sleeps(tree):
    findings = []
    for path, text in tree.items():
        if not path.startswith("tests/") or path.startswith("tests/lint/") or CHILD_PROGRAMS.match(path):
            continue
        for endings, pattern in SLEEPS.items():
            if not path.endswith(endings):
                continue
            code = code_only(text) if ".cpp" in endings else text
            for match in pattern.finditer(code):
                line = line_of(code, match.start())
                if not excused(text, line, "sleeps"):
                    findings.append(Finding(path, line, "a test sleeps: wait for an acknowledgement instead"))
    return findings
