"""What the lints read: a tree is {path: text}, from the disk or made up by the self-test."""

import os
import re
import subprocess
from typing import NamedTuple

CXX = (".cpp", ".hpp", ".hpp.in")
TEXT = CXX + (".py", ".sh", ".cmake", ".md", ".txt", ".json", ".html", ".css", ".js", ".mjs", ".ts", ".tsx", ".1", ".3", ".5", ".7", ".8", "run")
SKIPPED = {"build", ".git", ".venv", ".aurora", "__pycache__", "node_modules", ".cache", "corpus"}


class Finding(NamedTuple):
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


def listed_by_git(root):
    """Tracked and new files, ignored ones left out; nothing where this is no checkout of ours."""
    command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        found = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return [name for name in found.decode().split("\0") if name]


def walked(root):
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED and not name.startswith("build-")]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root)


def read_tree(root):
    """Every text file of the project, by its path from the root."""
    tree = {}
    for path in sorted(listed_by_git(root) or walked(root)):
        if not path.endswith(TEXT) or SKIPPED & set(path.split("/")):
            continue
        try:
            with open(os.path.join(root, path), encoding="utf-8", newline="") as file:
                tree[path] = file.read()
        except FileNotFoundError:
            continue  # deleted, not yet committed
    return tree


def cxx(tree, *folders):
    """The C++ files below these folders (all, where none is named)."""
    return {
        path: text
        for path, text in tree.items()
        if path.endswith(CXX) and (not folders or path.startswith(tuple(f + "/" for f in folders)))
    }


TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S
)


def code_only(text):
    """The text with comments and the insides of strings blanked; offsets and lines stay as they are."""

    def blank(match):
        found = match.group(0)
        keep = '"' if '"' in found[:2] else ""
        inside = re.sub(r"[^\n]", " ", found[len(keep) : len(found) - len(keep)])
        # An #include "…" is no string.
        before = text.rfind("\n", 0, match.start()) + 1
        if keep and re.match(r"\s*#\s*include", text[before : match.start()]):
            return found
        return keep + inside + keep

    return TOKEN.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def excused(text, line, lint):
    """A line may say why a rule is not for it: `// lint: NAME: reason` on it or just above."""
    lines = text.split("\n")
    near = lines[max(line - 2, 0) : line]
    return any(re.search(rf"(//|#) lint: {lint}: \S", candidate) for candidate in near)
