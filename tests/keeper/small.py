#!/usr/bin/env python3
"""The keeper stays too small to fail: few lines of code, no heap, no Boost, no thread."""

import os
import re
import sys

MOST = 500
# A brace alone is layout.
NOT_CODE = re.compile(r"\s*[{}]*;?\s*(//.*)?$|\s*#\s*(include|pragma)\b|\}?\s*(// )?namespace\b")
BANNED = re.compile(
    r"#\s*include\s*(<boost/|<fmt/|<(string|vector|deque|list|map|set|unordered_map|functional|memory|iostream|fstream|sstream|"
    r'thread|mutex|future)>|"(?!keeper/))|\bnew\b|\b(m|c|re)alloc\s*\(|\bstd::string\b|\bpthread_'
)


def main(folder):
    lines, faults = 0, []
    for name in sorted(os.listdir(folder)):
        if not name.endswith((".cpp", ".hpp")):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                code = re.sub(r"//.*", "", line)
                # Declarations are read, not run: what is counted is what can fail.
                lines += name.endswith(".cpp") and not NOT_CODE.match(line)
                if BANNED.search(code):
                    faults.append(f"{name}:{number}: the keeper has no heap, no Boost, no thread: {line.strip()}")
    if lines >= MOST:
        faults.append(f"{lines} lines of code, {MOST} are too many")
    print("\n".join(faults) or f"{lines} lines of code")
    return bool(faults)


sys.exit(main(sys.argv[1]))
