#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aurora/diagnostic.hpp>

namespace aurora::config {

enum class json_kind : std::uint8_t { null, boolean, number, string, array, object };

/// "a string", "an object" …
std::string_view describe(json_kind kind);

class node;

/// The text of one file and the values found in it: a tape of 16-byte entries in the order of the
/// text, so that a file costs a small multiple of its size. Nodes point into it; it does not move.
class document {
 public:
  struct entry {
    std::uint32_t at = 0;      ///< offset of the first byte (of strings: the quote)
    std::uint32_t length = 0;  ///< bytes of the text; escaped strings: index into `unescaped`
    std::uint32_t next = 0;    ///< the entry behind this one and all that is in it
    json_kind kind = json_kind::null;
    bool escaped = false;
  };

  document(std::string file_path, std::string content);
  document(const document&) = delete;
  document& operator=(const document&) = delete;

  position locate(std::uint32_t offset) const;
  std::string_view content_of(const entry& of) const;
  node root() const;
  bool empty() const { return entries.empty(); }

  const std::string file;
  const std::string text;
  std::vector<entry> entries;
  std::deque<std::string> unescaped;

 private:
  std::vector<std::uint32_t> line_starts_;
};

/// A value of a document. Cheap to copy; valid as long as the document.
class node {
 public:
  node(const document& from, std::uint32_t index) : document_(&from), index_(index) {}

  json_kind kind() const { return entry().kind; }
  bool is(json_kind wanted) const { return kind() == wanted; }
  /// Of strings the content, of numbers, booleans and null the word as written.
  std::string_view text() const { return document_->content_of(entry()); }
  /// The value as one would quote it in a message: bounded, strings in quotes.
  std::string quoted() const;
  std::uint32_t offset() const { return entry().at; }
  position at() const { return document_->locate(offset()); }
  const document& source() const { return *document_; }

  /// Calls `visit(node)` for each element of an array.
  template <class Visit>
  void for_each_item(Visit visit) const {
    for (auto i = index_ + 1; i < entry().next; i = document_->entries[i].next) {
      visit(node(*document_, i));
    }
  }
  /// Calls `visit(key, value)` for each member of an object.
  template <class Visit>
  void for_each_member(Visit visit) const {
    for (auto i = index_ + 1; i < entry().next; i = document_->entries[i + 1].next) {
      visit(node(*document_, i), node(*document_, i + 1));
    }
  }

 private:
  const document::entry& entry() const { return document_->entries[index_]; }

  const document* document_;
  std::uint32_t index_;
};

}  // namespace aurora::config
