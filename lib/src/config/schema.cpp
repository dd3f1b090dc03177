#include <set>

#include <fmt/format.h>

#include <aurora/config.hpp>

#include "config/draft.hpp"

/// The table of keys as JSON Schema. Text is put together here and indented at the end.
namespace aurora::config {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string number(double value) { return fmt::format("{:.15g}", value); }

std::string bounds(const limits& range) {
  return fmt::format("\"minimum\": {}, \"maximum\": {}", number(range.least), number(range.most));
}

/// Where a word, a number or a boolean is wanted, a string with a variable may stand.
std::string or_variable(std::string_view schema) {
  return fmt::format("\"anyOf\": [{{{}}}, {{\"$ref\": \"#/$defs/variable\"}}]", schema);
}

std::string object_schema(const section_info& of);

std::string word_schema(const key_info& row) {
  std::string words;
  for (const auto word : row.words)
    words += fmt::format("{}{}", words.empty() ? "" : ", ", quoted(word));
  return or_variable(fmt::format("\"enum\": [{}]", words));
}

std::string value_schema(const key_info& row) {
  switch (row.type) {
    case value_type::boolean:
      return or_variable("\"type\": \"boolean\"");
    case value_type::integer:
      return or_variable("\"type\": \"integer\", " + bounds(row.range));
    case value_type::number:
      return or_variable("\"type\": \"number\", " + bounds(row.range));
    case value_type::duration:
      return fmt::format(
          "\"anyOf\": [{{\"type\": \"number\", {}}}, "
          "{{\"$ref\": \"#/$defs/duration_text\"}}]",
          bounds(row.range));
    case value_type::size:
      return fmt::format(
          "\"anyOf\": [{{\"type\": \"number\", {}}}, "
          "{{\"$ref\": \"#/$defs/size_text\"}}]",
          bounds(row.range));
    case value_type::text:
      return "\"type\": \"string\"";
    case value_type::word:
      return word_schema(row);
    case value_type::command:
      return "\"$ref\": \"#/$defs/command\"";
    case value_type::object:
      return object_schema(row.section());
    case value_type::special:
      return std::string(row.schema);
  }
  return {};
}

std::string key_schema(const key_info& row) {
  auto value = value_schema(row);
  if (row.type == value_type::object && !row.schema.empty()) {
    value = fmt::format("\"anyOf\": [{{{}}}, {{{}}}]", value, row.schema);
  }
  auto out = fmt::format("{}: {{\"description\": {}, ", quoted(row.name), quoted(row.doc));
  if (!row.fallback.empty()) out += fmt::format("\"default\": {}, ", row.fallback);
  return out + value + "}";
}

std::string exclusions(const std::vector<std::string_view>& names) {
  std::string pairs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t k = i + 1; k < names.size(); ++k) {
      pairs += fmt::format("{}{{\"required\": [{}, {}]}}", pairs.empty() ? "" : ", ",
                           quoted(names[i]), quoted(names[k]));
    }
  }
  return fmt::format(", \"not\": {{\"anyOf\": [{}]}}", pairs);
}

std::string object_schema(const section_info& of) {
  std::string keys;
  for (const auto* row : of.keys) keys += (keys.empty() ? "" : ", ") + key_schema(*row);
  auto out = fmt::format(
      "\"type\": \"object\", \"properties\": {{{}}}, \"additionalProperties\": false", keys);
  if (!of.exclusive.empty()) out += exclusions(of.exclusive);
  return out;
}

std::string definition(std::string_view name, std::string_view schema) {
  return fmt::format("{}: {{{}}}, ", quoted(name), schema);
}

