#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "store/state_journal.hpp"
#include "support/temp_dir.hpp"

namespace aurora::test {

using values = std::map<std::string, std::string>;

inline values values_of(const std::vector<store::record>& records) {
  values out;
  for (const auto& each : records) out[each.key] = each.value;
  return out;
}

/// A journal in a folder of its own, with a model of what must be in it.
struct journal_fixture {
  temp_dir home;
  const std::string path = home / "run.journal";
  const store::journal_header header{"boot-1", "run-1"};
  std::unique_ptr<store::state_journal> journal;
  values now;  ///< what was put

  void begin() {
    std::vector<store::record> records;
    for (const auto& [key, value] : now) records.push_back({key, value});
    auto begun = store::state_journal::begin(path, header, records);
    BOOST_REQUIRE_MESSAGE(begun, begun.error());
    journal = std::move(*begun);
  }

  void put(const std::string& key, const std::string& value) {
    journal->put(key, value);
    now[key] = value;
  }

  void forget(const std::string& key) {
    journal->forget(key);
    now.erase(key);
  }

  void flush() { BOOST_REQUIRE_MESSAGE(journal->flush(), journal->fault()); }

  store::journal_contents read() const {
    auto read = store::read_journal(path);
    BOOST_REQUIRE_MESSAGE(read, read.error().words);
    BOOST_REQUIRE(read->has_value());
    return std::move(**read);
  }

  /// Reads what must be well, and all of it.
  void require_all() const {
    const auto contents = read();
    BOOST_TEST(contents.fault == "");
    BOOST_TEST((contents.header == header));
    BOOST_TEST((values_of(contents.records) == now));
  }
};

}  // namespace aurora::test
