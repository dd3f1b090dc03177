#include "archive/backup_form.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "archive/sha256.hpp"

namespace aurora::ctl::archive {
namespace {

namespace json = boost::json;

constexpr std::string_view sums_name = "SHA256SUMS", about_name = "backup.json";
constexpr int form_version = 1;

std::string sums_of(const std::vector<entry>& entries) {
  std::string text;
  for (const auto& each : entries) text += sha256(each.bytes) + "  " + each.name + "\n";
  return text;
}

std::string about_text(const backup& what) {
  const json::object about{{"aurora_backup", form_version}, {"created_at", what.created_at},
                           {"version", what.version},       {"config", what.config},
                           {"state_dir", what.state_dir},   {"main", what.main}};
  return json::serialize(about) + "\n";
}

/// Whether it has a place among what is put back.
bool is_known(std::string_view name) {
  if (name.starts_with("config/") || name.starts_with("outside/")) return true;
  if (!name.starts_with("state/")) return false;
  return std::find(std::begin(state_files), std::end(state_files), name.substr(6)) !=
         std::end(state_files);
}

std::string text_of(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// Error: in words.
boost::system::result<backup, std::string> about_from(std::string_view text) {
  using result = boost::system::result<backup, std::string>;
  boost::system::error_code ec;
  const auto value = json::parse(text, ec);
  const auto* about = ec ? nullptr : value.if_object();
  const auto* form = about ? about->if_contains("aurora_backup") : nullptr;
  if (form == nullptr || !form->is_int64())
    return result(boost::system::in_place_error, "its backup.json says nothing of a backup");
  if (form->as_int64() != form_version)
    return result(boost::system::in_place_error, "a newer version of aurorctl wrote it");
  backup found;
  found.main = text_of(*about, "main"), found.config = text_of(*about, "config");
  found.state_dir = text_of(*about, "state_dir"), found.created_at = text_of(*about, "created_at");
  found.version = text_of(*about, "version");
  return {boost::system::in_place_value, std::move(found)};
}

}  // namespace

std::string write_backup(const backup& what) {
  std::vector<entry> inner;
  inner.push_back({std::string(about_name), about_text(what)});
  inner.insert(inner.end(), what.files.begin(), what.files.end());
  std::vector<entry> all;
  all.push_back({std::string(sums_name), sums_of(inner)});
  all.insert(all.end(), std::move_iterator(inner.begin()), std::move_iterator(inner.end()));
  return write_tar(all);
}

boost::system::result<backup, std::string> parse_backup(std::string_view bytes) {
  using result = boost::system::result<backup, std::string>;
  const auto wrong = [](std::string why) { return result(boost::system::in_place_error, why); };
  auto all = parse_tar(bytes);
  if (!all) return wrong(all.error());
  if (all->size() < 2 || (*all)[0].name != sums_name || (*all)[1].name != about_name)
    return wrong("it is an archive, but no backup of aurorctl");
  const std::string sums = std::move(all->front().bytes);
  all->erase(all->begin());
  if (sums != sums_of(*all))
    return wrong("what it holds does not have the checksums in SHA256SUMS");
  auto found = about_from(all->front().bytes);
  if (!found) return found;
  all->erase(all->begin());
  const auto is_main = [&](const entry& each) { return each.name == "config/" + found->main; };
  if (std::none_of(all->begin(), all->end(), is_main))
    return wrong("there is no configuration in it");
  for (const auto& each : *all)
    if (!is_known(each.name)) return wrong("'" + each.name + "' has no place in a backup");
  found->files = std::move(*all);
  return found;
}

}  // namespace aurora::ctl::archive
