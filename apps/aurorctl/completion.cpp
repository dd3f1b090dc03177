#include <algorithm>
#include <set>

#include "client.hpp"
#include "context.hpp"
#include "handlers.hpp"
#include "import.hpp"
#include "quoting.hpp"

namespace aurora::ctl {
namespace {

constexpr std::string_view names_command = "aurorctl __names 2>/dev/null";

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::vector<std::string> spellings(const std::vector<flag>& flags) {
  std::vector<std::string> out;
  for (const auto& f : flags) {
    out.push_back("--" + std::string(f.name));
    if (f.letter != 0) out.push_back(std::string("-") + f.letter);
  }
  return out;
}

std::vector<std::string> verb_names_list() {
  std::vector<std::string> names;
  for (const auto& v : verbs()) names.emplace_back(v.name);
  return names;
}

bool takes_service(operand what) {
  return what == operand::services || what == operand::service ||
         what == operand::service_and_signal || what == operand::service_and_count;
}

/// The words of a verb's operands that are known beforehand.
std::string fixed_operands(operand what) {
  if (what == operand::shell) return "bash zsh fish";
  if (what == operand::autostart_action) return "enable disable status run";
  if (what == operand::export_format) return joined(export_formats());
  if (what == operand::import_source) return joined(import_formats());
  return what == operand::verb ? joined(verb_names_list()) : std::string();
}

/// The flags, `--x|-x`, that take a value, for a shell's `case`.
std::string value_flags(bool files) {
  std::string out;
  const auto add = [&](const flag& f) {
    const bool file = f.value == "FILE" || f.value == "DIR";
    if (f.value.empty() || file != files || !f.choices.empty()) return;
    const std::string word = "--" + std::string(f.name);
    if (("|" + out + "|").find("|" + word + "|") != std::string::npos) return;
    out += (out.empty() ? "" : "|") + word;
    if (f.letter != 0) out += std::string("|-") + f.letter;
  };
  for (const auto& f : global_flags()) add(f);
  for (const auto& v : verbs()) {
    for (const auto& f : v.flags) add(f);
  }
  return out;
}

std::string choice_cases() {
  std::string out;
  const auto add = [&](const flag& f) {
    if (f.choices.empty()) return;
    out += "    --" + std::string(f.name) + ") COMPREPLY=($(compgen -W '" + std::string(f.choices) +
           "' -- \"$cur\")); return ;;\n";
  };
  for (const auto& f : global_flags()) add(f);
  for (const auto& v : verbs()) {
    for (const auto& f : v.flags) add(f);
  }
  return out;
}

/// "|--color|--format…": those of `choice_cases`.
std::string choice_flags() {
  std::string out;
  for (const auto& f : global_flags()) out += f.choices.empty() ? "" : "|--" + std::string(f.name);
  for (const auto& v : verbs()) {
    for (const auto& f : v.flags) out += f.choices.empty() ? "" : "|--" + std::string(f.name);
  }
  return out;
}

std::string bash_script() {
  std::string out =
      "# bash completion for aurorctl: source <(aurorctl completion bash)\n"
      "_aurorctl() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb= i\n"
      "  COMPREPLY=()\n"
      "  case $prev in\n" +
      choice_cases() + "    " + value_flags(true) +
      ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
      "    " +
      value_flags(false) +
      ") return ;;\n"
      "  esac\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      " +
      value_flags(true) + "|" + value_flags(false) + choice_flags() +
      ") ((i++)) ;;\n"
      "      -*) ;;\n"
      "      *) verb=${COMP_WORDS[i]}; break ;;\n"
      "    esac\n"
      "  done\n"
      "  local flags='" +
      joined(spellings(global_flags())) +
      "' words=\n"
      "  case $verb in\n"
      "    '') words='" +
      joined(verb_names_list()) + "' ;;\n";
  for (const auto& v : verbs()) {
    out += "    " + std::string(v.name) + ")";
    if (!v.flags.empty()) out += " flags=\"$flags " + joined(spellings(v.flags)) + "\";";
    if (takes_service(v.takes)) out += " words=$(" + std::string(names_command) + ");";
    if (const auto fixed = fixed_operands(v.takes); !fixed.empty())
      out += " words='" + fixed + "';";
    if (v.takes == operand::file) out += " words=$(compgen -f -- \"$cur\");";
    if (v.takes == operand::import_source) out += " words+=\" $(compgen -f -- \"$cur\")\";";
    if (v.takes == operand::directory) out += " words=$(compgen -d -- \"$cur\");";
    out += " : ;;\n";
  }
  return out +
         "  esac\n"
         "  if [[ $cur == -* ]]; then words=$flags; fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -F _aurorctl aurorctl\n";
}

/// "name:what it does", for _describe.
std::string described(std::string_view name, std::string_view what) {
  return shell_quoted(std::string(name) + ":" + std::string(what));
}

std::string zsh_flags(const std::vector<flag>& flags) {
  std::string out;
  for (const auto& f : flags) {
    out += " " + described("--" + std::string(f.name), f.help);
    if (f.letter != 0) out += " " + described(std::string("-") + f.letter, f.help);
  }
  return out;
}

std::string zsh_script() {
  std::string out =
      "#compdef aurorctl\n"
      "# zsh completion for aurorctl: source <(aurorctl completion zsh)\n"
      "_aurorctl() {\n"
      "  local verb= word\n"
      "  local -a flags words_known\n"
      "  for word in ${words[2,CURRENT-1]}; do\n";
  std::string names;
  for (const auto& v : verbs()) names += (names.empty() ? "" : "|") + std::string(v.name);
  out += "    case $word in (" + names +
         ") verb=$word; break ;; esac\n"
         "  done\n"
         "  flags=(" +
         zsh_flags(global_flags()) + ")\n  case $verb in\n    ('') words_known=(";
  for (const auto& v : verbs()) out += " " + described(v.name, v.summary);
  out += ") ;;\n";
  for (const auto& v : verbs()) {
    out += "    (" + std::string(v.name) + ")";
    if (!v.flags.empty()) out += " flags+=(" + zsh_flags(v.flags) + ");";
    if (takes_service(v.takes))
      out += " words_known=(${(f)\"$(" + std::string(names_command) + ")\"});";
    if (const auto fixed = fixed_operands(v.takes); !fixed.empty())
      out += " words_known=(" + fixed + ");";
    if (v.takes == operand::file || v.takes == operand::import_source) out += " _files;";
    if (v.takes == operand::directory) out += " _files -/;";
    out += " : ;;\n";
  }
  return out +
         "  esac\n"
         "  if [[ $PREFIX == -* ]]; then _describe flag flags; else _describe word words_known; "
         "fi\n"
         "}\n"
         // As a file that compinit loads at the first TAB, its text is the function's body.
         "if [[ $funcstack[1] == _aurorctl ]]; then _aurorctl \"$@\"; else compdef _aurorctl "
         "aurorctl; fi\n";
}

std::string fish_flag(const flag& f, const std::string& condition) {
  std::string out = "complete -c aurorctl" + condition + " -l " + std::string(f.name);
  if (f.letter != 0) out += std::string(" -s ") + f.letter;
  if (!f.choices.empty()) {
    out += " -x -a " + shell_quoted(f.choices);
  } else if (f.value == "FILE" || f.value == "DIR") {
    out += " -r -F";
  } else if (!f.value.empty()) {
    out += " -x";
  }
  return out + " -d " + shell_quoted(f.help) + "\n";
}

std::string fish_script() {
  const std::string all = joined(verb_names_list());
  std::string out =
      "# fish completion for aurorctl: aurorctl completion fish | source\n"
      "complete -c aurorctl -f\n";
  for (const auto& f : global_flags()) out += fish_flag(f, "");
  for (const auto& v : verbs()) {
    const std::string name(v.name);
    const std::string here = " -n '__fish_seen_subcommand_from " + name + "'";
    out += "complete -c aurorctl -n 'not __fish_seen_subcommand_from " + all + "' -a " + name +
           " -d " + shell_quoted(v.summary) + "\n";
    for (const auto& f : v.flags) out += fish_flag(f, here);
    if (takes_service(v.takes)) {
      out += "complete -c aurorctl" + here + " -a '(" + std::string(names_command) + ")'\n";
    }
    if (const auto fixed = fixed_operands(v.takes); !fixed.empty()) {
      out += "complete -c aurorctl" + here + " -a '" + fixed + "'\n";
    }
    if (v.takes == operand::file || v.takes == operand::import_source) {
      out += "complete -c aurorctl" + here + " -F\n";
    }
    if (v.takes == operand::directory) {
      out += "complete -c aurorctl" + here + " -a '(__fish_complete_directories)'\n";
    }
  }
  return out;
}

asio::awaitable<int> print_names(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  const auto answer = co_await api.get_json("/api/v1/status", std::chrono::seconds(1));
  std::set<std::string> names;
  for (const auto& s : read_status(answer).services) names.insert({s.name, s.service});
  for (const auto& name : names) c.out.line(name);
  co_return 0;
}

}  // namespace

int verb_completion(context& c) {
  const std::string& shell = c.given.operands.front();
  if (shell == "bash") {
    c.out.write(bash_script());
  } else if (shell == "zsh") {
    c.out.write(zsh_script());
  } else if (shell == "fish") {
    c.out.write(fish_script());
  } else {
    throw failure(exit_code::usage, "there is no completion for \"" + shell + "\"",
                  "it is one of bash, zsh and fish");
  }
  return 0;
}

int verb_names(context& c) {
  try {
    return run_on(c.io, print_names(c, find_endpoint(c.given)));
  } catch (const failure&) {
    return 0;  // completion has nothing to offer, and nobody to tell
  }
}

}  // namespace aurora::ctl
