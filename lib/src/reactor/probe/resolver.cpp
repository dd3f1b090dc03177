#include "reactor/probe/resolver.hpp"

#include <netdb.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "reactor/task_scope.hpp"

namespace aurora::reactor {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// Answers for what needs no name server; empty: it does.
std::vector<tcp::endpoint> known(const host_port& at) {
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(at.host, ec);
  if (!ec) return {tcp::endpoint(address, at.port)};
  constexpr std::string_view localhost = "localhost";
  const std::string_view host(at.host.data(), at.host.size() - (at.host.ends_with('.') ? 1U : 0U));
  const bool local = std::equal(host.begin(), host.end(), localhost.begin(), localhost.end(),
                                [](unsigned char a, char b) { return std::tolower(a) == b; });
  if (!local) return {};
  return {tcp::endpoint(asio::ip::address_v4::loopback(), at.port),
          tcp::endpoint(asio::ip::address_v6::loopback(), at.port)};
}

/// A thread that takes no signal: those belong to the loop.
void start_thread(std::function<void()> body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::exception_ptr failure;
  try {
    std::thread(std::move(body)).detach();
  } catch (...) {
    failure = std::current_exception();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failure) std::rethrow_exception(failure);
}

resolved ask_now(const resolve_function& resolve, const host_port& at) {
  try {
    return resolve(at);
  } catch (const std::exception& error) {
    resolved none;
    none.fault = fmt::format("cannot resolve '{}': {}", at.host, error.what());
    return none;
  }
}

}  // namespace

resolved resolve_by_system(const host_port& at) {
  resolved answer;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(at.host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    std::string why = error == EAI_SYSTEM ? std::system_category().message(errno)
                                          : std::string(::gai_strerror(error));
    if (!why.empty()) why[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(why[0])));
    answer.fault = fmt::format("cannot resolve '{}': {}", at.host, why);
    return answer;
  }
  for (const auto* each = list; each != nullptr; each = each->ai_next) {
    tcp::endpoint endpoint;
    if (each->ai_addrlen > endpoint.capacity()) continue;
    std::copy_n(reinterpret_cast<const char*>(each->ai_addr), each->ai_addrlen,
                reinterpret_cast<char*>(endpoint.data()));
    endpoint.resize(each->ai_addrlen);
    endpoint.port(at.port);
    answer.addresses.push_back(endpoint);
  }
  ::freeaddrinfo(list);
  if (answer.addresses.empty()) answer.fault = fmt::format("'{}' has no address", at.host);
  return answer;
}

/// One name that is asked for, and who waits for it. Of the loop alone.
struct resolver::question {
  explicit question(const asio::any_io_executor& executor)
      : answered(executor, asio::steady_timer::time_point::max()) {}
  resolved answer;
  bool done = false;
  unsigned waiting = 0;
  asio::steady_timer answered;
};

/// The open questions. Of the loop alone; threads know it only weakly.
struct resolver::desk {
  std::map<std::string, std::shared_ptr<question>> open;

  void answer(const std::string& key, resolved&& found) {
    const auto it = open.find(key);
    if (it == open.end()) return;
    it->second->answer = std::move(found);
    it->second->done = true;
    it->second->answered.cancel();
    open.erase(it);
  }
};

/// What the loop shares with the threads, under the mutex.
struct resolver::office {
  std::mutex mutex;
  std::deque<host_port> queue;
  unsigned threads = 0;
  asio::any_io_executor loop;  ///< empty: the resolver is gone
  std::weak_ptr<desk> answers;
  resolve_function resolve;
};

resolver::resolver(asio::any_io_executor executor, resolve_function resolve)
    : office_(std::make_shared<office>()), desk_(std::make_shared<desk>()) {
  office_->loop = std::move(executor);
  office_->answers = desk_;
  office_->resolve = std::move(resolve);
}

resolver::~resolver() { close(); }

void resolver::close() {
  const std::lock_guard lock(office_->mutex);
  office_->queue.clear();
  office_->loop = {};
}

unsigned resolver::threads() const {
  const std::lock_guard lock(office_->mutex);
  return office_->threads;
}

void resolver::work(std::shared_ptr<office> office) {
  std::unique_lock lock(office->mutex);
  while (!office->queue.empty()) {
    const auto at = std::move(office->queue.front());
    office->queue.pop_front();
    lock.unlock();
    resolved found = ask_now(office->resolve, at);
    lock.lock();
    // Under the mutex, so that the loop cannot go while it is posted to.
    if (office->loop)
      asio::post(office->loop,
                 [answers = office->answers, key = at.text(), found = std::move(found)]() mutable {
                   if (const auto desk = answers.lock()) desk->answer(key, std::move(found));
                 });
  }
  --office->threads;
}

std::shared_ptr<resolver::question> resolver::ask(const host_port& at) {
  auto& slot = desk_->open[at.text()];
  if (slot) return slot;
  const std::lock_guard lock(office_->mutex);
  slot = std::make_shared<question>(office_->loop);
  const auto asked = slot;
  office_->queue.push_back(at);
  if (office_->threads == most_threads) return asked;
  try {
    start_thread([shared = office_] { work(shared); });
    ++office_->threads;
  } catch (const std::system_error& error) {
    if (office_->threads > 0) return asked;  // one of those takes it
    office_->queue.pop_back();
    resolved none;
    none.fault =
        fmt::format("cannot resolve '{}': no thread for it ({})", at.host, error.code().message());
    desk_->answer(at.text(), std::move(none));
  }
  return asked;
}

/// One probe's interest in a question. The last one that leaves takes back what no thread has
/// begun.
struct resolver::interest {
  interest(resolver& owner, const host_port& at)
      : owner_(owner), key_(at.text()), asked(owner.ask(at)) {
    ++asked->waiting;
  }
  ~interest() {
    if (--asked->waiting == 0 && !asked->done) withdraw();
  }
  interest(const interest&) = delete;
  interest& operator=(const interest&) = delete;

  /// True: no thread had begun with it.
  bool withdraw() {
    auto& office = *owner_.office_;
    const std::lock_guard lock(office.mutex);
    const auto queued = std::find_if(office.queue.begin(), office.queue.end(),
                                     [&](const host_port& each) { return each.text() == key_; });
    if (queued == office.queue.end()) return false;
    if (asked->waiting > 1) return true;
    office.queue.erase(queued);
    owner_.desk_->open.erase(key_);
    return true;
  }

 private:
  resolver& owner_;
  std::string key_;

 public:
  std::shared_ptr<question> asked;
};

asio::awaitable<resolved> resolver::resolve(host_port at, deadline& limit) {
  resolved answer;
  answer.addresses = known(at);
  if (!answer.addresses.empty() || limit.passed()) co_return answer;
  interest mine(*this, at);
  // Whoever else waits for this name may have been the one who was cancelled: ask again.
  while (!mine.asked->done && !limit.passed()) {
    limit.cancels(mine.asked->answered);
    co_await mine.asked->answered.async_wait(tok);
    limit.cancels_nothing();
  }
  if (mine.asked->done)
    answer = mine.asked->answer;
  else if (mine.withdraw())
    answer.fault = "name resolution is busy";
  co_return answer;
}

}  // namespace aurora::reactor
