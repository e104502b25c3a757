// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/problem.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <iterator>
#include <utility>

#include "adapters/msgin5g/media_type.h"
#include "adapters/msgin5g/members.h"
#include "gateway/base/document.h"
#include "gateway/base/json.h"
#include "gateway/base/problem_title.h"

namespace msggw::msgin5g {

namespace {

constexpr std::array<RefusalText, kRefusals> kTexts{{
    {"uri", 404, "RESOURCE_URI_STRUCTURE_NOT_FOUND"},
    {"api", 400, "INVALID_API"},
    {"method", 405, ""},
    {"unknown_method", 501, ""},
    {"client", 403, ""},
    {"token", 401, ""},
    {"media_type", 415, ""},
    {"format", 400, "INVALID_MSG_FORMAT"},
    {"missing", 400, "MANDATORY_IE_MISSING"},
    {"incorrect", 400, "MANDATORY_IE_INCORRECT"},
    {"optional_incorrect", 400, "OPTIONAL_IE_INCORRECT"},
    {"too_large", 413, "PAYLOAD_TOO_LARGE"},
    {"address_type", 403, "ADDR_TYPE_NOT_SUPPORTED"},
    {"delivery_status", 403, "DELIVERY_STATUS_NOT_SUPPORTED"},
    {"recipient", 404, "RECIPIENT_NOT_FOUND"},
    {"recipient_unreachable", 404, "RECIPIENT_NOT_REACHABLE"},
    {"congestion_risk", 429, "NF_CONGESTION_RISK"},
    {"congestion", 503, "NF_CONGESTION"},
    {"store", 500, "SYSTEM_FAILURE"},
    {"resources", 500, "INSUFFICIENT_RESOURCES"},
}};

std::string written(const std::vector<InvalidParam>& params) {
  std::string out;
  char separator = '[';
  for (const InvalidParam& param : params) {
    out += separator;
    separator = ',';
    base::ObjectWriter writer(base::Encoding::json, out);
    writer.text("param", param.param);
    writer.text("reason", param.reason);
    writer.end();
  }
  return out + ']';
}

std::string text_in(const boost::json::value& object, std::string_view name) {
  return std::string(base::text_member(object, name).value_or(""));
}

}  // namespace

const RefusalText& text_of(Refusal refusal) noexcept {
  return kTexts[static_cast<std::size_t>(refusal)];
}

http::Response response_of(const Problem& problem) {
  const RefusalText& text = text_of(problem.why);
  http::Response response;
  response.status = text.status;
  response.content_type = kProblemJson;
  base::ObjectWriter writer(base::Encoding::json, response.body);
  writer.text("title", base::problem_title(text.status));
  writer.number("status", text.status);
  writer.text("detail", problem.detail);
  if (*text.cause != '\0') writer.text("cause", text.cause);
  if (!problem.invalid_params.empty())
    writer.document("invalidParams", written(problem.invalid_params));
  writer.end();
  const auto add = [&](const char* name, std::string value) {
    response.headers.emplace_back(name, std::move(value));
  };
  if (problem.retry_after > base::Duration{0}) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(problem.retry_after);
    add("retry-after", std::to_string(seconds.count()));
  }
  if (problem.why == Refusal::method) add("allow", "POST");
  if (problem.why == Refusal::media_type) add("accept", std::string(kJson));
  if (problem.why == Refusal::token) add("www-authenticate", problem.challenge);
  return response;
}

Problem too_long(const Limits& limits) {
  return {Refusal::too_large,
          "the body has more than " + std::to_string(limits.body_octets) + " octets"};
}

void Faults::note(Params& params, std::string pointer, std::string reason) {
  if (params.size() < most_) params.push_back({std::move(pointer), std::move(reason)});
}

Problem Faults::problem() && {
  Problem problem;
  problem.why = !missing_.empty()     ? Refusal::missing
                : !incorrect_.empty() ? Refusal::incorrect
                                      : Refusal::optional_incorrect;
  Params& all = problem.invalid_params;
  for (Params* params : {&missing_, &incorrect_, &optional_})
    std::move(params->begin(), params->end(), std::back_inserter(all));
  base::ensure(!all.empty(), "a problem has elements at fault");
  if (all.size() > most_) all.resize(most_);
  problem.detail = all.front().param + " " + all.front().reason;
  return problem;
}

base::Result<ServerProblem> read_problem(std::string_view body, const Limits& limits) {
  unsigned char room[kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  const auto value = base::parse_json(body, document_limits(limits), &memory);
  if (!value) return tl::unexpected(value.error());
  if (!value->is_object()) return base::fail(base::Errc::malformed, "the body is not an object");
  ServerProblem problem{text_in(*value, "cause"), text_in(*value, "detail"), {}};
  const auto* params = base::member(*value, "invalidParams");
  if (params == nullptr || !params->is_array()) return problem;
  for (const auto& param : params->get_array()) {
    if (problem.invalid_params.size() == limits.invalid_params) break;
    problem.invalid_params.push_back({text_in(param, "param"), text_in(param, "reason")});
  }
  return problem;
}

}  // namespace msggw::msgin5g
