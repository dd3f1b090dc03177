#!/usr/bin/env python3
"""The OpenAPI document says what the route table says, and is one.  openapi_check.py OPENAPI_PRINT"""

import json
import re
import subprocess
import sys
from pathlib import Path

METHODS = {"get", "post", "put", "delete", "patch", "head", "options", "trace"}


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def faults(document, routes):
    described = {(m, p) for p, item in document["paths"].items() for m in item if m in METHODS}
    yield from (f"not described: {r}" for r in sorted(routes - described))
    yield from (f"described, but no route: {r}" for r in sorted(described - routes))
    ids = [op["operationId"] for item in document["paths"].values() for op in item.values()]
    yield from (f"operationId twice: {i}" for i in sorted({i for i in ids if ids.count(i) > 1}))
    for path, item in document["paths"].items():
        named = set(re.findall(r"{(\w+)}", path))
        for operation in item.values():
            told = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            if told != named:
                yield f"{path}: path parameters {told}, in the path {named}"
    for ref in references(document):
        node = document
        for part in ref.removeprefix("#/").split("/"):
            node = node.get(part, {})
        if not node:
            yield f"dangling reference {ref}"


def schema_faults(document):
    """By the schema of the OpenAPI project, and each shape as a schema of its own."""
    import jsonschema

    whole = json.loads((Path(__file__).parent / "openapi-3.1.schema.json").read_text())
    for fault in jsonschema.Draft202012Validator(whole).iter_errors(document):
        yield f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}"
    for name, shape in document["components"]["schemas"].items():
        try:
            jsonschema.Draft202012Validator.check_schema(shape)
        except jsonschema.SchemaError as fault:
            yield f"the shape {name}: {fault.message}"


def main():
    text = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout.splitlines()
    document = json.loads(text[0])
    routes = {tuple(line.split(" ", 1)) for line in text[1:]}
    found = list(faults(document, routes))
    if not routes:
        found.append("the route table is empty")
    sys.path.append("/usr/lib/python3/dist-packages")  # a Python of the user's own does not see Debian's
    found += schema_faults(document)
    try:
        from openapi_spec_validator import OpenAPIV31SpecValidator

        found += [e.message for e in OpenAPIV31SpecValidator(document).iter_errors()]
    except ImportError:
        print("openapi_spec_validator is not in Debian 12, and not here either: judged by the schema of OpenAPI 3.1 alone")
    for fault in found:
        print(fault)
    sys.exit(1 if found else 0)


main()
