"""clang-format has nothing to change. Version 14 decides: others differ in small things."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from tree import Finding, cxx

WANTED = "14"


def program():
    """clang-format of the version that decides, or nothing."""
    for name in (f"clang-format-{WANTED}", "clang-format"):
        try:
            version = subprocess.run([name, "--version"], capture_output=True, text=True).stdout
        except OSError:
            continue
        if re.search(rf"version {WANTED}\.", version):
            return name
    return None


def check_files(root, paths, tool):
    """Only the first place of each file: the cure is the same for all of them."""
    command = [tool, "--dry-run", "--Werror", "--ferror-limit=1", *paths]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    places = re.findall(r"^(\S+?):(\d+):\d+: error: code should be clang-formatted", done.stderr, re.M)
    if done.returncode and not places:
        return [Finding("clang-format", 1, done.stderr.strip())]
    return [Finding(path, int(line), f"clang-format -i {path}") for path, line in dict(places).items()]


def check(tree, root, tool):
    paths = sorted(path for path in cxx(tree) if not path.endswith(".in"))
    jobs = os.cpu_count() or 1
    with ThreadPoolExecutor(jobs) as pool:
        parts = pool.map(lambda part: check_files(root, part, tool), (p for p in (paths[n::jobs] for n in range(jobs)) if p))
    return [finding for part in parts for finding in part]
