#include "reactor/watch/file_watch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

using namespace aurora;
using namespace aurora::reactor;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

struct folder {
  folder() {
    auto name = (fs::temp_directory_path() / "aurora-watch-XXXXXX").string();
    BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~folder() { fs::remove_all(path); }
  std::string at(const std::string& name) const { return (path / name).string(); }
  void write(const std::string& name, const std::string& text = "x") const {
    std::ofstream(path / name, std::ios::app) << text;
  }
  void make(const std::string& name) const { fs::create_directories(path / name); }
  fs::path path;
};

struct watching {
  watching(std::vector<std::string> paths, std::vector<std::string> ignore = {},
           duration debounce = 20ms) {
    watch_spec spec;
    spec.paths = std::move(paths);
    spec.ignore = std::move(ignore);
    spec.debounce = debounce;
    auto made = file_watch::open(loop.get_executor(), spec,
                                 [this](const std::string& path) { told.push_back(path); });
    BOOST_TEST_REQUIRE(made.has_value());
    watch = std::move(*made);
  }

  /// The next thing told; empty: nothing within the limit.
  std::string next() {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (told.empty() && std::chrono::steady_clock::now() < end) loop.run_one_until(end);
    if (told.empty()) return {};
    auto first = told.front();
    told.erase(told.begin());
    return first;
  }

  /// Nothing but `path`, which is changed now, is told: all before it counted for nothing.
  bool only(const folder& in, const std::string& path) {
    in.write(path);
    return next() == in.at(path) && told.empty();
  }

