#include "options.hpp"

#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/variables_map.hpp>

#include <algorithm>

#include "failure.hpp"
#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

namespace po = boost::program_options;

failure usage_error(std::string what, const verb* about, std::string hint = {}) {
  if (hint.empty()) {
    hint = about ? "see `aurorctl help " + std::string(about->name) + "`" : "see `aurorctl help`";
  }
  return {exit_code::usage, std::move(what), std::move(hint)};
}

const flag* global_flag(std::string_view argument) {
  for (const auto& f : global_flags()) {
    const bool by_letter = argument.size() == 2 && argument[0] == '-' && argument[1] == f.letter;
    if (by_letter || (argument.starts_with("--") && argument.substr(2) == f.name)) return &f;
  }
  return nullptr;
}

/// Where the verb stands: the first argument that is neither a global flag nor the value of one.
std::size_t verb_position(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument.size() < 2 || argument[0] != '-') return i;
    const flag* f = global_flag(argument);
    if (f != nullptr && !f->value.empty()) ++i;
  }
  return arguments.size();
}

po::options_description description_of(const verb* about) {
  po::options_description all;
  const auto add = [&](const flag& f) {
    std::string name(f.name);
    if (f.letter != 0) name += std::string(",") + f.letter;
    if (f.value.empty()) {
      all.add_options()(name.c_str(), "");
    } else {
      all.add_options()(name.c_str(), po::value<std::vector<std::string>>(), "");
    }
  };
  for (const auto& f : global_flags()) add(f);
  if (about != nullptr) {
    for (const auto& f : about->flags) add(f);
  }
  all.add_options()("operand", po::value<std::vector<std::string>>(), "");
  return all;
}

std::string unknown_option_hint(std::string given, const verb* about) {
  std::vector<std::string> known;
  for (const auto& f : global_flags()) known.push_back("--" + std::string(f.name));
  if (about != nullptr) {
    for (const auto& f : about->flags) known.push_back("--" + std::string(f.name));
  }
  given = given.substr(0, given.find('='));
  return given.size() > 3 ? did_you_mean(given, known, "") : std::string();
}

po::parsed_options parse(const std::vector<std::string>& arguments,
                         const po::options_description& description, const verb* about) {
  namespace style = po::command_line_style;
  po::positional_options_description operands;
  operands.add("operand", -1);
  try {
    return po::command_line_parser(arguments)
        .options(description)
        .positional(operands)
        .style(style::unix_style & ~style::allow_guessing)
        .run();
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    throw usage_error("there is no option \"" + name + "\"", about,
                      unknown_option_hint(name, about));
  } catch (const po::error& error) {
    throw usage_error(error.what(), about);
  }
}

void check_choice(const flag& f, const std::string& value, const verb* about) {
  if (f.choices.empty()) return;
  std::vector<std::string> words;
  for (std::string_view rest = f.choices; !rest.empty();) {
    const auto end = std::min(rest.find(' '), rest.size());
    words.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (std::find(words.begin(), words.end(), value) != words.end()) return;
  throw usage_error(
      "--" + std::string(f.name) + " is one of " + enumerate(words) + ", not \"" + value + "\"",
      about);
}

duration timeout_from(const std::string& text, const verb* about) {
  const auto value = parse_duration(text);
  if (!value || value->count() == 0) {
    throw usage_error("--timeout \"" + text + "\" is not a duration above zero", about,
                      "try \"30s\" or \"2m\"");
  }
  return *value;
}

void take_global(invocation& into, const flag& f, const std::string& value) {
  if (f.name == "config") into.config = value;
  if (f.name == "state-dir") into.state_dir = value;
  if (f.name == "host") into.host = value;
  if (f.name == "token-file") into.token_file = value;
  if (f.name == "json") into.json = true;
  if (f.name == "quiet") into.quiet = true;
  if (f.name == "help") into.help = true;
  if (f.name == "version") into.version = true;
  if (f.name == "timeout") into.timeout = timeout_from(value, into.what);
  if (f.name == "color") {
    into.colours = value == "always"  ? when::always
                   : value == "never" ? when::never
                                      : when::automatic;
  }
}

void take_options(invocation& into, const po::parsed_options& parsed) {
  const auto find = [](const std::vector<flag>& flags, const std::string& name) -> const flag* {
    const auto it =
        std::find_if(flags.begin(), flags.end(), [&](const flag& f) { return f.name == name; });
    return it == flags.end() ? nullptr : &*it;
  };
  for (const auto& option : parsed.options) {
    const std::string value = option.value.empty() ? std::string() : option.value.front();
    const flag* global = find(global_flags(), option.string_key);
    const flag* own = into.what ? find(into.what->flags, option.string_key) : nullptr;
    if (const flag* f = global ? global : own) check_choice(*f, value, into.what);
    if (global != nullptr) {
      take_global(into, *global, value);
    } else if (own != nullptr) {
      into.own[option.string_key] = value;
    } else {
      into.operands.insert(into.operands.end(), option.value.begin(), option.value.end());
    }
  }
}

void check_operands(const invocation& given) {
  const verb& v = *given.what;
  const std::string name(v.name);
  const std::string form = "usage: aurorctl " + name + " " + std::string(v.operands);
  if (given.operands.size() < v.least) {
    throw usage_error("`" + name + "` needs " + std::string(v.operands), &v, form);
  }
  if (given.operands.size() > v.most) {
    const std::string extra = given.operands[v.most];
    throw usage_error("`" + name + "` does not take \"" + extra + "\"", &v, form);
  }
}

const verb* verb_named(const std::string& name) {
  if (const verb* found = find_verb(name)) return found;
  std::vector<std::string> names;
  for (const auto& v : verbs()) names.emplace_back(v.name);
  throw usage_error("there is no verb \"" + name + "\"", nullptr,
                    did_you_mean(name, names, "`aurorctl help` lists them"));
}

}  // namespace

std::optional<std::string> invocation::value(std::string_view name) const {
  const auto it = own.find(name);
  return it == own.end() ? std::nullopt : std::optional<std::string>(it->second);
}

invocation parse_arguments(const std::vector<std::string>& arguments) {
  invocation result;
  std::vector<std::string> rest = arguments;
  if (const auto at = verb_position(arguments); at < arguments.size()) {
    result.what = verb_named(arguments[at]);
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
  }
  take_options(result, parse(rest, description_of(result.what), result.what));
  if (result.what != nullptr && !result.help) check_operands(result);
  return result;
}

}  // namespace aurora::ctl
