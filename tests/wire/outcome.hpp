#pragma once

#include <stdexcept>

#include <boost/assert/source_location.hpp>

#include <aurora/answers.hpp>

namespace aurora {

/// Lets a test say `result.value()` where the error is a problem: found by the type of the error.
[[noreturn]] inline void throw_exception_from_error(const problem& fault,
                                                    const boost::source_location&) {
  throw std::runtime_error(fault.title + ": " + fault.detail);
}

}  // namespace aurora
