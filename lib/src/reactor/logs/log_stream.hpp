#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/logs/backlog.hpp"
#include "reactor/logs/fifo.hpp"
#include "reactor/logs/intake.hpp"
#include "reactor/logs/log_file.hpp"
#include "reactor/logs/log_hub.hpp"
#include "reactor/logs/mark_file.hpp"

namespace aurora::reactor::logs {

/// One pipe and the log it ends up in: what is read goes to the file in the same breath, then to
/// the taps. While the file cannot be written it waits in a backlog, and what finds no room there
/// is dropped and counted. The hub says when to read.
///
/// Offsets: byte n of the log is the same byte for the file, the marks and the taps. Output that
/// was dropped keeps its offsets: there is a gap, with the line that tells of it at its beginning.
class log_stream {
 public:
  struct settings {
    std::string name;      ///< of the files: the instance, or with `.err`
    std::string instance;  ///< as faults are told
    std::string fifo_dir, log_dir;
    std::size_t pipe_size = 0;
    std::size_t backlog = 0;
    std::function<void(const std::string& instance, const std::string& fault)> on_fault;
    std::function<void(descriptor)> dispose;
  };
  log_stream(settings how);
  log_stream(const log_stream&) = delete;
  log_stream& operator=(const log_stream&) = delete;

  /// `rest`: what a daemon before had read and may not have written; the log gets what it lacks.
  /// Returns 0 or an errno value: of the pipe only. A file that cannot be opened is a fault.
  int open(std::vector<segment> found, const logs_spec& spec,
           std::optional<std::pair<uid_t, gid_t>> owner, const std::optional<intake::rest>& rest);
  void configure(const logs_spec& spec);

  struct portion {
    std::size_t bytes = 0;
    bool empty = false;  ///< nothing is left in the pipe
  };
  /// One read of what is in the pipe, by way of memory that all share.
  portion read(intake& through);
  /// Reads what is in the pipe now, and no more: whoever still writes cannot hold us.
  void drain(intake& through);

  /// The service went silent: what was put off for its sake.
  void settle(bool close_file);
  /// A last try to write what waits, and the marks.
  void finish();
  bool faulty() const { return failed_; }
  /// Tries the file again. When all that waited is in it, the fault is over.
  void retry();
  void reopen();
  /// Takes the pipe and the marks off the disk, for an instance that is gone; the log stays.
  void remove_files();

  std::shared_ptr<void> tap(log_channel::sink to);
  bool tapped() const;

  const fifo& pipe() const { return pipe_; }
  log_file& file() { return file_; }
  std::uint64_t end();
  std::uint64_t dropped() const { return dropped_; }
  bool packs() const { return spec_.compress; }

 private:
  struct listener {
    log_channel::sink to;
  };

  void take(std::string_view bytes);
  void take_over(const intake::rest& rest);
  std::size_t pending() const;
  void hold(std::string_view bytes);
  void fail(int error);
  bool write_marker();
  bool write_waiting();
  void deliver(std::string_view bytes, std::uint64_t offset);
  void tell();
  std::uint64_t next_offset() const;
  std::string fifo_path() const { return how_.fifo_dir + '/' + how_.name + ".fifo"; }
  std::string marks_path() const { return how_.fifo_dir + '/' + how_.name + ".marks"; }

  settings how_;
  logs_spec spec_;
  fifo pipe_;
  mark_file marks_;
  log_file file_;
  wall_time flushed_{};

  bool failed_ = false;
  int error_ = 0;
  std::string told_;  // the fault as last told
  backlog waiting_;
  std::uint64_t waiting_from_ = 0;  // the offset of its first byte
  std::uint64_t lost_ = 0;          // dropped since the last marker
  std::uint64_t dropped_ = 0;
  std::string marker_;  // the rest of one that was cut short

  std::vector<std::weak_ptr<listener>> listeners_;
  int delivering_ = 0;
};

}  // namespace aurora::reactor::logs
