#include "reactor/logs/log_hub.hpp"

#include <utility>

#include "reactor/logs/hub_core.hpp"

namespace aurora::reactor {
namespace {

using logs::hub_core;
using logs::source_ptr;

// A channel of one stream.
class single_channel : public log_channel {
 public:
  single_channel(std::shared_ptr<hub_core> hub, source_ptr out)
      : hub_(std::move(hub)), out_(std::move(out)) {}
  ~single_channel() override {
    hub_->close(*out_);
    if (retired_) out_->stream.remove_files();
  }

  int stdout_fd() const override { return out_->stream.pipe().writer.get(); }
  int stderr_fd() const override { return stdout_fd(); }
  void drain() override {
    hub_->drain(*out_);
    hub_->after(out_);
  }
  std::shared_ptr<void> tap(sink to) override { return out_->stream.tap(std::move(to)); }
  std::string path() const override { return out_->stream.file().path(); }
  std::uint64_t bytes() const override { return out_->stream.end(); }
  std::uint64_t dropped() const override { return out_->stream.dropped(); }
  void configure(const logs_spec& spec) override {
    out_->stream.configure(spec);
    hub_->after(out_);
  }
  void retire() override { retired_ = true; }

 protected:
  std::shared_ptr<hub_core> hub_;

 private:
  source_ptr out_;
  bool retired_ = false;
};

// The channel of an instance: one stream, or two when stderr is kept apart.
class channel final : public single_channel {
 public:
  channel(std::shared_ptr<hub_core> hub, std::string instance, hub_core::owner_ids owner,
          source_ptr out)
      : single_channel(std::move(hub), std::move(out)),
        instance_(std::move(instance)),
        owner_(owner) {}

  boost::system::error_code separate(const logs_spec& spec) {
    auto opened = hub_->open(instance_, instance_ + std::string(stderr_log_suffix), spec, owner_);
    if (!opened) return opened.error();
    err_ = std::make_unique<single_channel>(hub_, *opened);
    apart_ = true;
    return {};
  }

  int stderr_fd() const override { return apart_ ? err_->stdout_fd() : stdout_fd(); }
  void drain() override {
    single_channel::drain();
    if (err_) err_->drain();
  }
  std::uint64_t dropped() const override {
    return single_channel::dropped() + (err_ ? err_->dropped() : 0);
  }
  void configure(const logs_spec& spec) override {
    single_channel::configure(spec);
    const bool wanted = spec.err == stderr_mode::separate;
    if (wanted && !err_) separate(spec);
    // The old pipe stays: a running service may still hold its other end.
    if (err_) err_->configure(spec);
    apart_ = wanted && err_ != nullptr;
  }
  log_channel* separate_stderr() override { return err_.get(); }
  void retire() override {
    single_channel::retire();
    if (err_) err_->retire();
  }

 private:
  std::string instance_;
  hub_core::owner_ids owner_;
  std::unique_ptr<single_channel> err_;
  bool apart_ = false;
};

}  // namespace

log_hub::log_hub(boost::asio::any_io_executor executor, worker_pool& workers, options how)
    : impl_(std::make_shared<hub_core>(std::move(executor), workers, std::move(how))) {}
log_hub::~log_hub() = default;

boost::system::result<std::unique_ptr<log_channel>> log_hub::open(
    const std::string& instance, const logs_spec& spec,
    std::optional<std::pair<uid_t, gid_t>> owner) {
  auto out = impl_->open(instance, instance, spec, owner);
  if (!out) return out.error();
  auto made = std::make_unique<channel>(impl_, instance, owner, *out);
  if (spec.err == stderr_mode::separate)
    if (const auto error = made->separate(spec)) return error;
  return std::unique_ptr<log_channel>(std::move(made));
}

void log_hub::start() { impl_->start(); }

boost::asio::awaitable<void> log_hub::stop() { return impl_->stop(); }

void log_hub::reopen() { impl_->reopen(); }

void log_hub::limit_total(std::uint64_t bytes) { impl_->limit_total(bytes); }

log_hub::activity log_hub::counted() const { return impl_->counted(); }

}  // namespace aurora::reactor
