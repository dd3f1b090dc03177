#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Lines of ours in a file of somebody else, between two lines that mark them:
///   # >>> aurora NAME >>>
///   # starts "CONFIGURATION"
///   …
///   # <<< aurora NAME <<<
/// A note in it says how the file was before where that cannot be seen any more, so that the file
/// is the same again, byte for byte, once they are taken out. Pure; throws `failure` for a block
/// that has no end.
namespace aurora::ctl {

struct block {
  std::string name;
  std::string config;  ///< whose it is: this tells one block from another, not the name
  std::string body;    ///< whole lines
};

/// The line that tells whose it is.
std::string starts_line(const std::string& config);

/// The file with the block in it: in the place of the one that was there, else at the end.
/// Nothing: there is no such file yet.
std::string put_block(const std::optional<std::string>& text, const block& what);

/// The file without it; the same where it is not in it. Nothing: the file was made for it, and
/// nothing else is in it.
std::optional<std::string> take_block(const std::string& text, const std::string& config);

/// The block of a configuration, with its marks.
std::optional<std::string> find_block(const std::string& text, const std::string& config);

}  // namespace aurora::ctl
