#include "wire/sign_in.hpp"

#include <algorithm>
#include <utility>

namespace aurora::wire {
namespace {

constexpr std::size_t code_bytes = 32;

}  // namespace

void failure_limiter::forget(instant now) {
  while (!failures_.empty() && failures_.front() + window <= now) failures_.pop_front();
}

void failure_limiter::failed(instant now) {
  forget(now);
  if (failures_.size() < most_) failures_.push_back(now);
}

bool failure_limiter::limited(instant now) {
  forget(now);
  return failures_.size() >= most_;
}

duration failure_limiter::wait(instant now) {
  return limited(now) ? failures_.front() + window - now : duration{};
}

sign_in::sign_in(crypto& with, std::string token, std::size_t most_failures)
    : with_(with), limits_(most_failures) {
  if (is_token(token)) text_ = std::move(token);
}

void sign_in::prepare() {
  if (std::exchange(prepared_, true) || text_.empty()) return;
  token_ = with_.sha256(text_);
  session_key_ = base64url(with_.hmac_sha256(text_, "aurora: sessions, version 1"));
}

std::optional<identity> sign_in::who(std::string_view token, instant now, wall_time wall) {
  prepare();
  const bool any = !text_.empty();
  std::optional<identity> found;
  if (any && same(token_, with_.sha256(token))) {
    found = identity{role::operate, std::nullopt, "the token"};
  } else if (any) {
    found = read_session(with_, session_key_, token, wall);
  }
  if (!found) limits_.failed(now);
  return found;
}

void sign_in::forget_codes(instant now) {
  std::erase_if(codes_, [&](const code& each) { return each.until <= now; });
}

std::string sign_in::make_code(role may, instant now) {
  forget_codes(now);
  if (codes_.size() >= most_codes) codes_.pop_front();
  std::string text = random_text(with_, code_bytes);
  codes_.push_back({with_.sha256(text), may, now + code_life});
  return text;
}

std::optional<sign_in::traded> sign_in::trade(std::string_view text, instant now, wall_time wall) {
  prepare();
  forget_codes(now);
  const digest shown = with_.sha256(text);
  auto found = codes_.end();
  for (auto each = codes_.begin(); each != codes_.end(); ++each) {
    if (same(each->of, shown)) found = each;
  }
  if (text_.empty() || found == codes_.end()) {
    limits_.failed(now);
    return std::nullopt;
  }
  const role may = found->may;
  codes_.erase(found);
  const auto until = wall + std::chrono::floor<std::chrono::milliseconds>(session_life);
  traded out{make_session(with_, session_key_, may, until), {}};
  out.who = read_session(with_, session_key_, out.session.text, wall).value_or(identity{});
  return out;
}

}  // namespace aurora::wire
