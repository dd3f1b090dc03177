"""Rooms include themselves and rooms to their left; the pure ones know no clock and no system."""

import os
import re

from tree import Finding, cxx, code_only, excused, line_of

ROOMS = ("core", "keeper", "config", "wire", "store", "reactor", "server", "notify", "supervisor")

# Which rooms a room may name, itself aside.
SEES = {
    "core": (),
    "keeper": (),
    "config": ("core",),
    "wire": ("core",),
    "store": ("core", "config"),
    "reactor": ("core", "keeper"),
    "server": ("core", "wire"),
    "notify": ("core", "wire"),
    "supervisor": ("core", "keeper", "config", "wire", "store", "reactor", "server", "notify"),
}
# Tools of the loop, not decisions: rooms beside the reactor use them too.
SHARED = {
    "reactor/task_scope.hpp": ("server", "store", "notify"),
    "reactor/worker_pool.hpp": ("server", "store", "notify"),
    "reactor/logs/log_reader.hpp": ("server",),  # history of a log: files in, lines out, no hub
}

PURE = ("core", "config", "wire")
BOOST = {
    "core": ("boost/assert", "boost/system/"),
    "config": ("boost/assert", "boost/system/", "boost/json"),
    "wire": ("boost/assert", "boost/system/", "boost/json"),
}
LIBRARIES = {"core": ("fmt/",), "config": ("fmt/", "re2/"), "wire": ("fmt/",)}
IMPURE_STD = {
    "thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "latch", "barrier", "stop_token",
    "fstream", "iostream", "cstdio", "stdio.h", "coroutine",
}  # fmt: skip
# <csignal> for the numbers; what sends them is caught by the process lint.
IMPURE_C = re.compile(r"^(sys|netinet|arpa|linux|net)/|^(unistd|fcntl|poll|pthread|spawn|sched|dirent|pwd|grp|netdb|time)\.h$")
IMPURE_CODE = (
    (re.compile(r"\b\w+::now\s*\("), "reads a clock: the time comes in as an argument"),
    (re.compile(r"\brandom_device\b"), "draws randomness: the seed comes in through the constructor"),
    (re.compile(r"\bgetenv\s*\("), "reads the environment: it comes in as a value"),
    (re.compile(r"\bfilesystem::(?!path\b)\w+"), "asks the file system: only std::filesystem::path is pure"),
)
# Targets that a pure room's CMake list may name.
LINKS = {
    "core": {"fmt::fmt", "Boost::headers"},
    "config": {"aurora_core", "fmt::fmt", "Boost::headers", "Boost::json", "aurora_re2"},
    "wire": {"aurora_core", "fmt::fmt", "Boost::headers", "Boost::json"},
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def room_of(path):
    parts = path.split("/")
    return parts[2] if parts[:2] == ["lib", "src"] and len(parts) > 3 else None


def pure_include_fault(room, name):
    if name.startswith("boost/"):
        return None if name.startswith(BOOST[room]) else f"{room} is pure: <{name}> is none of its Boost libraries"
    if "/" in name and not IMPURE_C.match(name):
        ours = name.startswith(("aurora/",) + LIBRARIES[room])
        return None if ours else f"{room} is pure: it does not know <{name}>"
    if name in IMPURE_STD or IMPURE_C.match(name):
        return f"{room} is pure: <{name}> belongs to the shell"
    return None


def room_include_fault(room, kind, name):
    if kind == "<":
        return pure_include_fault(room, name) if room in PURE else None
    other = name.split("/")[0]
    if other not in ROOMS:
        return f'"{name}" names no room: write the path from lib/src'
    if other == room or other in SEES.get(room, ()) or room in SHARED.get(name, ()):
        return None
    return f'{room} may not include "{name}": it sees {", ".join(SEES.get(room, ())) or "nothing"} beside itself'


def outside_fault(path, kind, name, tree):
    """Applications and public headers see public headers, their libraries and, the first, their own files."""
    if kind == "<":
        return None
    if path.startswith("lib/include/"):
        return f'a public header includes "{name}": only <aurora/…>, std and Boost are there for its users'
    folder = os.path.dirname(path)
    app = "/".join(path.split("/")[:2])
    if any(os.path.normpath(f"{base}/{name}") in tree for base in (folder, app, "apps")):
        return None
    return f'"{name}" is no file of {app}: an application includes <aurora/…> and its own files'


def code_faults(path, code):
    for pattern, why in IMPURE_CODE:
        for match in pattern.finditer(code):
            yield Finding(path, line_of(code, match.start()), f"{room_of(path)} is pure: {match.group(0)} {why}")


def link_faults(path, text):
    for match in re.finditer(r"aurora_room\((\w+)[^)]*?\bLINKS\b([^)]*)\)", text):
        room = match.group(1)
        for target in match.group(2).split():
            if room in LINKS and target not in LINKS[room]:
                yield Finding(path, line_of(text, match.start()), f"{room} is pure: it may not link {target}")


def check(tree):
    findings = []
    for path, text in cxx(tree, "lib", "apps").items():
        code, room = code_only(text), room_of(path)
        for match in INCLUDE.finditer(code):
            kind, name = match.groups()
            fault = room_include_fault(room, kind, name) if room else outside_fault(path, kind, name, tree)
            line = line_of(code, match.start())
            if fault and path != "lib/src/boost.cpp" and not excused(text, line, "layering"):
                findings.append(Finding(path, line, fault))
        if room in PURE:
            findings += [f for f in code_faults(path, code) if not excused(text, f.line, "layering")]
    for path, text in tree.items():
        if path.startswith("lib/src/") and path.endswith("CMakeLists.txt"):
            findings += link_faults(path, text)
    return findings
