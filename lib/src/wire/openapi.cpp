#include "wire/openapi.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "wire/json_writer.hpp"
#include "wire/routes.hpp"

namespace aurora::wire {
namespace {

/// The shapes of answers and bodies, by the names the route table uses. Kept as text: it is
/// longer to build than to read.
constexpr std::string_view schemas = R"json({
"state":{"type":"string","enum":["stopped","waiting","starting","running","stopping","backoff","failed","completed"]},
"health":{"type":"string","enum":["none","unknown","healthy","unhealthy"]},
"time":{"type":"string","format":"date-time"},
"names":{"type":"array","items":{"type":"string"}},
"last_exit":{"type":["object","null"],"required":["code","signal","at","cause"],"properties":{
 "code":{"type":["integer","null"]},"signal":{"type":["string","null"]},
 "at":{"type":["string","null"],"format":"date-time"},"cause":{"type":["string","null"]}}},
"evidence":{"type":"object","properties":{"exit":{"type":["object","null"]},"text":{"type":"string"},
 "dependency":{"type":"string"},"delay_seconds":{"type":["number","null"]},"count":{"type":"integer"},
 "limit":{"type":"integer"}}},
"service":{"type":"object","required":["name","service","instance","state","desired","health","pid","port",
 "started_at","uptime_seconds","restarts","next_start_in_seconds","last_exit","reason","depends_on",
 "cpu_percent","memory_bytes"],"properties":{"name":{"type":"string"},"service":{"type":"string"},
 "instance":{"type":"integer"},"state":{"$ref":"#/components/schemas/state"},
 "desired":{"type":"string","enum":["up","down"]},"health":{"$ref":"#/components/schemas/health"},
 "pid":{"type":["integer","null"]},"port":{"type":["integer","null"]},
 "started_at":{"type":["string","null"],"format":"date-time"},"uptime_seconds":{"type":["number","null"]},
 "restarts":{"type":"integer"},"next_start_in_seconds":{"type":["number","null"]},
 "last_exit":{"$ref":"#/components/schemas/last_exit"},"reason":{"type":"string"},
 "depends_on":{"$ref":"#/components/schemas/names"},"cpu_percent":{"type":["number","null"]},
 "memory_bytes":{"type":["integer","null"]},"because":{"$ref":"#/components/schemas/evidence"},
 "status_text":{"type":"string"},"labels":{"type":"object","additionalProperties":{"type":"string"}}}},
"services":{"type":"object","required":["services"],"properties":{
 "services":{"type":"array","items":{"$ref":"#/components/schemas/service"}}}},
"status":{"type":"object","required":["daemon","services"],"properties":{
 "daemon":{"type":"object","required":["pid","keeper_pid","version","name","started_at","uptime_seconds",
  "config","state_dir","http"],"properties":{"pid":{"type":"integer"},"keeper_pid":{"type":"integer"},
  "version":{"type":"string"},"name":{"type":"string"},"started_at":{"$ref":"#/components/schemas/time"},
  "uptime_seconds":{"type":"number"},"config":{"type":"string"},"state_dir":{"type":"string"},
  "http":{"type":["string","null"]},"upgrade":{"type":"string","enum":["on_trial","gone_back"]},
  "warnings":{"$ref":"#/components/schemas/names"},"restarts_today":{"type":"integer"}}},
 "services":{"type":"array","items":{"$ref":"#/components/schemas/service"}}}},
"operation":{"type":"object","required":["operation"],"properties":{"operation":{"type":"object",
 "required":["finished","targets"],"properties":{"finished":{"type":"boolean"},"targets":{"type":"array",
 "items":{"type":"object","required":["name","result","state","detail"],"properties":{
 "name":{"type":"string"},"result":{"type":"string","enum":["done","already","failed","pending"]},
 "state":{"$ref":"#/components/schemas/state"},"detail":{"type":"string"}}}}}}}},
"plan":{"type":"object","required":["steps"],"properties":{"steps":{"type":"array","items":{"type":"object",
 "required":["service","action","keys","from_instances","to_instances"],"properties":{
 "service":{"type":"string"},"action":{"type":"string","enum":["add","remove","restart","update","scale"]},
 "keys":{"$ref":"#/components/schemas/names"},"from_instances":{"type":"integer"},
 "to_instances":{"type":"integer"}}}}}},
"reload":{"allOf":[{"$ref":"#/components/schemas/plan"},{"$ref":"#/components/schemas/operation"}],
 "properties":{"warnings":{"$ref":"#/components/schemas/names"}}},
"upgrade":{"type":"object","required":["from","to"],"properties":{"from":{"type":"string"},"to":{"type":"string"}}},
"probes":{"type":"object","required":["probes"],"properties":{"probes":{"type":"array","items":{"type":"object",
 "required":["name","healthy","state","text","took_ms"],"properties":{"name":{"type":"string"},
 "healthy":{"type":["boolean","null"]},"state":{"$ref":"#/components/schemas/state"},
 "text":{"type":"string"},"took_ms":{"type":"number"}}}}}},
"explanations":{"type":"object","required":["explanations"],"properties":{"explanations":{"type":"array",
 "items":{"type":"object","required":["instance","state","summary","chain","rule","next","last_lines",
 "waits_for"],"properties":{"instance":{"type":"string"},"state":{"$ref":"#/components/schemas/state"},
 "summary":{"type":"string"},"chain":{"type":"array","items":{"type":"object","properties":{
 "at":{"$ref":"#/components/schemas/time"},"text":{"type":"string"},
 "detail":{"$ref":"#/components/schemas/names"}}}},"rule":{"type":"string"},"next":{"type":"string"},
 "last_lines":{"$ref":"#/components/schemas/names"},"waits_for":{"$ref":"#/components/schemas/names"}}}}}},
"graph":{"type":"object","required":["nodes","edges"],"properties":{"nodes":{"type":"array","items":{
 "type":"object","properties":{"service":{"type":"string"},"state":{"$ref":"#/components/schemas/state"},
 "health":{"$ref":"#/components/schemas/health"}}}},"edges":{"type":"array","items":{"type":"object",
 "properties":{"from":{"type":"string"},"to":{"type":"string"},"condition":{"type":"string"},
 "required":{"type":"boolean"},"restart":{"type":"boolean"},"holds":{"type":"boolean"}}}}}},
"event":{"type":"object","required":["sequence","at","instance","from","to","reason","health","run","pid",
 "because"],"properties":{"sequence":{"type":"integer"},"at":{"$ref":"#/components/schemas/time"},
 "instance":{"type":"string"},"from":{"$ref":"#/components/schemas/state"},
 "to":{"$ref":"#/components/schemas/state"},"reason":{"type":"string"},
 "health":{"$ref":"#/components/schemas/health"},"run":{"type":"integer"},
 "pid":{"type":["integer","null"]},"because":{"$ref":"#/components/schemas/evidence"}}},
"events":{"type":"object","required":["events"],"properties":{"events":{"type":"array",
 "items":{"$ref":"#/components/schemas/event"}}}},
"configurations":{"type":"object","required":["services"],"properties":{"services":{"type":"array",
 "items":{"type":"object","required":["name","service","configuration","environment"],"properties":{
 "name":{"type":"string"},"service":{"type":"string"},"configuration":{"type":"object"},
 "environment":{"type":"array","items":{"type":"object","required":["name","value","masked","from"],
 "properties":{"name":{"type":"string"},"value":{"type":"string"},"masked":{"type":"boolean"},
 "from":{"type":"string"}}}},"environment_fault":{"type":"string"}}}}}},
"process_lists":{"type":"object","required":["services"],"properties":{"services":{"type":"array",
 "items":{"type":"object","required":["name","processes"],"properties":{"name":{"type":"string"},
 "processes":{"type":"array","items":{"type":"object","required":["pid","parent","command","state",
 "cpu_seconds","memory_bytes","started_at","threads"],"properties":{"pid":{"type":"integer"},
 "parent":{"type":"integer"},"command":{"type":"string"},"state":{"type":"string"},
 "cpu_seconds":{"type":"number"},"memory_bytes":{"type":"integer"},
 "started_at":{"type":["string","null"],"format":"date-time"},"threads":{"type":"integer"}}}},
 "more":{"type":"boolean"}}}}}},
"probe_histories":{"type":"object","required":["services"],"properties":{"services":{"type":"array",
 "items":{"type":"object","required":["name","probes"],"properties":{"name":{"type":"string"},
 "probes":{"type":"array","items":{"type":"object","required":["at","healthy","took_seconds","text"],
 "properties":{"at":{"$ref":"#/components/schemas/time"},"healthy":{"type":"boolean"},
 "took_seconds":{"type":"number"},"text":{"type":"string"}}}}}}}}},
"usage_histories":{"type":"object","required":["services"],"properties":{"services":{"type":"array",
 "items":{"type":"object","required":["name","samples"],"properties":{"name":{"type":"string"},
 "samples":{"type":"array","items":{"type":"object","required":["at","cpu_percent","memory_bytes"],
 "properties":{"at":{"$ref":"#/components/schemas/time"},"cpu_percent":{"type":["number","null"]},
 "memory_bytes":{"type":"integer"}}}}}}}}},
"document":{"type":"object"},
"role":{"type":"string","enum":["operate","read"]},
"code":{"type":"object","required":["code","expires_in_seconds","role","url"],"properties":{
 "code":{"type":"string"},"expires_in_seconds":{"type":"integer"},
 "role":{"$ref":"#/components/schemas/role"},"url":{"type":["string","null"]}}},
"session":{"type":"object","required":["token","role","expires_at"],"properties":{
 "token":{"type":"string"},"role":{"$ref":"#/components/schemas/role"},
 "expires_at":{"$ref":"#/components/schemas/time"}}},
"problem":{"type":"object","required":["type","title","status","detail"],"properties":{
 "type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},
 "detail":{"type":"string"},"hint":{"type":"string"},"errors":{"$ref":"#/components/schemas/names"}}},
"empty_body":{"type":"object","additionalProperties":false},
"names_body":{"type":"object","additionalProperties":false,"properties":{
 "services":{"$ref":"#/components/schemas/names"}}},
"signal_body":{"type":"object","additionalProperties":false,"required":["signal"],"properties":{
 "signal":{"type":["string","integer"]}}},
"code_for_body":{"type":"object","additionalProperties":false,"properties":{
 "role":{"$ref":"#/components/schemas/role"}}},
"code_body":{"type":"object","additionalProperties":false,"required":["code"],"properties":{
 "code":{"type":"string"}}},
"scale_body":{"type":"object","additionalProperties":false,"required":["instances"],"properties":{
 "instances":{"type":"integer","minimum":1,"maximum":1000}}}
})json";

