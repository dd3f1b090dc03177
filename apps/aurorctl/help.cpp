#include "help.hpp"

#include <algorithm>

#include "context.hpp"
#include "handlers.hpp"
#include "text.hpp"

namespace aurora::ctl {
namespace {

std::string spelling(const flag& f) {
  std::string text = f.letter != 0 ? std::string("-") + f.letter + ", " : "    ";
  text += "--" + std::string(f.name);
  if (!f.choices.empty()) {
    std::string words(f.choices);
    std::replace(words.begin(), words.end(), ' ', '|');
    return text + " " + words;
  }
  return f.value.empty() ? text : text + " " + std::string(f.value);
}

void print_flags(terminal& to, const std::vector<flag>& flags) {
  std::size_t widest = 0;
  for (const auto& f : flags) widest = std::max(widest, spelling(f).size());
  for (const auto& f : flags) to.line("  " + pad(spelling(f), widest + 2) + std::string(f.help));
}

}  // namespace

void print_overview(terminal& to) {
  to.line("aurorctl shows and commands the services that aurorad keeps running.");
  to.line("");
  to.line("usage: aurorctl [FLAG…] VERB [ARGUMENT…]");
  to.line("");
  std::size_t widest = 0;
  const auto form = [](const verb& v) {
    return std::string(v.name) + (v.operands.empty() ? "" : " " + std::string(v.operands));
  };
  for (const auto& v : verbs()) widest = std::max(widest, display_width(form(v)));
  for (const auto& v : verbs()) to.line("  " + pad(form(v), widest + 2) + std::string(v.summary));
  to.line("");
  to.line("flags of every verb:");
  print_flags(to, global_flags());
  to.line("");
  to.line(
      "exit codes: 0 done, 1 failed, 2 usage, 3 not running or not healthy, 4 no such service,");
  to.line("            5 not permitted, 6 configuration invalid, 7 no daemon, 124 timed out");
  to.line("more: aurorctl help VERB, man aurorctl");
}

void print_help(terminal& to, const verb& about) {
  const std::string operands =
      about.operands.empty() ? std::string() : " " + std::string(about.operands);
  to.line("usage: aurorctl " + std::string(about.name) + (about.flags.empty() ? "" : " [FLAG…]") +
          operands);
  to.line("");
  to.line(about.summary);
  if (!about.details.empty()) {
    to.line("");
    to.line(about.details);
  }
  if (!about.flags.empty()) {
    to.line("");
    to.line("flags:");
    print_flags(to, about.flags);
  }
  to.line("");
  to.line("example:");
  to.line("  " + std::string(about.example));
  to.line("");
  to.line("flags of every verb: see `aurorctl help`");
}

int verb_help(context& c) {
  if (c.given.operands.empty()) {
    print_overview(c.out);
    return 0;
  }
  const std::string& name = c.given.operands.front();
  if (const verb* about = find_verb(name)) {
    print_help(c.out, *about);
    return 0;
  }
  std::vector<std::string> names;
  for (const auto& v : verbs()) names.emplace_back(v.name);
  throw failure(exit_code::usage, "there is no verb \"" + name + "\"",
                did_you_mean(name, names, "`aurorctl help` lists them"));
}

}  // namespace aurora::ctl
