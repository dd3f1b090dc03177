#pragma once

#include <vector>

#include "config/draft.hpp"

namespace aurora::config {

/// Fills in what rests on other keys (readiness, the TCP probe of a bare port, the layers of the
/// environment) and reports what does not go together within one service.
void resolve(reader& in, const stack_draft& stack, service_draft& service);

/// Reports a `restart.limit` that its own backoff keeps from being reached within the window.
/// What is the same for all, because `defaults` says it, is reported once: for the first of them.
class budget_check {
 public:
  budget_check(reader& in, const stack_draft& stack) : in_(in), stack_(stack) {}
  void operator()(const service_draft& service);

 private:
  reader& in_;
  const stack_draft& stack_;
  bool told_of_defaults_ = false;
};

/// Reports unknown names, dependencies on oneself, cycles and ports given to two services.
/// `services`: sorted by name.
void check_references(reader& in, const stack_draft& stack,
                      const std::vector<service_draft>& services);

}  // namespace aurora::config
