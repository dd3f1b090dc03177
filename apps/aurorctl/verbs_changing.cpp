#include "handlers.hpp"
#include "verb_flags.hpp"

namespace aurora::ctl {

std::vector<verb> changing_verbs() {
  return {
      {"validate",
       "[FILE]",
       "check a configuration and list every fault",
       "Needs no daemon. The exit code is 6 when the file is invalid. Without FILE the\n"
       "configuration that aurorad would read.",
       "aurorctl validate new.json",
       {},
       operand::file,
       0,
       1,
       verb_validate},
      {"doctor",
       "[SERVICE…]",
       "find what keeps the stack from running, and how to mend it",
       "Needs no daemon, and looks beside a running one; changes nothing. A line for each thing: "
       "ok,\n"
       "warn or fail, and below it the command that mends it. The exit code is 1 when something\n"
       "failed, 6 when the configuration is invalid. With names only those services' own things.",
       "aurorctl doctor -q      shows only what is wrong",
       {},
       operand::services,
       0,
       any,
       verb_doctor},
      {"import",
       "FORMAT FILE",
       "make a configuration from that of another tool",
       "Needs no daemon. The configuration goes to stdout, or with --output to a file, which then "
       "is\n"
       "written whole or not at all. What could not be carried over is told on stderr, each key "
       "with\n"
       "its place and what comes nearest. FORMAT is one of aurora-supervisor, supervisord, "
       "procfile, compose,\n"
       "process-compose, pm2 and systemd.",
       "aurorctl import supervisord /etc/supervisor/supervisord.conf -o aurora.json",
       {{"output", 'o', "FILE", "write it there instead of stdout", ""},
        {"force", 0, "", "replace the file that is there; it is kept as FILE.bak", ""},
        {"strict", 0, "", "exit with 1 when anything was not carried over", ""}},
       operand::import_source,
       2,
       2,
       verb_import},
      {"export",
       "FORMAT",
       "write the configuration down for another tool",
       "Needs no daemon. All files go to stdout, or with --output into a directory. What that "
       "tool\n"
       "has no word for is told on stderr. FORMAT is one of systemd, compose, kubernetes, "
       "procfile,\n"
       "dot and mermaid.",
       "aurorctl export systemd -o units    a unit for each instance; systemd-analyze verify "
       "units/*",
       {{"output", 'o', "DIR", "write the files there instead of stdout", ""},
        {"force", 0, "", "replace files that are there; they are kept as FILE.bak", ""},
        {"strict", 0, "", "exit with 1 when anything was not carried over", ""}},
       operand::export_format,
       1,
       1,
       verb_export},
      {"plan",
       "",
       "show what a reload would do",
       "Changes nothing.",
       "aurorctl plan           lists what would start, stop, restart or change in place",
       {},
       operand::none,
       0,
       0,
       verb_plan},
      {"reload",
       "",
       "read the configuration again and apply it",
       "Only services whose own definition changed are restarted. An invalid file changes nothing\n"
       "(exit code 6).",
       "aurorctl reload         does what `aurorctl plan` showed, and waits until it is done",
       {no_wait},
       operand::none,
       0,
       0,
       verb_reload},
      {"rollback",
       "",
       "go back to the last configuration that was ready",
       "Each reload keeps the text of the configuration file that it replaces, where all was "
       "ready\n"
       "with it. That text is written over the file, the present one is kept as FILE.bak, and the\n"
       "daemon reads it again. Included files and env files stay as they are.",
       "aurorctl rollback       after a reload that did not come up well",
       {no_wait},
       operand::none,
       0,
       0,
       verb_rollback},
      {"backup",
       "FILE",
       "write configuration and state into one archive",
       "A tar with checksums, mode 0600, also while the daemon runs: the configuration, what it\n"
       "includes, its env files, and what operators asked for. It holds the secrets of these, but\n"
       "neither the token, keys of TLS, logs nor your programs. An invalid configuration is "
       "refused\n"
       "(exit code 6).",
       "aurorctl backup aurora-backup.tar    and tar tf aurora-backup.tar lists it",
       {{"force", 0, "", "replace FILE where there is one", ""}},
       operand::file,
       1,
       1,
       verb_backup},
      {"restore",
       "FILE",
       "put back what a backup holds",
       "All checksums are verified, and the configuration must be valid, before anything is "
       "written;\n"
       "then all of it takes its place, or nothing. What was there is kept as another backup in "
       "the\n"
       "state directory. It refuses while the daemon runs.",
       "aurorctl restore aurora-backup.tar && aurorctl up -d",
       {{"force", 0, "", "put back the configuration alone, beside a running daemon", ""}},
       operand::file,
       1,
       1,
       verb_restore},
      {"signal",
       "SERVICE SIGNAL",
       "send a signal to a service's main process",
       "SIGNAL is a name with or without SIG, or a number.",
       "aurorctl signal web HUP",
       {},
       operand::service_and_signal,
       2,
       2,
       verb_signal},
      {"scale",
       "SERVICE N",
       "run N instances of a service",
       "The instances that stay are not disturbed. The configuration file is not changed.",
       "aurorctl scale worker 4",
       {no_wait},
       operand::service_and_count,
       2,
       2,
       verb_scale},
      {"upgrade",
       "",
       "let the aurorad that is installed now take over",
       "Services run on, their output is kept, clients reconnect by themselves. The new program "
       "is\n"
       "tested before; when it does not stand its first five seconds, the one before goes on "
       "(exit\n"
       "code 1).",
       "aurorctl upgrade        after a new version was installed over the old one",
       {no_wait},
       operand::none,
       0,
       0,
       verb_upgrade},
      {"dashboard",
       "",
       "open the dashboard in a browser, signed in",
       "Where there is no browser to open, the address is printed. It holds a code that works "
       "once,\n"
       "within a minute.",
       "aurorctl dashboard --print --role read    prints an address for someone who may only look",
       {{"print", 0, "", "print the address instead", ""},
        {"role", 0, "ROLE", "what the session may do (default operate)", "operate read"}},
       operand::none,
       0,
       0,
       verb_dashboard},
      {"autostart",
       "enable|disable|status|run",
       "have the daemon started at boot or login",
       "enable writes a unit of systemd, a line of the crontab or a few lines of ~/.bashrc; the\n"
       "best of them that works here, and says which. disable takes away just that; without\n"
       "--method from all three. status ends with 3 when none is enabled. run is what they run:\n"
       "it starts the daemon, or is content when one runs.",
       "aurorctl autostart enable --delay 10s    at the next boot, services start after 10 s",
       {{"method", 0, "METHOD", "how it is started", "systemd cron shell"},
        {"delay", 0, "TIME", "let services wait after the start of the daemon (default 5s)", ""}},
       operand::autostart_action,
       1,
       1,
       verb_autostart},
      {"completion",
       "bash|zsh|fish",
       "print a completion script for a shell",
       "",
       "source <(aurorctl completion bash)",
       {},
       operand::shell,
       1,
       1,
       verb_completion},
      {"help",
       "[VERB]",
       "show this, or all about a verb",
       "",
       "aurorctl help logs",
       {},
       operand::verb,
       0,
       1,
       verb_help},
  };
}

}  // namespace aurora::ctl
