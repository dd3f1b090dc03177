#include "verbs.hpp"

#include "handlers.hpp"

namespace aurora::ctl {
namespace {

constexpr std::size_t any = static_cast<std::size_t>(-1);
const flag no_wait{"no-wait", 0, "", "return as soon as the daemon has accepted it", ""};
const flag follow{"follow", 'f', "", "go on with what comes; Ctrl-C ends it with exit code 0", ""};

std::vector<verb> running_verbs() {
  return {
      {"init",
       "[DIRECTORY]",
       "write a first aurora.json, from what lies there",
       "Looks for a Procfile, package.json, manage.py, a virtual environment, .env and a compose\n"
       "file; where there is none of them, it writes an example. It refuses where there is an\n"
       "aurora.json already.",
       "aurorctl init           in the directory of a project; then: aurorctl up -d",
       {{"force", 0, "", "replace aurora.json; the old one is kept as aurora.json.bak", ""}},
       operand::directory,
       0,
       1,
       verb_init},
      {"up",
       "[SERVICE…]",
       "start the daemon if none runs, then the services",
       "Attached, it shows all their output, each service in its colour; Ctrl-C stops everything, "
       "a\n"
       "second Ctrl-C kills what does not want to stop. With -d it returns when all are ready.\n"
       "Without names all services start but those with \"autostart\": false.",
       "aurorctl up -d          starts the stack of ./aurora.json and returns when it is ready",
       {{"detach", 'd', "", "return when all are ready; the daemon stays", ""}},
       operand::services,
       0,
       any,
       verb_up},
      {"down",
       "",
       "stop all services, then the daemon",
       "Returns when both are gone. Nothing running is no error.",
       "aurorctl down --timeout 30s    gives up waiting (not stopping) after 30 seconds",
       {},
       operand::none,
       0,
       0,
       verb_down},
      {"start",
       "[SERVICE…]",
       "start these services and what they need, or all",
       "Launches the daemon when there is none. Resets the restart count of a failed service.\n"
       "Waits until they are ready; what runs already is left alone.",
       "aurorctl start web      starts web and what it depends on",
       {no_wait},
       operand::services,
       0,
       any,
       verb_start},
      {"stop",
       "[SERVICE…]",
       "stop these services, or all, dependants first",
       "They stay stopped until started again, over restarts of the daemon too.",
       "aurorctl stop worker    stops worker and nothing else",
       {no_wait},
       operand::services,
       0,
       any,
       verb_stop},
      {"restart",
       "[SERVICE…]",
       "restart these services, or all, in dependency order",
       "Others are not disturbed, but for dependants with \"restart\": true.",
       "aurorctl restart web    stops web, starts it and waits until it is ready",
       {no_wait},
       operand::services,
       0,
       any,
       verb_restart},
  };
}

std::vector<verb> asking_verbs() {
  return {
      {"status",
       "[SERVICE…]",
       "show the state of all services, or of these",
       "With names the exit code is 3 when one of them is neither running nor completed, or is\n"
       "unhealthy. --json gives everything on one line.",
       "aurorctl status --watch    keeps the table up to date until Ctrl-C",
       {{"watch", 'w', "", "keep the table up to date; Ctrl-C ends it with exit code 0", ""}},
       operand::services,
       0,
       any,
       verb_status},
      {"check",
       "[SERVICE…]",
       "probe all services now, or these, a line each",
       "The exit code is 3 when one does not answer, or was named and is not running.",
       "aurorctl check web      makes the health probe of web once and says what came of it",
       {},
       operand::services,
       0,
       any,
       verb_check},
      {"logs",
       "[SERVICE…]",
       "show what services printed, merged by time",
       "Follows across rotation, restarts of services and of the daemon. On a terminal control\n"
       "characters other than colours are made visible; piped output of one service is its bytes.\n"
       "T is a duration (\"10m\" ago), a time of day, or a date with or without one.",
       "aurorctl logs -f --since 5m --grep 'ERROR|WARN' web",
       {follow,
        {"lines", 'n', "N", "the last N lines of each service, or \"all\" (default 100)", ""},
        {"timestamps", 't', "", "put the time before each line", ""},
        {"since", 0, "T", "only lines since then", ""},
        {"grep", 0, "RE", "only lines that match (RE2 syntax)", ""}},
       operand::services,
       0,
       any,
       verb_logs},
      {"events",
       "",
       "show what happened, oldest first",
       "Each change of state and of health, with its reason and evidence.",
       "aurorctl events -f -n 0    only what happens from now on",
       {follow, {"lines", 'n', "N", "the last N events, or \"all\" (default 50)", ""}},
       operand::none,
       0,
       0,
       verb_events},
      {"why",
       "SERVICE",
       "say why a service is in the state it is in",
       "The chain of causes with times and evidence, the rule that applies, the last lines it\n"
       "printed, and what will happen next.",
       "aurorctl why web        tells what happened to web, and what comes next",
       {},
       operand::service,
       1,
       1,
       verb_why},
      {"graph",
       "",
       "show the dependency graph with live states",
       "",
       "aurorctl graph --format dot | dot -Tsvg > stack.svg",
       {{"format", 0, "FORMAT", "how it is written (default text)", "text dot mermaid"}},
       operand::none,
       0,
       0,
       verb_graph},
  };
}

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

}  // namespace

const std::vector<verb>& verbs() {
  static const std::vector<verb> all = [] {
    auto list = running_verbs();
    for (auto& more : {asking_verbs(), changing_verbs()}) {
      list.insert(list.end(), more.begin(), more.end());
    }
    return list;
  }();
  return all;
}

const std::vector<flag>& global_flags() {
  static const std::vector<flag> all{
      {"config", 'c', "FILE",
       "the configuration (else $AURORA_CONFIG, ./aurora.json, /etc/aurora/aurora.json)", ""},
      {"state-dir", 0, "DIR", "the state directory (else $AURORA_STATE_DIR, the configuration's)",
       ""},
      {"host", 'H', "URL", "the daemon: unix:///path, http://host:port or https://host:port", ""},
      {"token-file", 0, "FILE", "the token for an http:// or https:// host", ""},
      {"json", 0, "", "answer in JSON", ""},
      {"color", 0, "WHEN", "when to colour", "auto always never"},
      {"timeout", 0, "TIME", "give up waiting after this time (\"30s\", \"2m\"): exit code 124",
       ""},
      {"quiet", 'q', "", "no progress and no confirmation", ""},
      {"help", 'h', "", "help on the verb, or this overview", ""},
      {"version", 0, "", "the version of aurorctl", ""}};
  return all;
}

const verb* find_verb(std::string_view name) {
  static const verb names{"__names", "", "names for completion", "", "", {}, operand::none, 0, 0,
                          verb_names};
  static const verb absence{
      "__absent", "", "whether no daemon runs", "", "", {}, operand::none, 0, 0, verb_absent};
  for (const auto& v : verbs()) {
    if (v.name == name) return &v;
  }
  if (name == absence.name) return &absence;
  return name == names.name ? &names : nullptr;
}

}  // namespace aurora::ctl
