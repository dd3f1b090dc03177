"""aurorctl export: judged by the tools that read the result, and by what comes back when it is imported."""

import json
import os
import shutil
import subprocess

import yaml
from aurora_e2e import main
from test_import import ImportCase

STACK = {"name": "shop", "env": {"STAGE": "prod"}, "services": {
    "db": {"command": ["/bin/sleep", "1000"], "port": 5432, "user": "daemon", "limits": {"nofile": 4096, "memory": "512MiB", "cpu": 1.5, "tasks": 64},
           "stop": {"signal": "SIGINT", "timeout": "20s", "to": "main"}, "labels": {"image": "postgres:16"}},
    "web": {"command": "echo \"100% $$HOME\" 'a b'; exec sleep 1000", "port": 8080, "instances": 2, "depends_on": ["db", "init"],
            "env": {"CALL": "$(STAGE)", "QUOTED": "a \"b\" $x %h\\"}, "hooks": {"pre_start": ["/bin/true"]}, "watch": {"paths": ["."]},
            "health": {"http": "http://127.0.0.1:${PORT}/live"}, "restart": {"limit": 4, "success_codes": [0, 7]}},
    "init": {"command": ["/bin/true"], "type": "oneshot", "autostart": False},
    "far": {"type": "external", "health": {"tcp": "127.0.0.1:6379"}}}}


class ExportCase(ImportCase):
    def setUp(self):
        super().setUp()
        (self.home / "aurora.json").write_text(json.dumps({"version": 1, **STACK}))

    def exported(self, tool):
        answer = json.loads(self.ctl("export", tool, "--json", check=0).stdout)
        said = self.ctl("export", tool, check=0)
        for each in answer["lost"]:
            self.assertTrue(each["key"].startswith("services.") and each["message"] and each["hint"], each)
            self.assertIn(each["text"], said.stderr)
        for text in answer["files"].values():
            self.assertIn(text, said.stdout)
        self.assertEqual(self.ctl("export", tool, "--strict").returncode, 1 if answer["lost"] else 0)
        return answer["files"], {each["key"] for each in answer["lost"]}


class Systemd(ExportCase):
    def test_verified(self):
        """systemd-analyze has nothing to say against the units."""
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        self.ctl("export", "systemd", "-o", "units", check=0)
        units = sorted((self.home / "units").iterdir())
        self.assertEqual([unit.name for unit in units], ["db.service", "init.service", "web-1.service", "web-2.service"])
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=60,
                              env=os.environ | {"SYSTEMD_UNIT_PATH": f"{self.home}/units:"})
        self.assertEqual((done.returncode, done.stdout, [line for line in done.stderr.splitlines() if str(self.home) in line or "web" in line]), (0, "", []))

    def test_lost(self):
        files, lost = self.exported("systemd")
        self.assertEqual(lost, {"services.web.health", "services.web.watch", "services.web.restart.factor", "services.db.health",
                                "services.db.labels", "services.db.restart.factor", "services.init.restart.factor", "services.far.type"})
        self.assertIn("Requires=db.service", files["web-2.service"])
        self.assertIn('Environment="PORT=8081"', files["web-2.service"])

    def test_back(self):
        """What is exported and imported again is the same service."""
        self.ctl("export", "systemd", "-o", "units", check=0)
        answer = json.loads(self.ctl("import", "systemd", "units/db.service", "--json", check=0).stdout)
        db = answer["configuration"]["services"]["db"]
        self.assertEqual((db["command"], db["user"], db["limits"]), (["/bin/sleep", "1000"], "daemon",
                         {"nofile": 4096, "memory": f"{512 << 20}B", "tasks": 64, "cpu": 1.5}))
        self.assertEqual(db["stop"], {"timeout": "20s", "signal": "SIGINT", "to": "main"})
        web = json.loads(self.ctl("import", "systemd", "units/web-1.service", "--json", check=0).stdout)["configuration"]["services"]["web-1"]
        self.assertEqual(web["env"]["QUOTED"], "a \"b\" $$x %h\\")
        self.assertEqual(web["restart"]["success_codes"], [0, 7])
        self.assertEqual(web["hooks"], {"pre_start": ["/bin/true"]})


