"""aurorctl import of YAML and JSON: what is carried over, and that all else is told."""

import json
import textwrap

from aurora_e2e import free_port, main
from aurora_import import ImportCase


class Predecessor(ImportCase):
    def test_every_key(self):
        """The keys of aurora_supervisor_config.json, as its own program writes them."""
        service = {"name": "ui", "port": 5000, "start_command": "echo ${A} \U0001f600 $B", "working_dir": "/srv", "health_endpoint": None,
                   "dependencies": [], "max_restarts": 5, "restart_delay": 5, "env_activation": None}
        backend = service | {"name": "backend", "port": 5001, "health_endpoint": "http://localhost:5001/health", "dependencies": ["ui", "gone"],
                             "max_restarts": 0, "env_activation": ". .venv/bin/activate", "start_command": "uvicorn app", "colour": 1}
        file = self.put("aurora_supervisor_config.json", json.dumps({"services": [service, backend]}, indent=2))
        config = self.imported("aurora-supervisor", file, "backend.dependencies", "backend.colour")
        ui = config["services"]["ui"]
        self.assertEqual((ui["command"], ui["port"], ui["working_dir"]), ("echo $${A} \U0001f600 $$B", 5000, "/srv"))
        self.assertEqual((ui["restart"]["limit"], ui["restart"]["delay"]), (5, "5s"))
        backend = config["services"]["backend"]
        self.assertEqual(backend["command"], ". .venv/bin/activate && uvicorn app")
        self.assertEqual((backend["depends_on"], backend["restart"]), (["ui"], {"policy": "never"}))
        self.assertEqual((backend["health"]["http"], backend["health"]["status"]), ("http://localhost:5001/health", "200"))

    def test_it_runs(self):
        """The port is waited for, in the order of the dependencies."""
        ports = [free_port(), free_port()]
        serve = "exec python3 -m http.server --bind 127.0.0.1 "
        file = self.put("aurora_supervisor_config.json", json.dumps({"services": [
            {"name": "a", "port": ports[0], "start_command": serve + str(ports[0]), "working_dir": str(self.home), "dependencies": ["b"]},
            {"name": "b", "port": ports[1], "start_command": serve + str(ports[1]), "working_dir": str(self.home),
             "health_endpoint": f"http://127.0.0.1:{ports[1]}/"}]}))
        daemon = self.under_aurora("aurora-supervisor", file)
        daemon.wait_state("a", "running")
        order = [e["instance"] for e in daemon.events() if e["to"] == "running"]
        self.assertEqual(order, ["b", "a"])


COMPOSE = """\
version: "3.8"
name: shop
x-defaults: &defaults
  restart: unless-stopped
  environment: {STAGE: "${STAGE:-dev}", EMPTY: }
services:
  db:
    image: postgres:16
    ports: ["127.0.0.1:5432:5432"]
    volumes: [data:/var/lib/postgresql/data]
  cache:
    image: redis
  web:
    <<: *defaults
    build: .
    command: python3 -m "my app" --home $HOME
    entrypoint: ["env", "A=$$1"]
    working_dir: /srv
    user: "1000:1000"
    ports: ["8080:8080", "9000:9000"]
    env_file: [web.env, {path: none.env, required: false}]
    depends_on:
      db: {condition: service_healthy, restart: true}
      cache: {condition: service_started}
    healthcheck:
      test: ["CMD-SHELL", "curl -f localhost || exit 1"]
      interval: 1m30s
      retries: 5
      start_period: 40s
    stop_signal: SIGINT
    stop_grace_period: 20s
    deploy:
      replicas: 2
      resources: {limits: {cpus: "0.5", memory: 512M, pids: 100}, reservations: {cpus: "0.1"}}
    labels: ["team=core"]
    profiles: [debug]
    networks: [back]
  job:
    command: ["true"]
    restart: on-failure:3
    depends_on: [web]
volumes: {data: }
"""


