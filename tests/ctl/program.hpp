#pragma once

#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "support/temp_dir.hpp"

namespace aurora::test {

/// The real aurorctl as a child of the test: its output, its exit code. Every wait is for something
/// it says or does; 30 s are the limit that only a failing test reaches.
class program {
 public:
  enum class output { pipe, terminal };
  struct setup {
    std::map<std::string, std::string> environment;  ///< beside PATH, LC_ALL and TERM
    output to = output::pipe;                        ///< stdout and stderr
    std::string file;                                ///< another copy of the program
    std::string directory;                           ///< to run in
  };
  explicit program(const std::vector<std::string>& arguments) : program(arguments, setup()) {}
  program(const std::vector<std::string>& arguments, const setup& how);
  ~program();
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  /// Until what it has printed on stdout (or the terminal) contains `text`.
  bool printed(const std::string& text);
  /// The same for stderr.
  bool complained(const std::string& text);
  void signal(int number);
  /// Nobody reads its stdout any more.
  void close_output();
  /// Reads the rest and waits for its end. Returns: the exit code, 128 + signal where it was
  /// killed.
  int wait();

  std::string out, err;

 private:
  bool read_until(const std::string& text, const std::string& where);
  bool read_some(int limit_ms);
  pid_t pid_ = -1;
  int out_fd_ = -1, err_fd_ = -1;
};

struct outcome {
  int code = -1;
  std::string out, err;
};
outcome run(const std::vector<std::string>& arguments, const program::setup& how = {});

}  // namespace aurora::test