std::string_view body_schema(body_kind kind) {
  switch (kind) {
    case body_kind::none:
      return "";
    case body_kind::empty:
      return "empty_body";
    case body_kind::names:
      return "names_body";
    case body_kind::signal:
      return "signal_body";
    case body_kind::scale:
      return "scale_body";
    case body_kind::code_for:
      return "code_for_body";
    case body_kind::code:
      return "code_body";
  }
  return "";
}

void write_content(json_writer& to, std::string_view media, std::string_view schema) {
  to.key("content").begin_object().key(media).begin_object().key("schema").begin_object();
  to.field("$ref", "#/components/schemas/" + std::string(schema));
  to.end_object().end_object().end_object();
}

void write_parameter(json_writer& to, const parameter& what, std::string_view place) {
  to.begin_object().field("name", what.name).field("in", place);
  to.field("required", place == "path").field("description", what.doc);
  to.key("schema").begin_object().field("type", what.type).end_object().end_object();
}

void write_parameters(json_writer& to, const route& each) {
  static constexpr parameter name{"name", "string", "A service, or one instance of it"};
  const bool named = each.path.find("{name}") != each.path.npos;
  if (!named && each.query.empty()) return;
  to.key("parameters").begin_array();
  if (named) write_parameter(to, name, "path");
  for (const auto& one : each.query) write_parameter(to, one, "query");
  to.end_array();
}

