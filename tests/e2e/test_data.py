"""What a page shows of one service: its definition, processes, probes, usage, and its log as it was left."""

import contextlib
import json
import os
import socket
from pathlib import Path

from aurora_e2e import FOREVER, Case, UnixConnection, eventually, main
from aurora_stream import stream_of

SCHEMA = Path(__file__).parents[2] / "etc" / "aurora.schema.json"
CANARY = "c4n4ry-h0td0g"


class Data(Case):
    def one(self, daemon, name, what):
        code, answer = daemon.api("GET", f"/api/v1/services/{name}/{what}")
        self.assertEqual(code, 200, answer)
        return answer["services"][0]

    def stream(self, daemon, query=""):
        made = stream_of(daemon, query)
        self.addCleanup(made.close)
        return made

    def test_a_definition_is_shown_in_the_keys_of_the_schema(self):
        """What is shown is a definition that the schema knows, complete, and each variable tells where it is from."""
        import jsonschema
        (self.home / "site.env").write_text("FROM_FILE=yes\n")
        daemon = self.daemon({"db": {"command": FOREVER, "autostart": False},
                              "web": {"command": "exec sleep 1000", "env": {"OWN": "1"}, "env_files": ["site.env"], "port": 0, "instances": 2,
                                      "health": {"exec": ["true"]}, "depends_on": {"db": {"required": False}}, "labels": {"team": "core"}}})
        schema = json.loads(SCHEMA.read_text())
        service = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": "#/$defs/service"}
        found = self.one(daemon, "web@2", "configuration")
        jsonschema.Draft202012Validator(service).validate(found["configuration"])
        self.assertEqual(found["configuration"]["command"], ["/bin/sh", "-c", "exec sleep 1000"])
        self.assertEqual(found["configuration"]["restart"]["delay"], "500ms")
        self.assertEqual(found["configuration"]["health"]["timeout"], "2s")
        self.assertEqual(found["configuration"]["labels"], {"team": "core"})
        variables = {v["name"]: v for v in found["environment"]}
        for name, value, source in (("OWN", "1", "env"), ("FROM_FILE", "yes", str(self.home / "site.env")), ("AURORA_INSTANCE", "2", "aurora")):
            self.assertEqual((variables[name]["value"], variables[name]["from"], variables[name]["masked"]), (value, source, False))
        self.assertEqual(variables["PATH"]["from"], "inherited")
        self.assertEqual(len(daemon.api("GET", "/api/v1/services/web/configuration")[1]["services"]), 2)

    def test_an_unreadable_env_file_is_told(self):
        """The definition is shown all the same."""
        (self.home / "gone.env").write_text("A=1\n")
        daemon = self.daemon({"web": {"command": FOREVER, "env_files": ["gone.env"], "autostart": False}})
        (self.home / "gone.env").unlink()
        found = self.one(daemon, "web", "configuration")
        self.assertEqual(found["configuration"]["command"], FOREVER)
        self.assertIn("gone.env", found["environment_fault"])

    def test_no_secret_is_shown_anywhere(self):
        """S11, O8: a canary in every place where a definition can hold a secret is in no answer, no event and no output of aurorctl."""
        (self.home / "secret.env").write_text(f"FILE_TOKEN={CANARY}\nDATABASE_URL=pg://app:{CANARY}@db/x\n")
        keeper = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(keeper.close)
        port = keeper.getsockname()[1]
        daemon = self.daemon({
            "web": {"command": ["/bin/sh", "-c", "sleep 1000 & wait", "web", f"--password={CANARY}", "--api-key", CANARY, f"http://u:{CANARY}@h/", f"x{CANARY}"],
                    "env": {"PASSWORD": CANARY, "NOTE": f"see {CANARY}"}, "env_files": ["secret.env"], "ready": {"delay": "0s"},
                    "labels": {"token": CANARY}, "hooks": {"pre_start": f"SECRET={CANARY} true"},
                    "stop": {"command": ["/bin/sh", "-c", f"kill $MAINPID; : --token {CANARY}"]},
                    "health": {"http": f"http://127.0.0.1:{port}/?access_token={CANARY}", "headers": {"Authorization": f"Bearer {CANARY}"},
                               "interval": "50ms", "start_interval": "50ms", "timeout": "1s", "on_failure": "alert"}},
            "bad": {"command": [f"/nowhere/{CANARY[:0]}program", f"--token={CANARY}"], "env": {"API_TOKEN": CANARY}}})
        self.serve_refusals(keeper)
        daemon.wait_event(lambda e: e["instance"] == "web" and e["health"] == "unhealthy")
        daemon.wait_state("bad", "failed")
        stream = self.stream(daemon, "?since=0")
        stream.say({"subscribe": {"probes": [], "usage": True, "logs": []}})
        told = [stream.message(), stream.message_of("probe"), stream.message_of("usage")]
        document = daemon.api("GET", "/api/v1/openapi.json")[1]
        for path, methods in document["paths"].items():
            if "get" not in methods or path.endswith("/stream"):
                continue
            for name in ("web", "bad"):
                told.append(daemon.api("GET", path.replace("{name}", name))[1])
        for path in ("plan", "check"):
            told.append(daemon.api("POST", f"/api/v1/{path}", {})[1])
        for arguments in (("status", "--json"), ("status",), ("events", "--json"), ("events",), ("why", "web"), ("why", "bad"), ("graph",), ("plan",),
                          ("check",), ("validate",)):
            done = daemon.ctl(*arguments)
            told.append(done.stdout + done.stderr)
        for text in map(str, told):
            self.assertNotIn(CANARY, text)
        self.assertNotIn(CANARY, daemon.err())
        for process in (daemon.process.pid, daemon.reactor()):
            self.assertNotIn(CANARY, Path(f"/proc/{process}/cmdline").read_text())
        shown = self.one(daemon, "web", "configuration")
        self.assertIn({"name": "PASSWORD", "value": "***", "masked": True, "from": "env"}, shown["environment"])
        self.assertIn("--api-key ***", self.one(daemon, "web", "processes")["processes"][0]["command"])

    def serve_refusals(self, listener):
        import threading

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    with listener.accept()[0] as client:
                        client.recv(65536)
                        client.sendall(f"HTTP/1.1 302 Found\r\nLocation: http://h/?token={CANARY}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
                                       .replace(b"302", b"500"))
        threading.Thread(target=serve, daemon=True).start()
        self.addCleanup(lambda: listener.shutdown(socket.SHUT_RDWR))

    def test_processes_are_those_of_the_tree(self):
        """The main process first, then what descends from it, with parents, commands and use."""
        daemon = self.daemon({"web": {"command": ["/bin/sh", "-c", "sleep 1001 & sleep 1002 & echo up; wait"]}, "shy": {"command": FOREVER, "autostart": False}})
        daemon.wait_log("web", "up")
        main_pid = daemon.status("web")["pid"]

        def processes():
            found = self.one(daemon, "web", "processes")["processes"]
            return found if [p["command"] for p in found[1:]] == ["sleep 1001", "sleep 1002"] else None
        found = eventually(processes, "both children run their programs", daemon)
        self.assertEqual((found[0]["pid"], found[0]["command"]), (main_pid, "/bin/sh -c sleep 1001 & sleep 1002 & echo up; wait"))
        for each in found[1:]:
            self.assertEqual((each["parent"], each["state"], each["threads"]), (main_pid, "sleeping", 1))
            self.assertGreater(each["memory_bytes"], 10_000)
        self.assertEqual(self.one(daemon, "shy", "processes")["processes"], [])

    def test_answers_of_probes_are_kept_and_streamed(self):
        """The last answers with their times, the same as the stream tells them."""
        daemon = self.daemon({"web": {"command": FOREVER, "ready": {"delay": "0s"}, "health": {"exec": ["true"], "interval": "50ms", "start_interval": "50ms"}},
                              "plain": {"command": FOREVER}})
        stream = self.stream(daemon)
        stream.say({"subscribe": {"probes": ["web"]}})
        told = [stream.message_of("probe") for _ in range(3)]
        kept = self.one(daemon, "web", "probes")["probes"]
        for answer in told:
            at = {k: answer[k] for k in ("at", "healthy", "text")}
            self.assertIn(at, [{k: each[k] for k in at} for each in kept])
            self.assertTrue(answer["healthy"] and 0 < answer["took_seconds"] < 30)
        self.assertLessEqual(len(kept), 120)
        self.assertEqual(kept, sorted(kept, key=lambda each: each["at"]))
        self.assertEqual(self.one(daemon, "plain", "probes")["probes"], [])

    def test_usage_is_measured_while_somebody_watches(self):
        """Nothing is measured before; from then on the stream and the history agree."""
        daemon = self.daemon({"web": {"command": FOREVER}, "shy": {"command": FOREVER, "autostart": False}})
        daemon.wait_state("web", "running")
        self.assertEqual(self.one(daemon, "web", "usage")["samples"], [])
        stream = self.stream(daemon)
        stream.say({"subscribe": {"usage": True}})
        now = stream.message_of("usage")
        self.assertEqual([row[0] for row in now["services"]], ["web"])
        self.assertGreater(now["services"][0][2], 10_000)
        samples = self.one(daemon, "web", "usage")["samples"]
        self.assertEqual((samples[0]["at"], samples[0]["memory_bytes"]), (now["at"], now["services"][0][2]))
        self.assertEqual(self.one(daemon, "shy", "usage")["samples"], [])

    def test_a_log_goes_on_where_it_was_left(self):
        """L12: a client that comes and goes while a service writes, across rotations, sees each line once."""
        daemon = self.daemon({"web": {"command": ["/bin/sh", "-c", "i=0; while [ $i -lt 40000 ]; do echo line $i of many that go by; i=$((i+1)); done; exec sleep 1000"],
                                      "logs": {"max_size": "64KiB", "keep": 100, "compress": True}}})
        seen, after, line = 0, 0, ""
        while seen < 40000:
            stream = stream_of(daemon)
            stream.say({"subscribe": {"logs": ["web"], "after": {"web": after}}})
            for _ in range(1500):
                got = stream.message_of("log")
                self.assertEqual(got["offset"], after)
                line, after = line + got["text"], got["next"]
                if got["partial"]:
                    continue  # the seam between files and live may be anywhere
                self.assertEqual(line, f"line {seen} of many that go by")
                seen, line = seen + 1, ""
                if seen == 40000:
                    break
            stream.close()
        daemon.wait_log("web", "line 39999")
        connection = UnixConnection(daemon.state / "aurorad.sock")
        with contextlib.closing(connection):
            connection.request("GET", "/api/v1/services/web/logs?download=1")
            answer = connection.getresponse()
            whole = answer.read()
        self.assertEqual(answer.getheader("Content-Disposition"), 'attachment; filename="web.log"')
        self.assertEqual(whole.decode(), "".join(f"line {i} of many that go by\n" for i in range(40000)))


if __name__ == "__main__":
    main()
