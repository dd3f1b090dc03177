#include "verbs.hpp"

#include "handlers.hpp"
#include "top.hpp"
#include "verb_flags.hpp"

namespace aurora::ctl {
namespace {

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
      {"top",
       "[SERVICE…]",
       "a live table to work in: states, CPU, memory, logs, start, stop",
       "Keys: j k and the arrows move, / filters, o orders, s starts or stops, r restarts, x sends "
       "a\n"
       "signal, l shows the log, w why it is in its state, Enter both, ? all keys, q quits.\n"
       "It needs a terminal; it comes back by itself when the daemon does.",
       "ssh -t host aurorctl top    the same, of another machine",
       {},
       operand::services,
       0,
       any,
       verb_top},
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
