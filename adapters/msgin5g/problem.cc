// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/problem.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <utility>

#include "adapters/elements/elements.h"
#include "adapters/msgin5g/media_type.h"
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
    {"token_claim", 401, "ACCESS_TOKEN_CLAIM_MISSING"},
    {"scope", 403, ""},
    {"media_type", 415, ""},
    {"format", 400, "INVALID_MSG_FORMAT"},
    {"missing", 400, "MANDATORY_IE_MISSING"},
    {"incorrect", 400, "MANDATORY_IE_INCORRECT"},
    {"optional_incorrect", 400, "OPTIONAL_IE_INCORRECT"},
    {"too_large", 413, "PAYLOAD_TOO_LARGE"},
    {"address_type", 403, "ADDR_TYPE_NOT_SUPPORTED"},
    {"delivery_status", 403, "DELIVERY_STATUS_NOT_SUPPORTED"},
    {"recipient", 404, "RECIPIENT_NOT_FOUND"},
    {"congestion_risk", 429, "NF_CONGESTION_RISK"},
    {"congestion", 503, "NF_CONGESTION"},
    {"store", 500, "SYSTEM_FAILURE"},
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

Refusal refusal_of(elements::Wrong wrong) noexcept {
  switch (wrong) {
    case elements::Wrong::missing: return Refusal::missing;
    case elements::Wrong::incorrect: return Refusal::incorrect;
    case elements::Wrong::optional_incorrect: return Refusal::optional_incorrect;
    case elements::Wrong::address_type: return Refusal::address_type;
    case elements::Wrong::delivery_status: return Refusal::delivery_status;
  }
  return Refusal::incorrect;
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
  if (!problem.challenge.empty()) add("www-authenticate", problem.challenge);
  return response;
}

Problem too_long(const Limits& limits) {
  return {Refusal::too_large,
          "the body has more than " + std::to_string(limits.body_octets) +
              " octets (body_octets of [msgin5g.limits]); longer content comes in segments"};
}

Problem problem_of(elements::Faults faults) {
  Problem problem;
  problem.why = refusal_of(faults.gravest());
  std::vector<elements::Fault> all = std::move(faults).take();
  problem.detail = all.front().sentence();
  for (elements::Fault& fault : all)
    problem.invalid_params.push_back({std::move(fault.pointer), std::move(fault.reason)});
  return problem;
}

base::Result<ServerProblem> read_problem(std::string_view body, const Limits& limits) {
  unsigned char room[elements::kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  const auto value = base::parse_json(body, elements::document_limits(limits.body_octets), &memory);
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
