#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/system/error_code.hpp>

namespace aurora::server {

/// The completion handler of a read or a write, whatever its type: what is beneath a stream is
/// compiled once, not for each operation above it. It runs where the handler wants to run and is
/// cancelled with it; of a filter of its slot nothing is kept: emit `terminal`.
///
/// Not asio::any_completion_handler: Beast's timed streams cannot post to its kind of executor.
class transfer_handler {
 public:
  using executor_type = boost::asio::any_io_executor;
  using cancellation_slot_type = boost::asio::cancellation_slot;

  /// otherwise: where it runs when it does not care.
  template <class Handler>
  transfer_handler(Handler handler, const executor_type& otherwise)
      : executor_(boost::asio::get_associated_executor(handler, otherwise)),
        slot_(boost::asio::get_associated_cancellation_slot(handler)),
        target_(std::make_unique<of<Handler>>(std::move(handler))) {}

  executor_type get_executor() const noexcept { return executor_; }
  cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }

  /// Once.
  void operator()(boost::system::error_code ec, std::size_t size) {
    const auto target = std::move(target_);
    target->complete(ec, size);
  }

 private:
  struct any {
    virtual ~any() = default;
    virtual void complete(boost::system::error_code ec, std::size_t size) = 0;
  };
  template <class Handler>
  struct of final : any {
    explicit of(Handler&& from) : handler(std::move(from)) {}
    void complete(boost::system::error_code ec, std::size_t size) override {
      std::move(handler)(ec, size);
    }
    Handler handler;
  };

  executor_type executor_;
  cancellation_slot_type slot_;
  std::unique_ptr<any> target_;
};

}  // namespace aurora::server