class Compose(ImportCase):
    def test_every_key(self):
        self.put("web.env", "A=1\n")
        file = self.put("compose.yaml", COMPOSE)
        config = self.imported("compose", file, "version", "volumes", "db", "db.image", "db.volumes", "cache", "web.build", "web.ports",
                               "web.env_file", "web.networks", "web.depends_on.cache", "web.deploy.resources.reservations")
        self.assertEqual(config["name"], "shop")
        self.assertEqual(config["services"]["db"], {"type": "external", "health": {"tcp": "127.0.0.1:5432"}})
        web = config["services"]["web"]
        self.assertEqual(web["command"], ["env", "A=$$1", "python3", "-m", "my app", "--home", "${HOME:-}"])
        self.assertEqual(web["env"], {"STAGE": "${STAGE:-dev}"})
        self.assertEqual((web["user"], web["group"], web["port"], web["instances"], web["autostart"]), ("1000", "1000", 8080, 2, False))
        self.assertEqual(web["depends_on"], {"db": {"condition": "service_healthy", "restart": True}})
        self.assertEqual(web["health"], {"exec": ["/bin/sh", "-c", "curl -f localhost || exit 1"], "interval": "1m30s", "timeout": "30s",
                                         "on_failure": "alert", "start_period": "40s", "retries": 5})
        self.assertEqual(web["stop"], {"to": "main", "signal": "SIGINT", "timeout": "20s"})
        self.assertEqual(web["limits"], {"memory": "512MiB", "cpu": 0.5, "tasks": 100})
        self.assertEqual((web["labels"], web["env_files"]), ({"team": "core"}, ["web.env"]))
        job = config["services"]["job"]
        self.assertEqual((job["restart"]["policy"], job["restart"]["limit"]), ("on-failure", 3))
        self.assertEqual(job["depends_on"], {"web": {"condition": "started"}})

    def test_hostile_yaml(self):
        """A billion laughs, an endless alias, tags, keys twice, several documents: refused with the place."""
        laughs = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
        for content, line in ((laughs, None), ("a: &a\n  b: *a\n", None), ("services:\n  a: !!python/object x\n", 2), ("a: 1\na: 2\n", 2),
                              ("a: 1\n---\nb: 1\n", None), ("services:\n  a: {command: !reset x}\n", 2), ("? [a]\n: 1\n", None),
                              ("a: " + "{a: " * 400, None), ("a: *nobody\n", 1), ("\ta: 1\n", 1)):
            file = self.put("compose.yaml", content)
            done = self.ctl("import", "compose", file, check=6)
            self.assertEqual(done.stdout, "")
            self.assertIn(f"{file}:" + (f"{line}:" if line else ""), done.stderr)


class ProcessCompose(ImportCase):
    def test_every_key(self):
        file = self.put("process-compose.yaml", textwrap.dedent("""\
            version: "0.5"
            log_level: debug
            environment: ["STAGE=dev"]
            processes:
              db:
                command: "exec db --at $HOME"
                is_daemon: true
                ready_log_line: "ready (now)."
                availability: {restart: always, backoff_seconds: 2, max_restarts: 5}
                shutdown: {signal: 2, timeout_seconds: 7, parent_only: yes}
              web:
                command: web
                working_dir: /srv
                environment: [A=1]
                disabled: true
                replicas: 2
                namespace: front
                depends_on:
                  db: {condition: process_log_ready}
                  init: {condition: process_completed_successfully}
                liveness_probe:
                  http_get: {host: 127.0.0.1, port: "8080", path: /live, scheme: http}
                  period_seconds: 5
                  failure_threshold: 2
                  initial_delay_seconds: 3
                readiness_probe: {exec: {command: "true"}}
              init: {command: "true", availability: {restart: exit_on_failure, exit_on_end: true}}
            """))
        config = self.imported("process-compose", file, "version", "log_level", "db.is_daemon", "web.readiness_probe", "init.availability.exit_on_end")
        db, web, init = (config["services"][name] for name in ("db", "web", "init"))
        self.assertEqual((db["command"], db["ready"]), ("exec db --at ${HOME:-}", {"log": "ready \\(now\\)\\."}))
        self.assertEqual((db["restart"]["policy"], db["restart"]["limit"], db["restart"]["delay"]), ("always", 5, "2s"))
        self.assertEqual(db["stop"], {"signal": 2, "timeout": "7s", "to": "main"})
        self.assertEqual(web["depends_on"], {"db": {"condition": "ready"}, "init": {"condition": "completed"}})
        self.assertEqual(web["health"], {"http": "http://127.0.0.1:8080/live", "interval": "5s", "start_period": "3s", "retries": 2, "on_failure": "restart"})
        self.assertEqual((web["autostart"], web["instances"], web["labels"], config["env"]), (False, 2, {"namespace": "front"}, {"STAGE": "dev"}))
        self.assertEqual((init["critical"], init["restart"], init["type"]), (True, {"policy": "never"}, "oneshot"))


