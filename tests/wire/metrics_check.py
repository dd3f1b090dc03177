#!/usr/bin/env python3
"""Both forms of the metrics, each judged by its own tool.  metrics_check.py METRICS_PRINT"""

import re
import shutil
import subprocess
import sys

# Contract, section 7: the names and their types.
CONTRACT = {
    "aurora_build_info": "info", "aurora_service_state": "gauge", "aurora_service_up": "gauge", "aurora_service_healthy": "gauge",
    "aurora_service_restarts_total": "counter", "aurora_service_exits_total": "counter",
    "aurora_service_start_duration_seconds": "histogram", "aurora_service_uptime_seconds": "gauge",
    "aurora_service_cpu_seconds_total": "counter", "aurora_service_memory_bytes": "gauge", "aurora_service_open_fds": "gauge",
    "aurora_probe_duration_seconds": "histogram", "aurora_probe_failures_total": "counter", "aurora_log_bytes_total": "counter",
    "aurora_log_dropped_bytes_total": "counter", "aurora_reactor_lag_seconds": "histogram",
    "process_cpu_seconds_total": "counter", "process_resident_memory_bytes": "gauge", "process_virtual_memory_bytes": "gauge",
    "process_open_fds": "gauge", "process_max_fds": "gauge", "process_start_time_seconds": "gauge",
}
SKIPPED = 77


def printed(form):
    return subprocess.run([sys.argv[1], form], check=True, capture_output=True, text=True).stdout


def faults_of_text(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    if done.returncode or done.stderr.strip():
        yield f"promtool: {done.stdout}{done.stderr}"
    told = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    wanted = {name: "gauge" if kind == "info" else kind for name, kind in CONTRACT.items()}
    if told != wanted:
        yield f"the text has {sorted(told.items() ^ wanted.items())} otherwise than the contract"
    sampled = set(re.findall(r"^([a-z_]+?)(?:_bucket|_sum|_count)?[{ ]", text, re.M))
    if missing := set(wanted) - sampled:
        yield f"no sample of {sorted(missing)}"


def faults_of_openmetrics(text):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    try:
        told = {family.name: family.type for family in text_string_to_metric_families(text)}
    except ValueError as fault:
        yield f"OpenMetrics: {fault}"
        return
    wanted = {name.removesuffix("_total").removesuffix("_info"): kind for name, kind in CONTRACT.items()}
    if told != wanted:
        yield f"OpenMetrics has {sorted(told.items() ^ wanted.items())} otherwise than the contract"


def main():
    sys.path.append("/usr/lib/python3/dist-packages")  # a Python of the user's own does not see Debian's
    try:
        import prometheus_client  # noqa: F401
    except ImportError:
        print("python3-prometheus-client is not installed")
        sys.exit(SKIPPED)
    if not shutil.which("promtool"):
        print("promtool (package prometheus) is not installed")
        sys.exit(SKIPPED)
    found = [*faults_of_text(printed("text")), *faults_of_openmetrics(printed("openmetrics"))]
    for fault in found:
        print(fault)
    sys.exit(1 if found else 0)


main()