std::string definitions() {
  const auto dependencies = fmt::format(
      R"("anyOf": [{{"type": "array", "items": {{"type": "string"}}, "uniqueItems": true}}, )"
      R"({{"type": "object", "additionalProperties": {{{}}}}}])",
      object_schema(dependency_section()));
  const auto restart_policy = value_schema(*restart_section().keys.front());
  return "\"$defs\": {" + definition("variable", R"("type": "string", "pattern": "\\$\\{")") +
         definition(
             "duration_text",
             R"("type": "string", "pattern": "^(?=[0-9])([0-9]+(\\.[0-9]+)?d)?([0-9]+(\\.[0-9]+)?h)?)"
             R"(([0-9]+(\\.[0-9]+)?m)?([0-9]+(\\.[0-9]+)?s)?([0-9]+(\\.[0-9]+)?ms)?$|\\$\\{")") +
         definition("size_text", R"("type": "string", "pattern": )"
                                 R"("^(0|[0-9]+(\\.[0-9]+)?(B|[KMGTP]i?B))$|\\$\\{")") +
         definition(
             "size",
             R"("anyOf": [{"type": "number", "minimum": 0}, {"$ref": "#/$defs/size_text"}])") +
         definition("umask", R"("type": "string", "pattern": "^0?[0-7]{1,3}$|\\$\\{")") +
         definition(
             "command",
             R"("anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}])") +
         definition("command_given",
                    R"("anyOf": [{"type": "string", "pattern": "\\S"}, )"
                    R"({"type": "array", "items": {"type": "string"}, "minItems": 1}])") +
         definition("env", R"("type": "object", "propertyNames": {"pattern": "^[^=]+$"}, )"
                           R"("additionalProperties": {"type": ["string", "number"]})") +
         definition("depends_on", dependencies) + definition("restart_policy", restart_policy) +
         definition("prerequisites",
                    fmt::format("\"type\": \"array\", \"items\": {{{}, \"minProperties\": 1}}",
                                object_schema(prerequisite_section()))) +
         definition(
             "services",
             R"("type": "object", "propertyNames": {"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"}, )"
             R"("additionalProperties": {"$ref": "#/$defs/service"})") +
         fmt::format("\"service\": {{{}}}}}", object_schema(service_section()));
}

/// Breaks the lines of compact JSON: objects and lists that are short stay on one line.
class indenter {
 public:
  explicit indenter(std::string_view text) : text_(text) {}

  std::string run() {
    value(0);
    return out_ + '\n';
  }

 private:
  static constexpr std::size_t width = 110;

  /// Offset behind the value that begins at `at`.
  std::size_t end_of(std::size_t at) const {
    unsigned depth = 0;
    for (bool in_string = false; at < text_.size(); ++at) {
      const char c = text_[at];
      if (in_string) {
        if (c == '\\') ++at;
        if (c == '"') in_string = false;
      } else if (c == '"') {
        in_string = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && depth-- == 0) {
        break;
      } else if (c == ',' && depth == 0) {
        break;
      }
    }
    return at;
  }

  void value(std::size_t indent) {
    const auto end = end_of(at_);
    const bool nested = text_[at_] == '{' || text_[at_] == '[';
    if (!nested || indent + (end - at_) <= width) {
      out_ += text_.substr(at_, end - at_);
      at_ = end;
      return;
    }
    const bool object = text_[at_] == '{';
    out_ += text_[at_++];
    for (;;) {
      out_ += '\n' + std::string(indent + 2, ' ');
      if (object) name();
      value(indent + 2);
      if (text_[at_] != ',') break;
      out_ += ',';
      at_ += 2;
    }
    out_ += '\n' + std::string(indent, ' ') + text_[at_++];
  }

  void name() {
    const auto colon = text_.find("\": ", at_) + 3;
    out_ += text_.substr(at_, colon - at_);
    at_ = colon;
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace
}  // namespace aurora::config

namespace aurora {

std::string config_schema() {
  const auto text = fmt::format(
      "{{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"title\": "
      "\"aurora.json\", "
      "\"description\": \"A stack of services for aurorad(8). Comments and trailing commas are "
      "allowed.\", {}, {}}}",
      config::object_schema(config::stack_section()), config::definitions());
  return config::indenter(text).run();
}

}  // namespace aurora
