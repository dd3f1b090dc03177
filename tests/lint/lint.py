#!/usr/bin/env python3
"""The rules that reading code by eye forgets.  lint.py CHECK ROOT [PROGRAMS]

Ends with 0: nothing found; 1: findings, a line each; 77: it could not be run here (ctest calls it skipped).
"""

import os
import shutil
import sys

import coroutines
import docs
import formatting
import hygiene
import layering
import processes
from tree import read_tree

SKIPPED = 77

TEXT_CHECKS = {
    "layering": layering.check,
    "processes": processes.check_processes,
    "detached": processes.check_detached,
    "sleeps": processes.check_sleeps,
    "coroutines": coroutines.check,
    "hygiene": hygiene.check,
    "map": docs.check_map,
    "keys": docs.check_keys,
}


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def run_check(name, root, programs):
    tree = read_tree(root)
    if name in TEXT_CHECKS:
        return TEXT_CHECKS[name](tree)
    if name in ("help", "examples"):
        if not all(os.path.exists(os.path.join(programs, p)) for p in ("aurorad", "aurorctl")):
            skip("aurorad and aurorctl are not built")
        return (docs.check_help if name == "help" else docs.check_examples)(tree, programs)
    if name == "man":
        if not shutil.which("man"):
            skip("man is not installed")
        return docs.check_rendering({p: os.path.join(root, p) for p in tree if p.startswith("etc/man/")})
    if name == "format":
        tool = formatting.program()
        return formatting.check(tree, root, tool) if tool else skip("clang-format 14 is not installed")
    sys.exit(f"there is no lint {name!r}")


def main():
    name, root = sys.argv[1:3]
    findings = run_check(name, os.path.abspath(root), sys.argv[3] if len(sys.argv) > 3 else "")
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} found; a line that must stay says why: // lint: {name}: REASON")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
