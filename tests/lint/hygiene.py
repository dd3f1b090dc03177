"""Small things that add up: long files, left-over notes, tabs, stray spaces, paths of one machine."""

import re

from tree import Finding, excused

MOST_LINES = 400
COUNTED = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".mjs", ".ts", ".tsx")
LINES = (
    (re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"), "a note to oneself: do it, or file it"),
    (re.compile(r"\t"), "a tab"),
    (re.compile(r"[ \t\r]+$"), "space at the end of the line"),
    (re.compile(r"(?<![\w.])/(root|work)/|/home/\w|/tmp/bash_jobs"), "a path of one machine"),
    (re.compile(r"#\s*pragma\s+(GCC|clang)\s+diagnostic\s+ignored"), "a warning is switched off: say why beside it"),
)


def check(tree):
    findings = []
    for path, text in tree.items():
        if path.startswith("tests/lint/"):
            continue  # it spells out what it looks for
        lines = text.split("\n")
        if path.endswith(COUNTED) and len(lines) - 1 > MOST_LINES:
            findings.append(Finding(path, len(lines) - 1, f"more than {MOST_LINES} lines: it does more than one thing"))
        if text and not text.endswith("\n"):
            findings.append(Finding(path, len(lines), "no newline at the end"))
        for number, line in enumerate(lines, 1):
            for pattern, why in LINES:
                if pattern.search(line) and not excused(text, number, "hygiene"):
                    findings.append(Finding(path, number, why))
    return findings
