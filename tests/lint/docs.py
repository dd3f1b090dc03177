"""What is written about the code names what is in the code: rooms in the README, keys and flags in the man pages."""

import json
import os
import re
import subprocess
import tempfile

from tree import Finding

README, KEYS, CONTROL, DAEMON = "README.md", "etc/man/aurora.json.5", "etc/man/aurorctl.1", "etc/man/aurorad.8"
SCHEMA = "etc/aurora.schema.json"


def map_entries(readme):
    """Paths of the first indented tree in the README: `lib/`, then `  src/`, then `    core/   what it is`."""
    stack = []
    for number, line in enumerate(readme.split("\n"), 1):
        match = re.match(r"^( *)([\w.-]+/(?:[\w.-]+/)*)(?:\s{2,}\S|$)", line)
        if not match:
            continue
        depth = len(match.group(1))
        stack = [entry for entry in stack if entry[0] < depth]
        stack.append((depth, match.group(2)))
        yield number, "".join(name for _, name in stack)


def check_map(tree):
    folders = {"/".join(path.split("/")[:n]) + "/" for path in tree for n in range(1, path.count("/") + 1)}
    readme = tree.get(README, "")
    entries = list(map_entries(readme))
    findings = [
        Finding(README, number, f"the map names {path}, which is not there")
        for number, path in entries
        if path not in folders
    ]
    named = {path for _, path in entries}
    rooms = {path for path in folders if re.fullmatch(r"lib/src/\w+/|apps/\w+/", path)}
    findings += [Finding(README, 1, f"the map does not name {room}") for room in sorted(rooms - named)]
    return findings


def plain(page):
    """The words of a man page without the marks of roff."""
    page = re.sub(r'^\.\\".*$', "", page, flags=re.M)
    page = re.sub(r"\\f[BIRP]|\\f\(..|\\&|\\%", "", page)
    return page.replace("\\-", "-").replace("\\(aq", "'").replace("\\(dq", '"')


def schema_keys(node):
    """Every property name, wherever it is nested."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ("properties",) and isinstance(value, dict):
                yield from value
            yield from schema_keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from schema_keys(value)


def has_word(text, word):
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


def check_keys(tree):
    if SCHEMA not in tree:
        return []
    text = plain(tree.get(KEYS, ""))
    keys = set(schema_keys(json.loads(tree[SCHEMA]))) - {"$schema"}
    return [Finding(KEYS, 1, f"does not explain the key {key}") for key in sorted(keys) if not has_word(text, key)]


# A verb at the head of a line of `aurorctl help`; its flags anywhere in any help text.
VERB = re.compile(r"^ {1,4}([a-z][a-z-]+)\b(?: {1,}|$)", re.M)
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def help_faults(page, text, help_text):
    text = plain(text)
    for flag in sorted(set(FLAG.findall(help_text))):
        if not re.search(rf"(?<![\w-]){flag}(?![\w-])", text):
            yield Finding(page, 1, f"does not explain {flag}, which --help lists")


def verb_faults(page, text, verbs):
    sections = set(re.findall(r"^\.(?:SS|TP)\n?.*?\b([a-z]+)\b", text, re.M)) | set(re.findall(r"\\fB([a-z]+)\\fR", text))
    sections |= set(re.findall(r'^\.B[RI]? +"?([a-z]+)', text, re.M))
    return [Finding(page, 1, f"does not explain the verb {verb}") for verb in verbs if verb not in sections]


def output_of(program, *arguments):
    environment = dict(os.environ, NO_COLOR="1", COLUMNS="200")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, env=environment, timeout=20)
    return done.stdout


def verbs_in(help_text):
    """The verbs of `aurorctl help`: the first words of the indented lines below a head that ends in `:`, flags aside."""
    return [verb for verb in dict.fromkeys(VERB.findall(help_text))]


def check_help(tree, programs):
    """Asks the programs themselves, so that neither can drift."""
    daemon, control = os.path.join(programs, "aurorad"), os.path.join(programs, "aurorctl")
    overview = output_of(control, "help")
    verbs = verbs_in(overview)
    if not verbs:
        return [Finding("apps/aurorctl", 1, "aurorctl help lists no verb: is its layout another one?")]
    findings = verb_faults(CONTROL, tree.get(CONTROL, ""), verbs)
    every_help = overview + "".join(output_of(control, verb, "--help") for verb in verbs)
    findings += help_faults(CONTROL, tree.get(CONTROL, ""), every_help)
    findings += help_faults(DAEMON, tree.get(DAEMON, ""), output_of(daemon, "--help"))
    return findings


def examples(tree):
    """Whole configurations that people copy: from the README, the man page and the sample."""
    for match in re.finditer(r"```jsonc\n(.*?)```", tree.get(README, ""), re.S):
        yield README, match.group(1)
    for match in re.finditer(r"^\.EX\n(\{.*?)^\.EE", tree.get(KEYS, ""), re.S | re.M):
        yield KEYS, plain(match.group(1))
    for path, text in tree.items():
        if path.startswith("etc/sample/") and path.endswith(".json"):
            yield path, text


def check_examples(tree, programs):
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (path, text) in enumerate(examples(tree)):
            file_name = os.path.join(folder, f"{number}.json")
            with open(file_name, "w", encoding="utf-8") as file:
                file.write(text)
            command = [os.path.join(programs, "aurorctl"), "validate", file_name]
            done = subprocess.run(command, capture_output=True, text=True, timeout=20)
            if done.returncode:
                findings.append(Finding(path, 1, f"an example is refused: {(done.stderr or done.stdout).strip()}"))
    return findings


def check_rendering(pages):
    """man(1) must have nothing to complain about."""
    findings = []
    for path, full_path in pages.items():
        # MANROFFSEQ empty: no preprocessor. -Z: groff's raw output, nobody reads it.
        done = subprocess.run(
            ["man", "--warnings", "--encoding=UTF-8", "-Tutf8", "-Z", "-l", full_path],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=dict(os.environ, MANWIDTH="80", LC_ALL="C.UTF-8"),
        )  # fmt: skip
        findings += [Finding(path, 1, line) for line in done.stderr.splitlines() if line.strip()]
        if done.returncode:
            findings.append(Finding(path, 1, f"man ended with {done.returncode}"))
    return findings
