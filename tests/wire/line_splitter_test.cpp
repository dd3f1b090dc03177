#include <random>
#include <tuple>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wire/json_writer.hpp"
#include "wire/line_splitter.hpp"

namespace {

using aurora::wire::line_splitter;
using line = std::tuple<std::string, std::uint64_t, bool>;

struct collected {
  std::vector<line> lines;
  line_splitter::sink sink = [this](std::string_view text, std::uint64_t offset, bool partial) {
    lines.emplace_back(std::string(text), offset, partial);
  };
};

BOOST_AUTO_TEST_SUITE(line_splitter_suite)

// Lines come out whole however the bytes were cut on their way.
BOOST_AUTO_TEST_CASE(any_cut) {
  const std::string bytes = "one\n\ntwo\r\nthree and more\nfo";
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    line_splitter splitter;
    collected got;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = 1 + random() % 7;
      splitter.feed(std::string_view(bytes).substr(at, size), 100 + at, got.sink);
      at += size;
    }
    const std::vector<line> wanted{{"one", 100, false},
                                   {"", 104, false},
                                   {"two\r", 105, false},
                                   {"three and more", 110, false}};
    BOOST_REQUIRE((got.lines == wanted));
    splitter.flush(got.sink);
    BOOST_REQUIRE((got.lines.back() == line{"fo", 125, true}));
  }
}

// A line beyond the limit comes in parts that join to the same bytes, offsets running on.
BOOST_AUTO_TEST_CASE(long_line) {
  line_splitter splitter(16);
  collected got;
  std::string bytes;
  for (int i = 0; i < 20; ++i) bytes += "\xE2\x82\xAC";  // three bytes each: no cut at 16 fits
  splitter.feed(bytes + "\n", 0, got.sink);
  std::string joined;
  for (const auto& [text, offset, partial] : got.lines) {
    BOOST_TEST(offset == joined.size());
    BOOST_TEST(text.size() <= 16u);
    BOOST_TEST(aurora::wire::valid_utf8(text) == text);
    joined += text;
  }
  BOOST_TEST(joined == bytes);
  BOOST_TEST(std::get<2>(got.lines.front()));
  BOOST_TEST(!std::get<2>(got.lines.back()));
}

// Bytes that are no text at all are cut at the limit, and none is lost.
BOOST_AUTO_TEST_CASE(long_binary_line) {
  line_splitter splitter(10);
  collected got;
  splitter.feed(std::string(35, '\xBF'), 0, got.sink);
  splitter.flush(got.sink);
  std::size_t size = 0;
  for (const auto& [text, offset, partial] : got.lines) size += text.size();
  BOOST_TEST(size == 35u);
}

// Bytes seen already are skipped; after a gap what was held is told as a part of a line.
BOOST_AUTO_TEST_CASE(offsets) {
  line_splitter splitter;
  collected got;
  splitter.feed({}, 1000, got.sink);
  splitter.feed("old\nnew\nhal", 996, got.sink);
  splitter.feed("other\n", 2000, got.sink);
  const std::vector<line> wanted{{"new", 1000, false}, {"hal", 1004, true}, {"other", 2000, false}};
  BOOST_TEST((got.lines == wanted));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
