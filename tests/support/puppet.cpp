// A program that does as it is told, for tests: it connects to the Unix socket that PUPPET_SOCKET
// names, obeys a line at a time and acknowledges each ("ok ...", "no ..."); or it does one thing
// for good, by its arguments (see usage()). Plain C++ and static, without sanitizers: it must
// behave as any service would, whatever the build under test is made with.
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "support/puppet_parts.hpp"

using namespace puppetry;

namespace {

void pause_for(long milliseconds) { ::poll(nullptr, 0, static_cast<int>(milliseconds)); }

int usage() {
  static const char text[] =
      "usage: puppet                       obey the socket of $PUPPET_SOCKET\n"
      "       puppet [OPTION VALUE]...     in this order, then rest until killed\n"
      "  --ignore-term        ignore SIGTERM\n"
      "  --lines N            N numbered lines: RUN SEQUENCE CHECKSUM (0: for ever)\n"
      "  --every MS           pause between the lines that follow\n"
      "  --err TEXT, --out TEXT   a line\n"
      "  --flood BYTES        (0: for ever)\n"
      "  --notify TEXT        to $NOTIFY_SOCKET\n"
      "  --wait MS            do nothing for so long\n"
      "  --http PORT          serve 200 on 127.0.0.1 (0: a free port, printed); never returns\n"
      "  --status CODE        what --http answers\n"
      "  --fork               leave a child behind\n"
      "  --mode crash-after MS | exit CODE | raise SIGNAL\n";
  write_all(2, text, sizeof text - 1);
  return 2;
}

int act(int argc, char** argv) {
  long every = 0;
  int status = 200;
  std::uint64_t sequence = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
    if (option == "--ignore-term") {
      ::signal(SIGTERM, SIG_IGN);
    } else if (option == "--lines") {
      const auto count = std::strtoull(value().c_str(), nullptr, 10);
      for (std::uint64_t n = 0; count == 0 || n < count; ++n) {
        if (!write_all(1, numbered(++sequence))) return 1;
        if (every > 0) pause_for(every);
      }
    } else if (option == "--every") {
      every = std::atol(value().c_str());
    } else if (option == "--out") {
      write_all(1, value() + "\n");
    } else if (option == "--err") {
      write_all(2, value() + "\n");
    } else if (option == "--flood") {
      const auto bytes = std::strtoull(value().c_str(), nullptr, 10);
      if (!flood(1, bytes == 0 ? UINT64_MAX : bytes)) return 1;
    } else if (option == "--notify") {
      notify(value());
    } else if (option == "--wait") {
      pause_for(std::atol(value().c_str()));
    } else if (option == "--status") {
      status = std::atoi(value().c_str());
    } else if (option == "--http") {
      http_server server;
      const int port = server.open(std::atoi(value().c_str()));
      if (port < 0) return std::perror("puppet: listen"), 1;
      write_all(1, format("listening on %d\n", port));
      server.serve(&status);
    } else if (option == "--fork") {
      if (::fork() == 0) rest();
    } else if (option == "--report") {  // for "escape-unmarked": says who it is, then rests
      const pid_t own = ::getpid();
      write_all(std::atoi(value().c_str()), reinterpret_cast<const char*>(&own), sizeof own);
      rest();
    } else if (option == "--mode") {
      const auto mode = value();
      const auto argument = value();
      if (mode == "crash-after") return pause_for(std::atol(argument.c_str())), 1;
      if (mode == "exit") return std::atoi(argument.c_str());
      if (mode == "raise") return fall(signal_of(argument)), 1;
      return usage();
    } else {
      return usage();
    }
  }
  rest();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return act(argc, argv);
  const auto path = environment("PUPPET_SOCKET");
  if (path.empty()) return usage();
  const int master = connect_to(path);
  if (master < 0) return std::perror("puppet: PUPPET_SOCKET"), 1;
  obey(master);
}
