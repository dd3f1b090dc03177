// What keeping logs costs, beside the least a program can do (the floor): a loop of epoll_wait,
// read and write, as in peerbench. Release build, on a quiet machine; in one run, so that ratios
// hold.
//
//   log_bench [FOLDER]    a folder on a file system with 2 GiB to spare (/dev/shm)

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "reactor/logs/log_hub.hpp"

namespace {

using namespace aurora;
using clock_type = std::chrono::steady_clock;

constexpr std::uint64_t flood_bytes = 1ULL << 30;
constexpr int chatty_services = 50, chatty_seconds = 4;
constexpr std::string_view chatty_line =
    "2026-11-23T12:00:00.000Z info a line of a hundred bytes, like those that services write all "
    "day\n";

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

void write_or_die(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto n = ::write(fd, data, size);
    if (n <= 0) std::_Exit(1);
    data += n;
    size -= static_cast<std::size_t>(n);
  }
}

// A service: floods, or writes a line each 5 ms.
pid_t serve(int fd, bool flood) {
  const auto pid = ::fork();
  if (pid != 0) return pid;
  if (flood) {
    std::string block;
    while (block.size() < 64 << 10) block += chatty_line;
    for (std::uint64_t left = flood_bytes; left > 0;) {
      const auto n = std::min<std::uint64_t>(left, block.size());
      write_or_die(fd, block.data(), n);
      left -= n;
    }
  } else {
    timespec next{};
    ::clock_gettime(CLOCK_MONOTONIC, &next);
    for (int i = 0; i < chatty_seconds * 200; ++i) {
      write_or_die(fd, chatty_line.data(), chatty_line.size());
      next.tv_nsec += 5'000'000;
      if (next.tv_nsec >= 1'000'000'000) next.tv_nsec -= 1'000'000'000, ++next.tv_sec;
      ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr);  // lint: sleeps: its pace
    }
  }
  std::_Exit(0);
}

struct result {
  double seconds = 0, cpu = 0;
};

// `run(stop)` keeps logs until so many bytes have come.
result measure(const std::vector<int>& writers, bool flood, const std::function<void()>& run) {
  const auto start = clock_type::now();
  const auto before = cpu_seconds();
  for (const int fd : writers) serve(fd, flood);
  run();
  result taken{seconds_since(start), cpu_seconds() - before};
  while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) continue;
  return taken;
}

result floor_case(const std::string& dir, int services, bool flood, int gather_ms) {
  struct log {
    int pipe[2], file;
  };
  std::vector<log> logs(static_cast<std::size_t>(services));
  std::vector<int> writers;
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < logs.size(); ++i) {
    auto& each = logs[i];
    const auto path = dir + "/floor" + std::to_string(i);
    each.file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (::pipe2(each.pipe, O_CLOEXEC) != 0 || each.file < 0) std::exit(1);
    ::fcntl(each.pipe[0], F_SETFL, O_NONBLOCK);
    ::fcntl(each.pipe[0], F_SETPIPE_SZ, 1 << 20);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &each;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, each.pipe[0], &event);
    writers.push_back(each.pipe[1]);
  }
  const auto total =
      flood ? flood_bytes
            : static_cast<std::uint64_t>(services) * chatty_seconds * 200 * chatty_line.size();
  const auto taken = measure(writers, flood, [&] {
    static char buffer[1 << 20];
    std::vector<epoll_event> ready(256);
    for (std::uint64_t moved = 0; moved < total;) {
      const int n = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), -1);
      ssize_t most = 0;
      for (int i = 0; i < n; ++i) {
        const auto* each = static_cast<log*>(ready[static_cast<std::size_t>(i)].data.ptr);
        const auto got = ::read(each->pipe[0], buffer, sizeof buffer);
        if (got <= 0) continue;
        write_or_die(each->file, buffer, static_cast<std::size_t>(got));
        moved += static_cast<std::uint64_t>(got);
        most = std::max(most, got);
      }
      const timespec pause{0, gather_ms * 1'000'000L};
      if (gather_ms && most < 1 << 18)
        ::nanosleep(&pause, nullptr);  // lint: sleeps: the floor gathers so
    }
  });
  for (auto& each : logs) ::close(each.pipe[0]), ::close(each.pipe[1]), ::close(each.file);
  ::close(poll);
  return taken;
}

result hub_case(const std::string& dir, int services, bool flood) {
  boost::asio::io_context loop(1);
  reactor::worker_pool workers;
  reactor::log_hub::options how;
  how.fifo_dir = dir + "/run";
  how.log_dir = dir + "/logs";
  reactor::log_hub hub(loop.get_executor(), workers, how);
  hub.start();
  std::vector<std::unique_ptr<reactor::log_channel>> channels;
  std::vector<int> writers;
  logs_spec spec;
  spec.max_size = byte_count{2ULL << 30};
  for (int i = 0; i < services; ++i) {
    channels.push_back(std::move(hub.open("service" + std::to_string(i), spec, {}).value()));
    writers.push_back(channels.back()->stdout_fd());
  }
  const auto total =
      flood ? flood_bytes
            : static_cast<std::uint64_t>(services) * chatty_seconds * 200 * chatty_line.size();
  const auto taken = measure(writers, flood, [&] {
    while (hub.counted().bytes < total) loop.run_one();
  });
  const auto counted = hub.counted();
  std::printf("  hub: %llu wakes, %llu ticks, %llu reads\n",
              static_cast<unsigned long long>(counted.wakes),
              static_cast<unsigned long long>(counted.ticks),
              static_cast<unsigned long long>(counted.reads));
  channels.clear();
  boost::asio::co_spawn(loop, hub.stop(), [](const std::exception_ptr&) {});
  loop.run();
  return taken;
}

void show(const char* what, const result& r, bool flood) {
  if (flood)
    std::printf("%-28s %7.0f MB/s  %.3f CPU s/GB\n", what, 1073.7 / r.seconds, r.cpu / 1.0737);
  else
    std::printf("%-28s %6.2f %% CPU\n", what, 100 * r.cpu / r.seconds);
}

}  // namespace

int main(int argc, char** argv) {
  auto dir = std::string(argc > 1 ? argv[1] : "/dev/shm") + "/aurora-log-bench-XXXXXX";
  if (!::mkdtemp(dir.data())) return 1;
  const auto clean = [&] {
    for (const auto& each : std::filesystem::directory_iterator(dir))
      std::filesystem::remove_all(each.path());
  };
  for (int round = 0; round < 3; ++round) {
    show("flood, floor", floor_case(dir, 1, true, 0), true);
    clean();
    show("flood, hub", hub_case(dir, 1, true), true);
    clean();
  }
  show("50 chatty, floor", floor_case(dir, chatty_services, false, 0), false);
  show("50 chatty, floor, 10 ms", floor_case(dir, chatty_services, false, 10), false);
  clean();
  show("50 chatty, hub", hub_case(dir, chatty_services, false), false);
  std::filesystem::remove_all(dir);
}
