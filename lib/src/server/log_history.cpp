#include "server/log_history.hpp"

#include "reactor/logs/log_reader.hpp"

namespace aurora::server {
namespace {

constexpr std::size_t piece = 256 * 1024;  // bytes of text handed on at a time

class merged_files : public log_history {
 public:
  merged_files(std::vector<std::string> names, std::vector<reactor::log_reader> readers)
      : names_(std::move(names)), merge_(std::move(readers)) {}

  std::vector<wire::log_line> next() override {
    std::vector<wire::log_line> out;
    for (auto& [reader, line] : merge_.next(piece)) {
      wire::log_line& made = out.emplace_back();
      made.name = names_[reader];
      if (line.time != wall_time{}) made.at = line.time;
      made.offset = line.offset;
      made.text = std::move(line.text);
      made.partial = line.partial;
    }
    return out;
  }

 private:
  std::vector<std::string> names_;
  reactor::log_merge merge_;
};

}  // namespace

history_opener file_history(std::string log_dir, std::string run_dir) {
  return [log_dir = std::move(log_dir),
          run_dir = std::move(run_dir)](const std::vector<history_request>& requests) {
    std::vector<std::string> names;
    std::vector<reactor::log_reader> readers;
    for (const auto& request : requests) {
      reactor::log_query what;
      what.last = request.lines;
      what.since = request.since;
      what.from = request.from;
      what.until = request.until;
      names.push_back(request.instance);
      readers.emplace_back(reactor::log_place{log_dir, run_dir, request.instance}, what);
    }
    return std::unique_ptr<log_history>(
        std::make_unique<merged_files>(std::move(names), std::move(readers)));
  };
}

}  // namespace aurora::server
