#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace aurora::store {

/// What is known of one thing.
struct record {
  std::string key, value;
  friend bool operator==(const record&, const record&) = default;
};

/// The newest value of each key, in order of first appearance; what was forgotten and comes again
/// appears anew. Neither copied nor moved: the index looks into the list.
class newest_records {
 public:
  newest_records() = default;
  newest_records(const newest_records&) = delete;
  newest_records& operator=(const newest_records&) = delete;

  /// Its value. Null: the key is unknown. Valid until the key changes.
  const std::string* find(std::string_view key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &found->second->value;
  }

  void put(std::string_view key, std::string_view value) {
    if (const auto found = index_.find(key); found != index_.end()) {
      found->second->value = value;
      return;
    }
    const auto fresh = list_.insert(list_.end(), {std::string(key), std::string(value)});
    index_.emplace(fresh->key, fresh);
  }

  void forget(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    const auto gone = found->second;
    index_.erase(found);
    list_.erase(gone);
  }

  const std::list<record>& all() const noexcept { return list_; }

 private:
  std::list<record> list_;
  std::unordered_map<std::string_view, std::list<record>::iterator> index_;
};

}  // namespace aurora::store
