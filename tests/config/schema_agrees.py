"""The schema and the loader agree: schema_agrees.py SCHEMA JUDGE.

The contract's sample is taken by both. Then one value after another of it is replaced; whatever the
schema refuses the loader must refuse, and whatever has only wrong types or ranges the schema must
refuse too.
"""

import copy
import json
import re
import subprocess
import sys

import jsonschema

REPLACEMENTS = [None, True, -1, 0, 1e30, 2.5, "", "nonsense", "10xs", " 5s", "5s", "10MB", [], [1], {}, {"x": 1}]
# What no key takes: a wrong type, or a key that does not exist.
NEVER = [None, {"unheard of": 1}]


def strip(text):
    """The sample as plain JSON: without comments and trailing commas."""
    text = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', lambda m: m.group(1) or "", text, flags=re.S)
    return re.sub(r",(\s*[}\]])", r"\1", text)


def places(value, path=()):
    """Every place in the document."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], path + (key,))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, path + (index,))


def replaced(document, path, value):
    document = copy.deepcopy(document)
    inside = document
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return document


def judge(program, documents):
    text = "".join(json.dumps(document) + "\0" for document in documents)
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def main():
    schema_path, program = sys.argv[1:]
    schema = json.load(open(schema_path))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    sample = json.loads(strip(subprocess.run([program, "--sample"], capture_output=True, text=True).stdout))
    problems = [f"the schema refuses the sample: {e.json_path}: {e.message}" for e in validator.iter_errors(sample)]

    cases = [(path, value, replaced(sample, path, value))
             for path in places(sample) if path for value in REPLACEMENTS + NEVER]
    verdicts = judge(program, [sample] + [document for _, _, document in cases])
    if verdicts[0] != "taken":
        problems.append(f"the loader refuses the sample: {verdicts[0]}")
    refused = 0
    for (path, value, document), verdict in zip(cases, verdicts[1:]):
        valid = validator.is_valid(document)
        refused += not valid
        if not valid and verdict == "taken":
            problems.append(f"only the schema refuses {value!r} at {path}")
        free = {"env", "labels", "headers"} & set(map(str, path))
        if valid and value in NEVER and not free and verdict != "taken":
            problems.append(f"only the loader refuses {value!r} at {path}: {verdict}")
    print(f"{len(cases)} documents, {refused} refused by the schema, {len(problems)} problems")
    for problem in problems[:20]:
        print(problem)
    return 1 if problems or refused < 500 else 0


sys.exit(main())
