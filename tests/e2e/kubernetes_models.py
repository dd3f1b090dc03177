"""Holds manifests on standard input to the models of Kubernetes' own Python client, which are made of its OpenAPI
schemas: no key that they do not know, every value of the type that they say, nothing that they require left out."""

import re
import sys

import yaml
from kubernetes import client

KINDS = {("apps/v1", "Deployment"): "V1Deployment", ("batch/v1", "Job"): "V1Job", ("v1", "Service"): "V1Service"}
PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float)}


def hold(value, kind, place):
    if listed := re.fullmatch(r"list\[(.*)\]", kind):
        assert isinstance(value, list), f"{place}: a list is wanted"
        return [hold(each, listed[1], f"{place}[{n}]") for n, each in enumerate(value)]
    if mapped := re.fullmatch(r"dict\(str, (.*)\)", kind):
        assert isinstance(value, dict) and all(isinstance(key, str) for key in value), f"{place}: a map is wanted"
        return {key: hold(each, mapped[1], f"{place}.{key}") for key, each in value.items()}
    if kind in PLAIN:
        assert isinstance(value, PLAIN[kind]) and isinstance(value, bool) == (kind == "bool"), f"{place}: {kind} is wanted, not {value!r}"
        return value
    if kind == "object":  # an int or a string, by the schema
        assert isinstance(value, (int, str)), place
        return value
    model = getattr(client, kind)
    assert isinstance(value, dict), f"{place}: a map is wanted"
    names = {theirs: ours for ours, theirs in model.attribute_map.items()}
    unknown = set(value) - set(names)
    assert not unknown, f"{place}: {kind} has no {unknown}"
    return model(**{names[key]: hold(each, model.openapi_types[names[key]], f"{place}.{key}") for key, each in value.items()})


count = 0
for manifest in yaml.safe_load_all(sys.stdin):
    hold(manifest, KINDS[manifest["apiVersion"], manifest["kind"]], manifest["kind"])
    count += 1
print(count)
