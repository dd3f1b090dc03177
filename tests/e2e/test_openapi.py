"""A client that knows nothing but the OpenAPI document, against the real daemon."""

import re

import jsonschema

from aurora_e2e import FOREVER, Case, UnixConnection, main

# What to send where a body has fields that must be there.
BODIES = {"signal_body": {"signal": "SIGCONT"}, "scale_body": {"instances": 2}, "code_body": {"code": "none"}}


class Client:
    """One method for each operation of the document; every answer is held against its shape there."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.document = daemon.api("GET", "/api/v1/openapi.json")[1]
        self.operations = {operation["operationId"]: (method, path, operation)
                           for path, methods in self.document["paths"].items() for method, operation in methods.items()}

    def call(self, operation_id, name="web", **query):
        method, path, operation = self.operations[operation_id]
        known = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
        assert set(query) <= known, (operation_id, query, known)
        target = path.replace("{name}", name) + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")
        body = None
        if "requestBody" in operation:
            shape = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert shape in BODIES or not self.document["components"]["schemas"][shape].get("required"), f"no body known for {shape}"
            body = BODIES.get(shape, {})
        status, answer = self.daemon.api(method.upper(), target, body)
        self.check(operation, status, answer)
        return status, answer

    def check(self, operation, status, answer):
        responses = operation["responses"]
        told = responses.get(str(status)) or responses["default"]
        for media in told.get("content", {}).values():
            schema = {"$ref": media["schema"]["$ref"], "components": self.document["components"]}
            jsonschema.Draft202012Validator(schema).validate(answer)


class OpenApi(Case):
    def stack(self):
        daemon = self.daemon({"db": {"command": FOREVER}, "web": {"command": FOREVER, "instances": 2, "depends_on": ["db"], "labels": {"team": "core"},
                                                                  "health": {"exec": ["true"], "interval": "50ms", "start_interval": "50ms"}},
                              "bad": {"command": "echo out of luck; exit 3", "restart": {"policy": "never"}}})
        daemon.wait_state("web@2", "running")
        daemon.wait_state("bad", "failed")
        return daemon

    def test_every_operation_answers_as_it_is_described(self):
        """All that is read, then all that changes something, the end of the daemon last."""
        daemon = self.stack()
        client = Client(daemon)
        # The page is no JSON, and a program without one has none of its files.
        page = ("/", "/assets/{name}")
        reads = [i for i, (method, path, _) in client.operations.items() if method == "get" and not path.endswith("/stream") and path not in page]
        self.assertGreater(len(reads), 10)
        for operation_id in reads:
            expected = (200, 503) if operation_id == "getReadyz" else (200,)
            for name in ("web", "bad"):
                self.assertIn(client.call(operation_id, name)[0], expected, operation_id)
        # A code that was never given is refused; an upgrade ends the connections of the others.
        last = ("/shutdown", "/session", "/upgrade")
        changes = [i for i, (method, path, _) in client.operations.items() if method == "post" and not path.endswith(last)]
        self.assertEqual(client.call("postSession")[0], 401)
        for operation_id in changes:
            known = {p["name"] for p in client.operations[operation_id][2].get("parameters", [])}
            patience = {"wait": "30s"} if "wait" in known else {}
            self.assertIn(client.call(operation_id, "web", **patience)[0], (200, 202), operation_id)
        self.assertEqual(client.call("postShutdown")[0], 202)
        self.assertEqual(daemon.wait_end(), 0)

    def test_mistakes_answer_as_they_are_described(self):
        """A name that nobody has, a parameter that is none, a method that is none: a problem, in its shape."""
        daemon = self.stack()
        client = Client(daemon)
        problem = {"$ref": "#/components/schemas/problem", "components": client.document["components"]}
        for operation_id, (method, path, _) in client.operations.items():
            if path.endswith("/stream"):
                continue
            if "{name}" in path:
                self.assertEqual(client.call(operation_id, "nobody")[0], 404, operation_id)
            for wrong, target in ((method.upper(), path.replace("{name}", "web") + "?no_such=1"), ("DELETE", path.replace("{name}", "web"))):
                status, answer = daemon.api(wrong, target)
                self.assertEqual(status, 405 if wrong == "DELETE" else 400, (wrong, target))
                jsonschema.Draft202012Validator(problem).validate(answer)

    def test_allow_is_what_the_document_says(self):
        """Of each path the methods that are described, HEAD beside GET, and no other."""
        daemon = self.stack()
        for path, methods in Client(daemon).document["paths"].items():
            connection = UnixConnection(daemon.state / "aurorad.sock")
            connection.request("PATCH", re.sub("{name}", "web", path))
            answer = connection.getresponse()
            allowed = set(answer.getheader("Allow").split(", "))
            connection.close()
            self.assertEqual(allowed, {m.upper() for m in methods} | ({"HEAD"} if "get" in methods else set()), path)


if __name__ == "__main__":
    main()