class Pm2(ImportCase):
    def test_every_key(self):
        app = {"name": "api", "script": "./server.js", "args": ["--port", "80$"], "node_args": "--inspect --trace", "cwd": "/srv", "instances": 2,
               "exec_mode": "cluster", "watch": ["src"], "ignore_watch": ["*.log"], "env": {"A": 1, "B": "${x}"}, "env_production": {"A": 2},
               "max_restarts": 5, "min_uptime": "2s", "restart_delay": 500, "kill_timeout": 3000, "error_file": "x.log", "uid": "nobody"}
        file = self.put("ecosystem.json", json.dumps({"apps": [app, {"script": "job.py", "autorestart": False}]}, indent=2))
        config = self.imported("pm2", file, "api.exec_mode", "api.env_production", "api.error_file")
        api = config["services"]["api"]
        self.assertEqual(api["command"], ["node", "--inspect", "--trace", "./server.js", "--port", "80$$"])
        self.assertEqual((api["env"], api["user"], api["instances"]), ({"A": "1", "B": "$${x}"}, "nobody", 2))
        self.assertEqual(api["stop"], {"signal": "SIGINT", "timeout": "3s"})
        self.assertEqual(api["watch"], {"paths": ["src"], "ignore": ["*.log"]})
        self.assertEqual((api["restart"]["limit"], api["restart"]["delay"], api["restart"]["factor"]), (5, "500ms", 1))
        self.assertEqual(config["services"]["job.py"]["command"], ["python3", "job.py"])

    def test_a_program(self):
        file = self.put("ecosystem.config.js", "module.exports = {}\n")
        self.assertIn("node -p", self.ctl("import", "pm2", file, check=6).stderr)


UNIT = """\
# a unit
[Unit]
Description=The 100%% shop
After=network.target
StartLimitBurst=4
StartLimitIntervalSec=1min 30s

[Service]
Type=notify
User=nobody
WorkingDirectory=/srv
Environment=A=1 "B=two words" 'C=$x %% %n'
Environment=D=4
EnvironmentFile=-/nowhere/env
ExecStartPre=-/bin/mkdir -p x
ExecStart=
ExecStart=/usr/bin/python3 -m shop \\
  # between
  --name %N "a b"
ExecStop=/bin/kill -INT ${MAINPID}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-abnormal
RestartSec=2
SuccessExitStatus=7 SIGUSR1
KillMode=mixed
KillSignal=SIGQUIT
TimeoutStopSec=1min
LimitNOFILE=4096
MemoryMax=512M
CPUQuota=150%
PrivateTmp=yes
Nice=5

[Install]
WantedBy=multi-user.target
"""


class Systemd(ImportCase):
    def test_every_key(self):
        file = self.put("shop.service", UNIT)
        config = self.imported("systemd", file, "Unit.After", "Service.EnvironmentFile", "Service.ExecStartPre", "Service.ExecStop", "Service.ExecReload", "Service.Restart",
                               "Service.SuccessExitStatus", "Service.PrivateTmp", "Install.WantedBy")
        self.assertEqual(config["services"]["shop"], {
            "command": ["/usr/bin/python3", "-m", "shop", "--name", "shop", "a b"], "hooks": {"pre_start": ["/bin/mkdir", "-p", "x"]},
            "env": {"A": "1", "B": "two words", "C": "$$x % shop.service", "D": "4"}, "ready": {"notify": True}, "working_dir": "/srv", "user": "nobody",
            "nice": 5, "restart": {"policy": "on-failure", "delay": "2s", "factor": 1, "jitter": 0, "limit": 3, "window": "1m30s", "success_codes": [0, 7]},
            "stop": {"timeout": "1m", "signal": "SIGQUIT", "to": "main"},
            "limits": {"nofile": 4096, "memory": "512MiB", "cpu": 1.5}, "labels": {"description": "The 100% shop"}})


if __name__ == "__main__":
    main()