void write_answers(json_writer& to, const route& each) {
  to.key("responses").begin_object().key("200").begin_object().field("description", each.doc);
  if (!each.answer.empty()) write_content(to, "application/json", each.answer);
  to.end_object();
  if (each.answer == "operation" || each.answer == "reload") {
    to.key("202").begin_object().field("description", "Accepted; it goes on");
    write_content(to, "application/json", each.answer);
    to.end_object();
  }
  to.key("default").begin_object().field("description", "A problem (RFC 9457)");
  write_content(to, "application/problem+json", "problem");
  to.end_object().end_object();
}

/// "get /api/v1/services/{name}/logs" -> "getServicesLogs": names for generated clients.
std::string operation_id(const route& each) {
  std::string out = each.how == method::get ? "get" : "post";
  bool upper = true;
  std::string_view path = each.path;
  if (path.starts_with("/api/v1")) path.remove_prefix(7);
  for (const char c : path) {
    if (c >= 'a' && c <= 'z') {
      out.push_back(upper ? static_cast<char>(c - 'a' + 'A') : c);
      upper = false;
    } else {
      upper = true;
    }
  }
  return out;
}

void write_operation(json_writer& to, const route& each) {
  to.key(each.how == method::get ? "get" : "post").begin_object();
  to.field("operationId", operation_id(each)).field("summary", each.doc);
  write_parameters(to, each);
  if (const auto schema = body_schema(each.body); !schema.empty()) {
    const bool required = each.body == body_kind::signal || each.body == body_kind::scale ||
                          each.body == body_kind::code;
    to.key("requestBody").begin_object().field("required", required);
    write_content(to, "application/json", schema);
    to.end_object();
  }
  write_answers(to, each);
  if (each.who == access::open) to.key("security").begin_array().end_array();
  to.end_object();
}

/// On TCP; the Unix socket asks for none.
constexpr std::string_view security =
    R"("securitySchemes":{"token":{"type":"http","scheme":"bearer"}},)";

}  // namespace

std::string openapi_document(std::string_view version) {
  std::map<std::string_view, std::vector<const route*>> paths;
  for (const route& each : routes()) paths[each.path].push_back(&each);
  std::string out;
  json_writer to(out);
  to.begin_object().field("openapi", "3.1.0").key("info").begin_object();
  to.field("title", "Aurora").field("version", version);
  to.field("description",
           "The control interface of aurorad, on its Unix socket and, with a token, on TCP.");
  to.end_object().key("security").begin_array().begin_object().key("token").begin_array();
  to.end_array().end_object().end_array();
  to.key("paths").begin_object();
  for (const auto& [path, methods] : paths) {
    to.key(path).begin_object();
    for (const route* each : methods) write_operation(to, *each);
    to.end_object();
  }
  to.end_object().key("components").begin_object();
  out += security;
  to.key("schemas");
  std::copy_if(schemas.begin(), schemas.end(), std::back_inserter(out),
               [](char c) { return c != '\n'; });
  out += "}}";
  return out;
}

}  // namespace aurora::wire
