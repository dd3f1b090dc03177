#include "supervisor/kept_file.hpp"

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/test/unit_test.hpp>

#include "support/await.hpp"

using namespace aurora;

namespace {

struct kept {
  shell::kept_file::writing writing(const std::string& what) {
    return [this, what]() -> shell::kept_file::outcome {
      wrote.push_back(what);  // one at a time: no other thread looks meanwhile
      if (failing) return std::string("no space left");
      return {};
    };
  }

  boost::asio::io_context loop;
  reactor::worker_pool workers;
  std::vector<std::string> wrote, told;
  bool failing = false;
  shell::kept_file file{loop.get_executor(), workers,
                        [this](const std::string& fault) { told.push_back(fault); }};
};

using texts = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_newest_is_the_last_that_is_written, kept) {
  // Two writes at once could leave the older one; what was never begun need not be written.
  file.save(writing("one"));
  file.save(writing("two"));
  file.save(writing("three"));
  test::await(loop, file.close());
  BOOST_REQUIRE(!wrote.empty());
  BOOST_TEST(wrote.back() == "three");
  BOOST_TEST(wrote.size() <= 2u);
}

BOOST_FIXTURE_TEST_CASE(what_fails_is_tried_again, kept) {
  // O9: without another hand, and once more at the end.
  failing = true;
  file.save(writing("state"));
  test::run_until(loop, [&] { return told.size() == 1; });
  test::run_until(loop, [&] { return told.size() == 2; });
  failing = false;
  test::await(loop, file.close());
  BOOST_TEST(wrote == (texts{"state", "state", "state"}), boost::test_tools::per_element());
  BOOST_TEST(told == (texts{"no space left", "no space left", ""}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_fails_to_the_end_does_not_hold_it_up, kept) {
  failing = true;
  file.save(writing("state"));
  test::await(loop, file.close());
  BOOST_TEST(told.back() == "no space left");
}

BOOST_FIXTURE_TEST_CASE(who_waits_goes_on_when_the_newest_is_written, kept) {
  file.save(writing("one"));
  file.save(writing("two"));
  BOOST_TEST(test::await(loop, file.tried(std::chrono::seconds(30))));
  BOOST_TEST_REQUIRE(!wrote.empty());
  BOOST_TEST(wrote.back() == "two");
  BOOST_TEST(test::await(loop, file.tried(std::chrono::seconds(30))));  // nothing is asked for
  test::await(loop, file.close());
}

BOOST_FIXTURE_TEST_CASE(who_waits_goes_on_after_one_failure, kept) {
  failing = true;
  file.save(writing("state"));
  BOOST_TEST(test::await(loop, file.tried(std::chrono::seconds(30))));
  BOOST_TEST(told == (texts{"no space left"}), boost::test_tools::per_element());
  test::await(loop, file.close());
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_hangs_is_not_waited_for, kept) {
  std::promise<void> comes_back;
  file.save([come = comes_back.get_future().share()]() -> shell::kept_file::outcome {
    come.wait();
    return {};
  });
  BOOST_TEST(!test::await(loop, file.tried(std::chrono::milliseconds(5))));
  BOOST_TEST(told.empty());
  // Nor by who is cancelled, and that is no exception.
  boost::asio::cancellation_signal cancel;
  std::optional<bool> told_so;
  boost::asio::co_spawn(loop, file.tried(std::chrono::hours(1)),
                        boost::asio::bind_cancellation_slot(
                            cancel.slot(), [&](std::exception_ptr fault, bool is_kept) {
                              if (!fault) told_so = is_kept;
                            }));
  loop.restart();
  loop.poll();
  cancel.emit(boost::asio::cancellation_type::terminal);
  test::run_until(loop, [&] { return told_so.has_value(); });
  BOOST_TEST(!*told_so);
  comes_back.set_value();
  test::await(loop, file.close());
}

BOOST_FIXTURE_TEST_CASE(a_closed_pool_begins_nothing_and_holds_nobody, kept) {
  workers.close(loop.get_executor(), [] {});
  file.save(writing("late"));
  loop.run();
  BOOST_TEST(wrote.empty());
}
