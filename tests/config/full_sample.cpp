#include "config/fake_source.hpp"

namespace aurora::test {

const char* const full_sample = R"json({
  "version": 1,
  "name": "demo",                         // shown in the UI; default: the directory's name
  "include": ["conf.d/*.json"],           // merged in name order; a service defined twice is an error
  "env": {"K": "V"}, "env_files": [".env"],
  "virtualenv": ".venv",                  // Python venv activated for every service (VIRTUAL_ENV, VIRTUAL_ENV_PROMPT, PATH; PYTHONHOME unset;
                                          // PYTHONUNBUFFERED=1 unless given, else there are no live logs)
  "prerequisites": [{"command": "python3"}, {"file": "server.py"}, {"port_free": 5000}],
  "http": {"listen": "127.0.0.1:9090"},   // dashboard + API + /metrics; "off" for none. Other addresses need TLS + token
  "state_dir": ".aurora",
  "shutdown_timeout": "90s",
  "defaults": { /* any service key */ },
  "services": {
    "backend": {                          // [A-Za-z0-9][A-Za-z0-9._-]{0,62}
      "command": ["python3", "server.py", "${PORT}"],   // or a string: run by /bin/sh -c
      "type": "service",                  // service | oneshot | external (probed, never started)
      "working_dir": ".",                 // relative to the configuration file
      "env": {"K": "V"}, "env_files": [], "virtualenv": ".venv",
      "user": "nobody", "group": "nogroup", "umask": "022", "nice": 0,
      "limits": {"nofile": 65536, "core": "0", "memory": "512MiB", "cpu": 1.5, "tasks": 256},
      "port": 5001,                       // exported as PORT; 0 = pick a free one
      "instances": 1,                     // >1: NAME@1 … NAME@N, PORT = port + i - 1, AURORA_INSTANCE = i
      "autostart": true,
      "depends_on": ["db"],               // = {"db": {"condition": "ready", "restart": false, "required": true}}; conditions
                                          // ready | started | completed; compose's service_healthy … are accepted too
      "restart": {"policy": "always",     // always | on-failure | never ("unless-stopped" = always: a stop always sticks; "no" = never)
                  "delay": "500ms", "factor": 2, "max_delay": "30s", "jitter": 0.1,
                  "limit": 10, "window": "5m",   // more than limit restarts in window -> failed; limit 0 = never give up
                  "reset_after": "60s", "success_codes": [0]},
      "ready": {"notify": true},          // sd_notify READY=1 | {"log": "regex"} | {"fd": 3} | {"delay": "1s"}; default: first healthy probe, else exec success
      "start_timeout": "60s",             // not ready by then: a failed start
      "health": {"http": "http://127.0.0.1:${PORT}/health",  // or "tcp": "host:port", or "exec": ["cmd", …]
                 "interval": "10s", "timeout": "2s", "retries": 3, "successes": 1,
                 "start_interval": "250ms",               // while starting; failures then count only against start_timeout
                 "start_period": "0s",                    // and never within this time of the spawn
                 "status": "200-399", "body": "regex", "headers": {}, "method": "GET", "tls_verify": true,
                 "on_failure": "restart"},                     // restart | alert
      "stop": {"signal": "SIGTERM", "timeout": "10s", "to": "group", "command": []},   // to: group | main
      "hooks": {"pre_start": [], "post_start": [], "pre_stop": [], "post_stop": []},
      "watch": {"paths": ["src"], "ignore": ["*.pyc"], "debounce": "300ms"},
      "logs": {"max_size": "10MiB", "keep": 5, "compress": false, "stderr": "merged"},
      "critical": false,                  // true: when it fails for good the whole stack stops and aurorad exits with its code
      "labels": {"team": "core"}
    }
  }
}
)json";

}  // namespace aurora::test
