#pragma once

namespace aurora::test {

/// Whether this build has a sanitizer that brings its own heap: what is measured of memory is then
/// that one's. g++ defines a macro, clang answers a question.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define AURORA_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define AURORA_SANITIZED 1
#endif
#ifdef AURORA_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace aurora::test