class Compose(ExportCase):
    def test_it_is_compose(self):
        files, lost = self.exported("compose")
        text = yaml.safe_load(files["compose.yaml"])
        web = text["services"]["web"]
        self.assertEqual(web["entrypoint"], ["/bin/sh", "-c", "echo \"100% $$HOME\" 'a b'; exec sleep 1000"])
        self.assertEqual(web["depends_on"], {"db": {"condition": "service_healthy"}, "init": {"condition": "service_completed_successfully"}})
        self.assertEqual(text["services"]["db"]["image"], "postgres:16")
        self.assertEqual((text["services"]["db"]["ports"], web["deploy"]), (["127.0.0.1:5432:5432"], {"replicas": 2}))
        self.assertLessEqual({"services.web.watch", "services.web.command", "services.far.type", "services.web.hooks"}, lost)
        if shutil.which("docker-compose"):
            self.put("out/compose.yaml", files["compose.yaml"])
            subprocess.run(["docker-compose", "-f", self.home / "out/compose.yaml", "config", "-q"], check=True, timeout=60)

    def test_back(self):
        self.ctl("export", "compose", "-o", "out", check=0)
        web = json.loads(self.ctl("import", "compose", "out/compose.yaml", "--json", check=0).stdout)["configuration"]["services"]["web"]
        self.assertEqual(web["env"]["QUOTED"], "a \"b\" $$x %h\\")
        self.assertEqual(web["command"][2], "echo \"100% $$HOME\" 'a b'; exec sleep 1000")


class Kubernetes(ExportCase):
    def models(self, text):
        return subprocess.run(["/usr/bin/python3", "kubernetes_models.py"], input=text, capture_output=True, text=True, timeout=60)

    def test_schemas(self):
        """Every manifest holds to the models that are made of Kubernetes' own schemas; one that does not is found."""
        if subprocess.run(["/usr/bin/python3", "-c", "import kubernetes, yaml"], capture_output=True).returncode:
            self.skipTest("python3-kubernetes is not installed")
        text = self.ctl("export", "kubernetes", check=0).stdout
        done = self.models(text)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "5"), done.stderr)
        for right, wrong in (("replicas: 2", "replicas: two"), ("replicas:", "replica:"), ("      containers:", "      container:"),
                             ("httpGet:", "http:"), ("containerPort: 8080", 'containerPort: "8080"'), ("  selector:", "  chosen:")):
            self.assertIn(right, text)
            self.assertNotEqual(self.models(text.replace(right, wrong)).returncode, 0, wrong)

    def test_manifests(self):
        """What the schemas cannot say."""
        files, lost = self.exported("kubernetes")
        self.assertEqual(sorted(files), ["db.yaml", "init.yaml", "web.yaml"])
        deployment, service = yaml.safe_load_all(files["web.yaml"])
        self.assertEqual((deployment["apiVersion"], deployment["kind"], deployment["spec"]["replicas"]), ("apps/v1", "Deployment", 2))
        pod = deployment["spec"]["template"]
        self.assertEqual(deployment["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"])
        (container,) = pod["spec"]["containers"]
        self.assertEqual(container["livenessProbe"]["httpGet"], {"path": "/live", "port": 8080})
        self.assertTrue(all(set(each) == {"name", "value"} and isinstance(each["value"], str) for each in container["env"]))
        self.assertIn({"name": "CALL", "value": "$$(STAGE)"}, container["env"])
        self.assertEqual(service["spec"]["ports"], [{"port": 8080, "targetPort": 8080}])
        job = yaml.safe_load(files["init.yaml"])
        self.assertEqual((job["apiVersion"], job["kind"], job["spec"]["template"]["spec"]["restartPolicy"]), ("batch/v1", "Job", "OnFailure"))
        self.assertLessEqual({"services.db.user", "services.web.depends_on", "services.init.autostart"}, lost)


class Others(ExportCase):
    def test_procfile(self):
        """A line each, which a shell reads as the service would."""
        files, _ = self.exported("procfile")
        lines = dict(line.split(": ", 1) for line in files["Procfile"].splitlines())
        self.assertEqual(sorted(lines), ["db", "init", "web"])
        said = subprocess.run(["/bin/sh", "-c", lines["web"].replace("exec sleep 1000", "echo $QUOTED $PORT $STAGE; pwd")], capture_output=True,
                              text=True, env={"HOME": "/h"}, check=True, timeout=30)
        self.assertEqual(said.stdout.splitlines(), ["100% /h a b", "a \"b\" $x %h\\ 8080 prod", str(self.home)])

    def test_graphs(self):
        self.assertIn('"web" -> "db" [label="ready"]', self.ctl("export", "dot", check=0).stdout)
        self.assertIn("graph LR", self.ctl("export", "mermaid", "--strict", check=0).stdout)

    def test_files(self):
        """Nothing is overwritten, and of several files none is written then."""
        self.put("units/web-2.service", "mine")
        self.assertEqual(self.ctl("export", "systemd", "-o", "units").returncode, 1)
        self.assertEqual(os.listdir(self.home / "units"), ["web-2.service"])
        self.ctl("export", "systemd", "-o", "units", "--force", check=0)
        self.assertEqual((self.home / "units/web-2.service.bak").read_text(), "mine")
        self.assertIn("systemd", self.ctl("export", "systemdd", check=2).stderr)
        self.put("aurora.json", "{")
        self.ctl("export", "systemd", check=6)


if __name__ == "__main__":
    main()
