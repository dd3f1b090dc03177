#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>

#include <aurora/version.hpp>

#include "context.hpp"
#include "help.hpp"
#include "run.hpp"
#include "text.hpp"

namespace aurora::ctl {

bool means(const std::vector<std::string>& names, const service_view& service) {
  return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return service.name == name || service.service == name;
         });
}

std::vector<const service_view*> select(const status_view& status,
                                        const std::vector<std::string>& names) {
  std::vector<const service_view*> chosen;
  for (const auto& name : names) {
    const bool known =
        std::any_of(status.services.begin(), status.services.end(),
                    [&](const service_view& s) { return s.name == name || s.service == name; });
    if (known) continue;
    std::vector<std::string> all;
    for (const auto& s : status.services) {
      all.push_back(s.name);
      if (s.service != s.name) all.push_back(s.service);
    }
    throw failure(exit_code::no_such_service, "there is no service \"" + name + "\"",
                  did_you_mean(name, all, "`aurorctl status` lists them"));
  }
  for (const auto& s : status.services) {
    if (means(names, s)) chosen.push_back(&s);
  }
  return chosen;
}

void tell(terminal& err, const failure& what) {
  const auto clean = [](const std::string& text) { return neutralise(text, sgr::strip); };
  err.line(err.paint(colour::red, "aurorctl:") + " " + clean(what.what));
  for (const auto& detail : what.details) err.line("  " + clean(detail));
  if (!what.hint.empty()) err.line("  " + err.paint(colour::dim, "hint:") + " " + clean(what.hint));
  err.flush();
}

namespace {

int dispatch(context& c) {
  const invocation& given = c.given;
  if (given.version) {
    c.out.line(std::string("aurorctl ") + aurora::version);
    return 0;
  }
  if (given.what == nullptr) {
    print_overview(given.help ? c.out : c.err);
    return given.help ? 0 : code(exit_code::usage);
  }
  if (given.help) {
    print_help(c.out, *given.what);
    return 0;
  }
  return given.what->run(c);
}

/// A result that could not be written is a failure, unless its reader just went away.
int settle(context& c, int result) {
  c.out.flush();
  c.err.flush();
  if (c.out.fault() == 0 || result != 0) return result;
  tell(c.err, {exit_code::failed,
               fmt::format("cannot write the output: {}", std::strerror(c.out.fault()))});
  return code(exit_code::failed);
}

int guarded(context& c, int (*what)(context&)) {
  try {
    return settle(c, what(c));
  } catch (const failure& fault) {
    c.out.flush();
    tell(c.err, fault);
    return code(fault.code);
  } catch (const std::exception& error) {
    c.out.flush();
    tell(c.err, {exit_code::failed, std::string("internal error: ") + error.what(),
                 "please report it with the command line that led here"});
    return code(exit_code::failed);
  }
}

/// Nothing: they are wrong, and the user knows.
std::optional<invocation> parsed(const std::vector<std::string>& arguments, int& fault) {
  try {
    return parse_arguments(arguments);
  } catch (const failure& what) {
    terminal err(2, when::automatic);
    tell(err, what);
    fault = code(what.code);
    return std::nullopt;
  }
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  int fault = 0;
  auto given = parsed(arguments, fault);
  if (!given) return fault;
  context c(std::move(*given));
  return guarded(c, dispatch);
}

int run_instead(const std::vector<std::string>& arguments, std::string_view verb,
                int (*what)(context&)) {
  int fault = 0;
  auto given = parsed(arguments, fault);
  if (!given) return fault;
  context c(std::move(*given));
  if (c.given.what != nullptr && c.given.what->name == verb && !c.given.help && !c.given.version) {
    return guarded(c, what);
  }
  tell(c.err, {exit_code::usage, "this program is a part of aurorctl",
               "use `aurorctl " + std::string(verb) + "`"});
  return code(exit_code::usage);
}

}  // namespace aurora::ctl