  asio::io_context loop{1};
  std::vector<std::string> told;
  std::unique_ptr<file_watch> watch;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(watch)

BOOST_AUTO_TEST_CASE(changes_in_a_tree_are_told) {
  // Written, made, deleted, renamed; in the directory and below it.
  folder f;
  f.make("src/deep/er");
  f.write("src/a.py");
  watching w({f.at("src")});
  f.write("src/a.py");
  BOOST_TEST(w.next() == f.at("src/a.py"));
  f.write("src/deep/er/b.py");
  BOOST_TEST(w.next() == f.at("src/deep/er/b.py"));
  fs::remove(f.at("src/a.py"));
  BOOST_TEST(w.next() == f.at("src/a.py"));
  fs::rename(f.at("src/deep/er/b.py"), f.at("src/deep/c.py"));
  BOOST_TEST(w.next() == f.at("src/deep/er/b.py"));
  BOOST_TEST(w.told.empty());
}

BOOST_AUTO_TEST_CASE(new_directories_are_watched_too) {
  // Made at once with what is in them, moved in from outside, and not any more when moved out.
  folder f;
  f.make("src");
  f.make("outside/pack/age");
  watching w({f.at("src")});
  f.make("src/one/two/three");
  BOOST_TEST(w.next() == f.at("src/one"));
  BOOST_TEST(w.only(f, "src/one/two/three/a.py"));
  fs::rename(f.at("outside/pack"), f.at("src/pack"));
  BOOST_TEST(w.next() == f.at("src/pack"));
  BOOST_TEST(w.only(f, "src/pack/age/b.py"));
  fs::rename(f.at("src/pack"), f.at("outside/again"));
  BOOST_TEST(w.next() == f.at("src/pack"));
  f.write("outside/again/age/b.py");
  BOOST_TEST(w.only(f, "src/one/c.py"));
  fs::rename(f.at("src/one/two"), f.at("src/moved"));
  BOOST_TEST(w.next() == f.at("src/one/two"));
  BOOST_TEST(w.only(f, "src/moved/three/d.py"));
  BOOST_TEST(w.watch->unwatched() == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_ignored_is_not_told) {
  // By pattern, always, and what editors leave beside an open file; below ignored directories too.
  folder f;
  f.make("src/.git/objects");
  f.make("src/node_modules");
  f.make("src/build");
  watching w({f.at("src")}, {"*.pyc", "build"});
  for (const std::string name :
       {"src/a.pyc", "src/.git/index", "src/.git/objects/x", "src/node_modules/x", "src/build/x",
        "src/.a.py.swp", "src/4913", "src/a.py~", "src/.#a.py"})
    f.write(name);
  f.make("src/__pycache__");
  f.write("src/__pycache__/a");
  BOOST_TEST(w.only(f, "src/a.py"));
}

BOOST_AUTO_TEST_CASE(a_burst_is_told_once_with_its_first_path) {
  // A checkout touches hundreds of files: one restart. The call comes `debounce` after the last.
  folder f;
  f.make("src");
  watching w({f.at("src")}, {}, 200ms);
  for (int i = 0; i < 300; ++i) f.write("src/f" + std::to_string(i));
  const auto last = std::chrono::steady_clock::now();
  BOOST_TEST(w.next() == f.at("src/f0"));
  BOOST_TEST((std::chrono::steady_clock::now() - last >= 190ms));
  BOOST_TEST(w.only(f, "src/f1"));
}

BOOST_AUTO_TEST_CASE(a_change_within_the_quiet_time_starts_it_anew) {
  // Still one call, and not before the time after the second change is over.
  folder f;
  f.make("src");
  watching w({f.at("src")}, {}, 200ms);
  f.write("src/a");
  asio::steady_timer halfway(w.loop, 100ms);
  std::chrono::steady_clock::time_point second;
  halfway.async_wait([&](boost::system::error_code) {
    f.write("src/b");
    second = std::chrono::steady_clock::now();
  });
  BOOST_TEST(w.next() == f.at("src/a"));
  BOOST_TEST((std::chrono::steady_clock::now() - second >= 190ms));
  BOOST_TEST(w.told.empty());
}

BOOST_AUTO_TEST_CASE(a_file_is_followed_through_every_way_to_save_it) {
  // In place, by rename over it, deleted and made again; its neighbours do not count.
  folder f;
  f.write("app.json");
  f.write("other.json");
  watching w({f.at("app.json")});
  for (int round = 0; round < 3; ++round) {
    f.write("other.json");
    BOOST_TEST(w.only(f, "app.json"));
    f.write("app.json.new");
    fs::rename(f.at("app.json.new"), f.at("app.json"));
    BOOST_TEST(w.next() == f.at("app.json"));
    BOOST_TEST(w.only(f, "app.json"));
    fs::remove(f.at("app.json"));
    BOOST_TEST(w.next() == f.at("app.json"));
    f.write("app.json");
    BOOST_TEST(w.next() == f.at("app.json"));
  }
}

BOOST_AUTO_TEST_CASE(a_file_behind_a_symbolic_link_is_followed) {
  // The target's contents count, and so does a link that is pointed elsewhere on the way to it.
  folder f;
  f.make("v1");
  f.make("v2");
  f.write("v1/app.json");
  f.write("v2/app.json");
  fs::create_symlink("v1", f.at("data"));
  fs::create_symlink("data/app.json", f.at("app.json"));
  watching w({f.at("app.json")});
  f.write("v1/app.json");
  BOOST_TEST(w.next() == f.at("app.json"));
  fs::create_symlink("v2", f.at("data.new"));
  fs::rename(f.at("data.new"), f.at("data"));
  fs::remove_all(f.at("v1"));
  BOOST_TEST(w.next() == f.at("app.json"));
  f.write("v2/app.json");
  BOOST_TEST(w.next() == f.at("app.json"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_goes_and_comes_back_is_followed) {
  // With everything above it, as a deployment does that replaces the whole release.
  folder f;
  f.make("app/release/src/deep");
  watching w({f.at("app/release/src")});
  fs::remove_all(f.at("app/release/src"));
  BOOST_TEST(!w.next().empty());
  f.make("app/release/src/deep");
  BOOST_TEST(w.next() == f.at("app/release/src"));
  BOOST_TEST(w.only(f, "app/release/src/deep/a"));
  fs::remove_all(f.at("app"));
  BOOST_TEST(!w.next().empty());
  f.make("app/release/src/deep");
  BOOST_TEST(!w.next().empty());
  BOOST_TEST(w.only(f, "app/release/src/deep/a"));
  fs::rename(f.at("app"), f.at("old"));
  f.make("new/release/src");
  fs::rename(f.at("new"), f.at("app"));
  BOOST_TEST(!w.next().empty());
  BOOST_TEST(w.only(f, "app/release/src/b"));
}

BOOST_AUTO_TEST_CASE(a_release_that_is_switched_by_a_link_is_followed) {
  // "current" is a symbolic link on the way to what is watched, and is replaced by rename.
  folder f;
  f.make("releases/41/src");
  f.make("releases/42/src/deep");
  fs::create_symlink("releases/41", f.at("current"));
  watching w({f.at("current/src")});
  f.write("releases/41/src/a");
  BOOST_TEST(w.next() == f.at("current/src/a"));
  fs::create_symlink("releases/42", f.at("next"));
  fs::rename(f.at("next"), f.at("current"));
  BOOST_TEST(w.next() == f.at("current"));
  f.write("releases/41/src/a");
  f.write("releases/42/src/deep/b");
  BOOST_TEST(w.next() == f.at("current/src/deep/b"));
}

BOOST_AUTO_TEST_CASE(two_paths_may_overlap) {
  // A tree and a file in it, and the same path twice: one call.
  folder f;
  f.make("src");
  f.write("src/a");
  watching w({f.at("src"), f.at("src/a"), f.at("src/"), f.at("./src//a")});
  BOOST_TEST(w.only(f, "src/a"));
  f.write("src/b");
  BOOST_TEST(w.next() == f.at("src/b"));
}

BOOST_AUTO_TEST_CASE(a_path_that_is_not_there_is_an_error) {
  // Told when the service is set up, with the system's word for it.
  folder f;
  asio::io_context loop(1);
  watch_spec spec;
  spec.paths = {f.at("missing/src")};
  const auto made = file_watch::open(loop.get_executor(), spec, [](const std::string&) {});
  BOOST_TEST(!made.has_value());
  BOOST_TEST((made.error() == boost::system::errc::no_such_file_or_directory));
}

BOOST_AUTO_TEST_CASE(lost_events_count_as_a_change) {
  // More than the kernel queues (16,384 by default) while the loop is away: the first path is told
  // and a directory whose event was lost is watched.
  folder f;
  f.make("src");
  unsigned most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  if (most == 0 || most > 20'000) return;
  watching w({f.at("src")});
  for (unsigned i = 0; i < most / 2 + 10; ++i) {
    const auto name = f.at("src/f" + std::to_string(i % 2));
    ::symlink("x", name.c_str());
    ::unlink(name.c_str());
  }
  f.make("src/late");
  BOOST_TEST(!w.next().empty());
  BOOST_TEST(w.only(f, "src/late/a"));
}

BOOST_AUTO_TEST_CASE(a_large_tree_is_walked_between_other_work) {
  // The loop has its turns in between, when it is opened and when as much is moved in; in the end
  // all of it is watched.
  constexpr int all = 500, a_turn = 128;
  folder f;
  f.make("src");
  for (int i = 0; i < all; ++i) {
    f.make("src/" + std::to_string(i));
    f.make("pack/" + std::to_string(i));
  }
  watching w({f.at("src")});
  unsigned turns = 0;
  const auto walk_on = [&] {
    std::function<void()> other = [&] {
      ++turns;
      if (w.watch->walking()) asio::post(w.loop, other);
    };
    asio::post(w.loop, other);
    while (w.watch->walking()) w.loop.run_one();
  };
  BOOST_TEST(w.watch->walking());
  walk_on();
  BOOST_TEST(turns >= unsigned{all / a_turn - 1});
  for (const int i : {0, all / 2, all - 1})
    BOOST_TEST(w.only(f, "src/" + std::to_string(i) + "/a.py"));

  turns = 0;
  fs::rename(f.at("pack"), f.at("src/pack"));
  BOOST_TEST(w.next() == f.at("src/pack"));
  walk_on();
  for (const int i : {0, all / 2, all - 1})
    BOOST_TEST(w.only(f, "src/pack/" + std::to_string(i) + "/a.py"));
  BOOST_TEST(w.watch->unwatched() == 0U);
}

BOOST_AUTO_TEST_CASE(an_end_in_the_middle_of_a_walk) {
  // Nothing of it runs on.
  folder f;
  for (int i = 0; i < 300; ++i) f.make("src/" + std::to_string(i));
  watching w({f.at("src")});
  BOOST_TEST(w.watch->walking());
  w.watch.reset();
  w.loop.restart();
  w.loop.run();
  BOOST_TEST(w.told.empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_told_after_the_end) {
  // Destroyed with a burst pending, and from its own callback.
  folder f;
  f.make("src");
  watching w({f.at("src")}, {}, 1ms);
  f.write("src/a");
  while (w.loop.poll_one() == 0) {
  }
  w.watch.reset();
  w.loop.run();
  BOOST_TEST(w.told.empty());

  watch_spec spec;
  spec.paths = {f.at("src")};
  spec.debounce = 1ms;
  std::unique_ptr<file_watch> own;
  unsigned told = 0;
  auto made = file_watch::open(w.loop.get_executor(), spec, [&](const std::string&) {
    ++told;
    own.reset();
  });
  own = std::move(*made);
  f.write("src/b");
  w.loop.restart();
  w.loop.run();
  BOOST_TEST(told == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
