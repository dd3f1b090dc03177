"""What is counted and measured, as Prometheus and its tools see it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request

from aurora_e2e import FOREVER, Case, UnixConnection, eventually, free_port, main
from aurora_relay import Relay

OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def parser():
    """The strict one; nothing where it is not installed."""
    if "/usr/lib/python3/dist-packages" not in sys.path:
        sys.path.append("/usr/lib/python3/dist-packages")  # a Python of the user's own does not see Debian's
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
    except ImportError:
        return None
    return text_string_to_metric_families


class Metrics(Case):
    def scrape(self, daemon, accept="text/plain"):
        connection = UnixConnection(daemon.state / "aurorad.sock")
        with contextlib.closing(connection):
            connection.request("GET", "/metrics", headers={"Accept": accept})
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200)
            return answer.read().decode()

    def samples(self, daemon):
        """{(name, labels): value} of what the strict parser makes of OpenMetrics."""
        if not parser():
            self.skipTest("python3-prometheus-client is not installed")
        found = {}
        for family in parser()(self.scrape(daemon, OPENMETRICS)):
            for sample in family.samples:
                key = (sample.name, tuple(sorted(sample.labels.items())))
                self.assertNotIn(key, found)
                found[key] = sample.value
        return found

    def value(self, samples, name, service=None, instance="1", **labels):
        own = {"service": service, "instance": instance} if service else {}
        return samples[(name, tuple(sorted((own | labels).items())))]

    def stack(self, **more):
        return self.daemon({
            "web": {"command": ["/bin/sh", "-c", "echo hello; exec sleep 1000"], "instances": 2, "ready": {"delay": "0s"},
                    "health": {"exec": ["true"], "interval": "50ms", "start_interval": "50ms"}},
            "ill": {"command": FOREVER, "ready": {"delay": "0s"},
                    "health": {"exec": ["false"], "interval": "50ms", "start_interval": "50ms", "on_failure": "alert"}},
            "shy": {"command": FOREVER, "autostart": False}, **more})

    def test_what_happened_is_counted(self):
        """Restarts, ends by cause, starts, probes, output: as they were, of each instance by itself."""
        daemon = self.stack(once={"command": "exit 0", "type": "oneshot"}, bad={"command": "exit 3", "restart": {"policy": "never"}})
        for name in ("web@1", "web@2"):
            daemon.wait_event(lambda e, name=name: e["instance"] == name and e["health"] == "healthy")
        daemon.wait_event(lambda e: e["instance"] == "ill" and e["health"] == "unhealthy")
        daemon.wait_state("once", "completed")
        daemon.wait_state("bad", "failed")
        before = daemon.sequence()
        os.kill(daemon.status("web@2")["pid"], signal.SIGKILL)
        again = daemon.wait_state("web@2", "running", before)["sequence"]
        daemon.wait_event(lambda e: e["instance"] == "web@2" and e["health"] == "healthy", again)
        daemon.ctl("stop", "ill", check=0)
        found = self.samples(daemon)
        value = lambda *a, **k: self.value(found, *a, **k)  # noqa: E731
        self.assertEqual(value("aurora_service_state", "web", state="running"), 1)
        self.assertEqual(value("aurora_service_state", "bad", state="failed"), 1)
        self.assertEqual(sum(v for (name, labels), v in found.items() if name == "aurora_service_state"), 6)
        self.assertEqual(value("aurora_service_up", "web", "2"), 1)
        self.assertEqual(value("aurora_service_up", "shy"), 0)
        self.assertEqual(value("aurora_service_healthy", "web", "2"), 1)
        self.assertEqual(value("aurora_service_restarts_total", "web", "1"), 0)
        self.assertEqual(value("aurora_service_restarts_total", "web", "2"), 1)
        for service, instance, cause in (("web", "2", "signal"), ("once", "1", "success"), ("bad", "1", "error"), ("ill", "1", "stopped")):
            self.assertEqual(value("aurora_service_exits_total", service, instance, cause=cause), 1, service)
        self.assertEqual(sum(v for (name, _), v in found.items() if name == "aurora_service_exits_total"), 4)
        self.assertEqual(value("aurora_service_start_duration_seconds_count", "web", "2"), 2)
        self.assertGreater(value("aurora_probe_duration_seconds_sum", "web"), 0)
        self.assertGreaterEqual(value("aurora_probe_failures_total", "ill"), 3)
        self.assertEqual(value("aurora_probe_failures_total", "web"), 0)
        self.assertEqual(value("aurora_log_bytes_total", "web", "2"), len("hello\n") * 2)
        self.assertEqual(value("aurora_log_dropped_bytes_total", "web", "2"), 0)
        self.assertGreater(value("aurora_service_memory_bytes", "web"), 100_000)
        self.assertGreaterEqual(value("aurora_service_open_fds", "web"), 3)
        self.assertGreater(value("aurora_reactor_lag_seconds_count"), 0)
        self.assertGreater(value("process_resident_memory_bytes"), 1 << 20)
        self.assertLess(abs(value("process_open_fds") - daemon.fds()), 5)

    def test_promtool_finds_nothing(self):
        """The text form of a real daemon passes the linter of those who read it."""
        if not shutil.which("promtool"):
            self.skipTest("promtool (package prometheus) is not installed")
        daemon = self.stack()
        daemon.wait_event(lambda e: e["instance"] == "web@1" and e["health"] == "healthy")
        done = subprocess.run(["promtool", "check", "metrics"], input=self.scrape(daemon), capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_counters_never_fall(self):
        """Processor time and output go on from where they were when a process is replaced."""
        daemon = self.daemon({"web": {"command": "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo done; exec sleep 1000"}})
        daemon.wait_log("web", "done")
        first = self.samples(daemon)
        spent = self.value(first, "aurora_service_cpu_seconds_total", "web")
        self.assertGreater(spent, 0)
        daemon.ctl("stop", "web", check=0)
        self.assertEqual(self.value(self.samples(daemon), "aurora_service_cpu_seconds_total", "web"), spent)
        daemon.ctl("start", "web", check=0)
        daemon.wait_log("web", "done\ndone")
        later = self.samples(daemon)
        self.assertGreater(self.value(later, "aurora_service_cpu_seconds_total", "web"), spent)
        self.assertEqual(self.value(later, "aurora_log_bytes_total", "web"), 2 * len("done\n"))

    def test_scraped_by_prometheus(self):
        """A real Prometheus takes it, in the form that it prefers, and answers questions about it."""
        if not shutil.which("prometheus"):
            self.skipTest("prometheus is not installed")
        daemon = self.stack()
        daemon.wait_event(lambda e: e["instance"] == "web@1" and e["health"] == "healthy")
        relay = Relay(daemon.state / "aurorad.sock")
        self.addCleanup(relay.close)
        config = self.home / "prometheus.yml"
        config.write_text(json.dumps({"scrape_configs": [{"job_name": "aurora", "scrape_interval": "1s", "scrape_timeout": "1s", "honor_labels": True,
                                                          "static_configs": [{"targets": [f"127.0.0.1:{relay.port}"]}]}]}))
        port = free_port()
        log = open(self.home / "prometheus.err", "wb")
        self.addCleanup(log.close)
        scraper = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.home}/tsdb",
                                    f"--web.listen-address=127.0.0.1:{port}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(lambda: (scraper.terminate(), scraper.wait()))

        def ask(path):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=10) as answer:
                return json.load(answer)["data"]

        def target():
            told = ask("targets")
            known = told and told["activeTargets"]
            return known and known[0]["health"] != "unknown" and known[0]
        state = eventually(target, "Prometheus has scraped")
        self.assertEqual((state["health"], state["lastError"]), ("up", ""))
        found = eventually(lambda: (told := ask("query?query=aurora_service_up%7Bservice%3D%22web%22%7D")) and told["result"], "it answers")
        self.assertEqual({r["metric"]["instance"]: r["value"][1] for r in found}, {"1": "1", "2": "1"})
        found = ask("query?query=histogram_quantile(0.99,aurora_probe_duration_seconds_bucket)")["result"]
        self.assertEqual({r["metric"]["service"] for r in found}, {"web", "ill"})


if __name__ == "__main__":
    main()
