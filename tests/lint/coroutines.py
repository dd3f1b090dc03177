"""g++ 12.2 destroys some temporaries of a co_await expression twice. Name it, then await it.

A text lint over full expressions that contain co_await: by-value captures, braced temporaries and `?:`. It knows no types;
where a shape is harmless (an int-typed `?:`, a capture without a destructor) the line says `// lint: coroutines: why`.
"""

import re

from tree import Finding, cxx, code_only, excused, line_of

OPEN, CLOSE = "([{", ")]}"
AWAIT = re.compile(r"\bco_await\b")
KEYWORD_BEFORE = re.compile(r"\b(if|while|for|switch|catch)\s*(constexpr\s*)?$")
# What stands before a brace that begins an initializer rather than a block.
INITIALIZER_BEFORE = re.compile(r"([\w>\]]|[(,=?:]|\breturn)$")
BLOCK_BEFORE = re.compile(
    r"(\)|;|\}|\{|\b(else|do|try|const|noexcept|mutable|override|final)|->\s*[\w:<>,\s*&]+|\b(namespace|struct|class|enum|union)\b[^;{}()=]*)$"
)
LITERAL = r'\s*(?:-?[\d.]+\w*|"[^"]*"|true|false|nullptr)\s*'
LITERAL_ARMS = re.compile(rf"{LITERAL}:{LITERAL}(?=[,;)\]}}]|$)")
LAMBDA_BEFORE = re.compile(r"(\]|\))\s*(mutable|noexcept)?\s*(->\s*[\w:<>,\s*&]+)?$")


def is_block(code, brace):
    before = code[max(0, brace - 200) : brace].rstrip()
    return bool(BLOCK_BEFORE.search(before)) or not INITIALIZER_BEFORE.search(before) or before.endswith("]")


def expression_start(code, at):
    depth, i = 0, at - 1
    while i >= 0:
        c = code[i]
        if c in CLOSE:
            if c == "}" and depth == 0 and is_block(code, matching_open(code, i)):
                return i + 1
            depth += 1
        elif c in OPEN:
            if depth:
                depth -= 1
            elif c == "{" and is_block(code, i):
                return i + 1
            elif c == "(" and KEYWORD_BEFORE.search(code[max(0, i - 30) : i].rstrip()):
                return i + 1
        elif c == ";" and depth == 0:
            return i + 1
        i -= 1
    return 0


def matching_open(code, close):
    depth, i = 0, close
    while i >= 0:
        if code[i] in CLOSE:
            depth += 1
        elif code[i] in OPEN:
            depth -= 1
            if depth == 0:
                return i
        i -= 1
    return 0


def matching_close(code, opening):
    depth, i = 0, opening
    while i < len(code):
        if code[i] in OPEN:
            depth += 1
        elif code[i] in CLOSE:
            depth -= 1
            if depth == 0:
                return i
        i += 1
    return len(code) - 1


def expression_end(code, start):
    i = start
    while i < len(code):
        c = code[i]
        if c in OPEN:
            if c == "{" and is_block(code, i) and not LAMBDA_BEFORE.search(code[start:i].rstrip()):
                return i
            i = matching_close(code, i)
        elif c == ";" or c in CLOSE:
            return i
        i += 1
    return len(code)


def without_lambda_bodies(text):
    """Bodies of lambdas are expressions of their own: blanked, so that only the lambda itself is judged."""
    i, out = 0, list(text)
    while i < len(text):
        if text[i] == "{" and LAMBDA_BEFORE.search(text[:i].rstrip()):
            end = matching_close(text, i)
            for k in range(i + 1, end):
                if out[k] != "\n":
                    out[k] = " "
            i = end
        i += 1
    return "".join(out)


def captures_by_value(listing):
    for item in filter(None, (part.strip() for part in listing.split(","))):
        if not item.startswith("&") and item not in ("this",):
            return True
    return False


def faults_in(expression):
    """(offset, what) for each dangerous shape of one full expression."""
    if not AWAIT.search(expression):
        return
    for match in re.finditer(r"(?<![\w\])>])(?<!auto)\s*\[([^\[\]]*)\]\s*(?=[({]|mutable)", expression):
        before = expression[: match.start()].rstrip()
        if not re.search(r"\bauto\s*[&]*$", before) and captures_by_value(match.group(1)):
            yield match.start(), "a lambda that captures by value beside co_await is destroyed twice: name it first"
    for match in re.finditer(r"\?", expression):
        if LITERAL_ARMS.match(expression, match.end()):
            continue
        yield match.start(), "?: beside co_await destroys class temporaries twice: use if and else"
    for match in re.finditer(r"\{", expression):
        before = expression[: match.start()].rstrip()
        inside = expression[match.end() : matching_close(expression, match.start())]
        if LAMBDA_BEFORE.search(before) or not inside.strip():
            continue
        yield match.start(), "a braced temporary beside co_await is destroyed twice: build it in a statement of its own"


def check(tree):
    findings = set()
    for path, text in cxx(tree).items():
        code = code_only(text)
        for match in AWAIT.finditer(code):
            start = expression_start(code, match.start())
            expression = without_lambda_bodies(code[start : expression_end(code, start)])
            for offset, what in faults_in(expression):
                line = line_of(code, start + offset)
                if not excused(text, line, "coroutines"):
                    findings.add(Finding(path, line, what))
    return sorted(findings)
