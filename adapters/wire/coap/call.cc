// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/call.h"

#include <utility>

#include "adapters/wire/coap/option_values.h"

namespace msggw::coap {

namespace {

/// What a client is told to wait where nobody knows better.
constexpr std::uint32_t kRetryLater_s = 10;

/// Octets of a diagnostic: for people, and in one datagram with whatever else.
constexpr std::size_t kMostDiagnostic = 512;

}  // namespace

void refuse(Response& out, Code code, std::string_view diagnostic,
            std::optional<std::uint32_t> max_age_s) {
  out = Response{};
  out.code = code;
  out.payload = diagnostic.substr(0, kMostDiagnostic);
  if (diagnostic.size() > kMostDiagnostic) out.payload.append("...");
  out.max_age_s = max_age_s;
  if (code == Code::unavailable && !max_age_s) out.max_age_s = kRetryLater_s;
}

Reply refuse(ServerCounters& counters, Response& out, Reason reason, Code code,
             std::string_view diagnostic) {
  counters.refused(reason);
  refuse(out, code, diagnostic);
  return Reply::now;
}

std::optional<std::string_view> Call::body(Response& out) {
  if (!exchange.block1) {
    if (request.payload.size() <= most_octets()) return request.payload;
    return too_large(out);
  }
  auto added = room_.bodies.add(request, *exchange.block1, room_.clock.now(), most_octets());
  switch (added.step) {
    case PartialBodies::Step::complete: whole_ = std::move(added.body); return whole_;
    case PartialBodies::Step::more: out.code = Code::continue_blocks; break;
    case PartialBodies::Step::incomplete:
      refuse(room_.counters, out, Reason::body_incomplete, Code::incomplete,
             "a block before this one is missing; begin with block 0");
      break;
    case PartialBodies::Step::bad_size:
      refuse(room_.counters, out, Reason::bad_body, Code::bad_request,
             "the block is not as long as its Block1 option says");
      break;
    case PartialBodies::Step::too_large: return too_large(out);
  }
  return std::nullopt;
}

std::optional<std::string_view> Call::too_large(Response& out) {
  const std::size_t most = most_octets();
  refuse(room_.counters, out, Reason::body_too_large, Code::too_large,
         "the body may have " + std::to_string(most) + " octets");
  out.size1 = static_cast<std::uint32_t>(most);
  return std::nullopt;
}

bool Call::accept_options(Response& out) {
  const auto refused = [&](Reason reason, Code code, std::string_view why) {
    refuse(room_.counters, out, reason, code, why);
    return false;
  };
  if (request.bad_option == option::kProxyUri || request.bad_option == option::kProxyScheme)
    return refused(Reason::bad_option, Code::proxying_not_supported, "this is no proxy");
  if (request.bad_option)
    return refused(Reason::bad_option, Code::bad_option,
                   "option " + std::to_string(*request.bad_option) +
                       " is not supported here, comes twice or has a wrong length");
  if (static_cast<std::size_t>(request.method) > kMethods)
    return refused(Reason::wrong_method, Code::method_not_allowed, "no such method");
  if (request.too_many_queries)
    return refused(Reason::bad_option, Code::bad_request, "more than 16 query parameters");
  if (request.path_too_deep)
    return refused(Reason::unknown_path, Code::not_found, "no path here has 9 segments");
  if (request.block1) exchange.block1 = decode_block(*request.block1, request.reliable);
  if (request.block2) exchange.block2 = decode_block(*request.block2, request.reliable);
  if ((request.block1 && !exchange.block1) || (request.block2 && !exchange.block2))
    return refused(Reason::bad_option, Code::bad_request,
                   "block size exponent 7 is not supported; use 0 to 6");
  return true;
}

}  // namespace msggw::coap
