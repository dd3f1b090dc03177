#include "text.hpp"

#include <boost/test/unit_test.hpp>

using namespace aurora::ctl;

BOOST_AUTO_TEST_SUITE(text)

// Columns are counted as a terminal draws them, not as bytes.
BOOST_AUTO_TEST_CASE(width_is_in_columns) {
  BOOST_TEST(display_width("web") == 3);
  BOOST_TEST(display_width("●") == 1);
  BOOST_TEST(display_width("日本") == 4);
  BOOST_TEST(display_width("e\u0301") == 1);
  BOOST_TEST(display_width("\x1b[31mred\x1b[0m") == 3);
}

// What is cut says so and never exceeds the room, whatever the room.
BOOST_AUTO_TEST_CASE(clipping_fits) {
  BOOST_TEST(clip("waits for database", 10, "…") == "waits for…");
  BOOST_TEST(clip("short", 10, "…") == "short");
  BOOST_TEST(clip("日本語", 4, "…") == "日…");
  for (std::size_t room = 0; room < 12; ++room) {
    BOOST_TEST(display_width(clip("waits for 日本", room, "…")) <= room);
    BOOST_TEST(display_width(clip("waits for 日本", room, "..")) <= room);
  }
}

// A service's output can neither set a title, move the cursor, answer for the user nor turn the
// text.
BOOST_AUTO_TEST_CASE(hostile_bytes_are_harmless) {
  BOOST_TEST(neutralise("\x1b]0;title\x07", sgr::keep) == "^[]0;title^G");
  BOOST_TEST(neutralise("\x1b[2J\x1b[H", sgr::keep) == "^[[2J^[[H");
  BOOST_TEST(neutralise("a\rb", sgr::keep) == "a^Mb");
  BOOST_TEST(neutralise("a\xc2\x9b"
                        "31m",
                        sgr::keep) == "a\\x9b31m");
  BOOST_TEST(neutralise("a\xff", sgr::keep) == "a\\xff");
  BOOST_TEST(neutralise("\u202e"
                        "evil",
                        sgr::keep) == "\\u202eevil");
  BOOST_TEST(neutralise(std::string_view("nul\0", 4), sgr::keep) == "nul^@");
  BOOST_TEST(neutralise("tab\there\r", sgr::keep) == "tab\there");
}

// Colours stay where they are wanted and end with the line, and are gone where they are not.
BOOST_AUTO_TEST_CASE(colours_are_kept_or_stripped) {
  BOOST_TEST(neutralise("\x1b[31mred", sgr::keep) == "\x1b[31mred\x1b[0m");
  BOOST_TEST(neutralise("\x1b[31mred\x1b[0m", sgr::strip) == "red");
  BOOST_TEST(neutralise("\x1b[?25lm", sgr::keep) == "^[[?25lm");
  BOOST_TEST(without_sgr("\x1b[1;31mER\x1b[0mROR") == "ERROR");
}

// A slip of the finger finds its word, another word does not.
BOOST_AUTO_TEST_CASE(nearest_finds_slips) {
  const std::vector<std::string> names{"database", "web", "worker"};
  BOOST_TEST(nearest("databse", names).value_or("") == "database");
  BOOST_TEST(nearest("wbe", names).value_or("") == "web");
  BOOST_TEST(nearest("wroker", names).value_or("") == "worker");
  BOOST_TEST(!nearest("cache", names).has_value());
  BOOST_TEST(!nearest(std::string(100'000, 'x'), names).has_value());
}

// Lists are written as people write them, names are safe in a path.
BOOST_AUTO_TEST_CASE(lists_and_paths) {
  BOOST_TEST(enumerate({}) == "");
  BOOST_TEST(enumerate({"a"}) == "a");
  BOOST_TEST(enumerate({"a", "b", "c"}) == "a, b and c");
  BOOST_TEST(url_encode("web@2") == "web%402");
  BOOST_TEST(url_encode("a/b?c") == "a%2Fb%3Fc");
}

BOOST_AUTO_TEST_SUITE_END()
