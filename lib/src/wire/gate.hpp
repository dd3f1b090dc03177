#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <aurora/answers.hpp>

#include "wire/own_names.hpp"
#include "wire/routes.hpp"
#include "wire/tokens.hpp"

/// What is asked of a request whose head has one reading (request_gate.hpp), in this order:
/// whose name, whose page, whose site; who; what; how. The first that does not hold is the answer,
/// and nothing behind it is looked at.
namespace aurora::wire {

/// The fields that decide; absent ones are empty.
struct request_head {
  std::string_view method;
  std::string_view path;  ///< of the target, without the query
  std::string_view host;
  std::optional<std::string_view> origin;
  std::string_view fetch_site, fetch_mode;
  std::string_view authorization;
  std::string_view content_type;
  std::string_view expect;
  bool has_body = false;
};

/// Where it came in. A Unix socket has no names and asks for no token: its mode and the kernel say
/// who is there.
enum class entrance { local, tcp };

struct gate_refusal {
  problem why;
  std::string allow;    ///< of a 405
  bool closes = false;  ///< the connection ends: the client is not one of ours
};

/// The route that the method takes; nothing: it takes none of them.
const route* route_for(const path_match& found, std::string_view method);

/// Host (421), Origin and Sec-Fetch-Site (403). On TCP only.
std::optional<gate_refusal> check_names(const request_head& head, const path_match& found,
                                        const own_names& names);

/// The role that it takes; nothing: everybody may. What is no route of ours is nobody's business
/// either.
std::optional<role> needed_role(const request_head& head, const path_match& found);

/// 403 where that role is not enough.
std::optional<gate_refusal> check_role(const request_head& head, role needed, role given);

/// 404, 405, 400 and 415 by what is asked, before any of the body is read.
std::optional<gate_refusal> check_form(const request_head& head, const path_match& found,
                                       entrance where);

/// 401, the same words whatever was wrong.
problem not_signed_in();
/// 401, for a code.
problem no_such_code();
/// 429.
problem too_many_failures();

}  // namespace aurora::wire
