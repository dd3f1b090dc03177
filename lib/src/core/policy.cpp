#include <algorithm>

#include "core/engine_impl.hpp"

// What follows an end that nobody asked for.
namespace aurora::core {
namespace {

bool is_success(const service_spec& spec, const ending& end) {
  if (end.by != ending::cause::itself || !end.exit) return false;
  if (end.exit->how != exit_status::kind::exited) return false;
  const auto& codes = spec.restart.success_codes;
  return std::find(codes.begin(), codes.end(), end.exit->code) != codes.end();
}

enum class verdict { restart, complete, fail };

/// The table of aurora.json(5), `restart.policy`.
verdict judge(const service_spec& spec, bool success) {
  const restart_policy policy = spec.restart.policy;
  if (success) {
    const bool again = spec.type == service_type::service && policy == restart_policy::always;
    return again ? verdict::restart : verdict::complete;
  }
  return policy == restart_policy::never ? verdict::fail : verdict::restart;
}

// What aurorad ends with when a critical service gave up: a failure is never told as 0.
int code_of(const std::optional<exit_status>& exit) {
  if (exit && exit->how == exit_status::kind::signaled) return 128 + exit->signal;
  if (exit && exit->how == exit_status::kind::exited && exit->code != 0) return exit->code;
  return 1;
}

evidence evidence_of(const ending& end) {
  evidence because;
  if (!end.told) because.exit = end.exit;
  because.text = end.text;
  return because;
}

// Where the cause is in the journal already, an entry tells what follows instead.
reason cause_or(const ending& end, reason otherwise) {
  const bool known = end.told || end.why == reason::start_timeout || end.why == reason::unhealthy ||
                     end.why == reason::watchdog;
  return known ? otherwise : end.why;
}

}  // namespace

void engine::impl::decide(instance& i, const ending& end) {
  if (end.why == reason::exec_failed) return give_up(i, end.why, evidence_of(end), 127);
  if (end.why == reason::spawn_retry) {
    const unsigned tries = ++i.budget.spawn_retries;
    evidence because = evidence_of(end);
    because.count = tries;
    // A tenth of jitter: what all could not do at once must not be tried by all at once.
    because.delay = duration(static_cast<duration::rep>(
        static_cast<double>(spawn_retry_delay(tries).count()) * (0.9 + 0.2 * luck.share())));
    const instant until = after(now, *because.delay);
    return move(i, phase::backoff{until}, end.why, std::move(because));
  }
  switch (judge(*i.spec, is_success(*i.spec, end))) {
    case verdict::restart:
      return start_again(i, end);
    case verdict::complete:
      return move(i, phase::completed{}, reason::completed, evidence_of(end));
    case verdict::fail:
      return give_up(i, reason::policy_never, evidence_of(end), code_of(i.last_exit));
  }
}

void engine::impl::start_again(instance& i, const ending& end) {
  const restart_spec& rule = i.spec->restart;
  evidence because = evidence_of(end);
  because.limit = rule.limit;
  const bool room = i.budget.window.admit(now, rule);
  because.count = i.budget.window.used();
  if (!room) {
    because.delay = rule.window;
    return give_up(i, reason::limit_reached, std::move(because), code_of(i.last_exit));
  }
  if (end.ready_for >= rule.reset_after && end.ready_for > duration::zero()) i.budget.in_row = 0;
  if (i.budget.in_row != static_cast<unsigned>(-1)) ++i.budget.in_row;
  ++i.restarts;
  const unsigned n = i.budget.in_row;
  const duration delay = with_floor(restart_delay(rule, n, luck.share()), end.lived, n);
  because.delay = delay;
  move(i, phase::backoff{after(now, delay)}, cause_or(end, reason::backoff), std::move(because));
}

/// For good: only an operator, a reload or a changed file brings it back.
void engine::impl::give_up(instance& i, reason why, evidence because, int code) {
  move(i, phase::failed{}, why, std::move(because));
  if (!i.spec->critical || shutdown) return;
  motive m{reason::critical_failed, {}};
  m.because.dependency = i.name;
  shut_down(std::move(m), code);
}

}  // namespace aurora::core
