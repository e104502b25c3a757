// SPDX-License-Identifier: Apache-2.0
#include "provisioning/client/verdict.h"

#include <algorithm>
#include <utility>

#include "gateway/base/text.h"
#include "gateway/core/private_id.h"

namespace msggw::client {

namespace {

constexpr std::size_t kMostDetailOctets = 256;

bool is_about(const protocol::Response& response, std::string_view asked) {
  if (response.private_id.empty() || asked.empty() || response.private_id == asked) return true;
  const auto id = core::PrivateId::parse(response.private_id, core::PrivateId::kMostOctets);
  return id && id->text() == asked;
}

Verdict provisioned(protocol::Response response, std::string_view asked) {
  if (!is_about(response, asked)) return Strayed{};
  return core::Provisioned{
      std::move(response.service_id),
      {std::move(response.server_service_ids), std::move(response.service_info)},
      response.lifetime};
}

Verdict judge_success(const Reply& reply, const protocol::WireLimits& limits,
                      std::string_view asked) {
  if (!reply.encoding) {
    return Useless{"a success with content type \"" + base::printable(reply.content_type) + "\""};
  }
  auto decoded = protocol::decode_response(*reply.encoding, reply.body, limits);
  if (!decoded) return Useless{"a success without a usable body: " + decoded.error().detail};
  return provisioned(std::move(*decoded), asked);
}

/// "HTTP 403" as the cause of a refusal that gives none: "HTTP_403".
std::string cause_of(std::string status) {
  for (char& c : status) {
    if (c == ' ') c = '_';
  }
  return status;
}

Refused refused_for(std::string status, const protocol::Problem& problem) {
  Refused refused{cause_of(std::move(status)), "the Provisioning Function gave no reason"};
  if (!problem.cause.empty()) refused.cause = base::printable(problem.cause, kMostDetailOctets);
  if (!problem.detail.empty()) refused.detail = base::printable(problem.detail, kMostDetailOctets);
  return refused;
}

Unavailable not_now(std::string status, base::Duration retry_after) {
  return {std::move(status), retry_after, retry_after > base::Duration{0}};
}

protocol::Problem problem_in(const Reply& reply, const protocol::WireLimits& limits) {
  protocol::Problem problem;
  if (reply.encoding) {
    auto decoded = protocol::decode_problem(*reply.encoding, reply.body, limits);
    if (decoded) problem = std::move(*decoded);
  } else if (reply.content_type.empty()) {
    problem.detail = reply.body;  // CoAP's diagnostic payload (RFC 7252 5.5.2)
  }
  return problem;
}

/// "HTTP 401 GATEWAY_UNKNOWN: only gateways that ..."
std::string with_problem(std::string status, const protocol::Problem& problem) {
  if (!problem.cause.empty()) status += ' ' + base::printable(problem.cause, kMostDetailOctets);
  if (!problem.detail.empty()) status += ": " + base::printable(problem.detail, kMostDetailOctets);
  return status;
}

/// TS 29.500 table 5.2.7.2-1: INVALID_API is about the path that was asked, which is the same for
/// every device.
Verdict refusal_in(const Reply& reply, const protocol::WireLimits& limits) {
  const protocol::Problem problem = problem_in(reply, limits);
  if (problem.cause == "INVALID_API") return Useless{with_problem(reply.status, problem)};
  return refused_for(reply.status, problem);
}

}  // namespace

Meaning meaning_of_http(unsigned status) noexcept {
  switch (status) {
    case 200:
    case 201: return Meaning::done;
    case 204: return Meaning::done_without_body;
    case 400:
    case 403:
    case 409:
    case 410:
    case 413:
    case 422: return Meaning::refused;
    case 408:
    case 425:
    case 502:
    case 503:
    case 504: return Meaning::unavailable;
    case 429: return Meaning::not_now;
    case 404: return Meaning::not_found;
    case 405:
    case 501: return Meaning::not_offered;
    default: return Meaning::useless;
  }
}

Meaning meaning_of_coap(coap::Code code) noexcept {
  switch (code) {
    case coap::Code::created:
    case coap::Code::changed:
    case coap::Code::content: return Meaning::done;
    case coap::Code::deleted: return Meaning::done_without_body;
    default: break;
  }
  // Errors mean what the statuses of their numbers do (RFC 7252 12.1.2).
  const auto number = static_cast<unsigned>(code);
  const auto& known = coap::kResponseCodes;
  if (number < 0x80 || std::find(known.begin(), known.end(), code) == known.end())
    return Meaning::useless;
  return meaning_of_http((number >> 5) * 100 + (number & 31));
}

Verdict judge(Reply reply, const protocol::WireLimits& limits, std::string_view asked) {
  switch (reply.meaning) {
    case Meaning::done: return judge_success(reply, limits, asked);
    case Meaning::refused: return refusal_in(reply, limits);
    case Meaning::unavailable: return Unavailable{reason_of(reply, limits), reply.retry_after};
    case Meaning::not_now: return not_now(reason_of(reply, limits), reply.retry_after);
    case Meaning::done_without_body:
    case Meaning::not_found:
    case Meaning::not_offered:
    case Meaning::useless: break;
  }
  return Useless{reason_of(reply, limits)};
}

Verdict judge_release(Reply reply, const protocol::WireLimits& limits) {
  switch (reply.meaning) {
    case Meaning::done:
    case Meaning::done_without_body: return Released{};
    case Meaning::not_found: {
      if (!reply.encoding) break;
      const auto problem = protocol::decode_problem(*reply.encoding, reply.body, limits);
      if (!problem || problem->cause == "RESOURCE_URI_STRUCTURE_NOT_FOUND") break;
      return Released{};
    }
    case Meaning::refused: return refusal_in(reply, limits);
    case Meaning::unavailable: return Unavailable{reason_of(reply, limits), reply.retry_after};
    case Meaning::not_now: return not_now(reason_of(reply, limits), reply.retry_after);
    case Meaning::not_offered:
    case Meaning::useless: break;
  }
  return Useless{reason_of(reply, limits)};
}

Verdict judge(protocol::DecodedBulkItem item, std::string_view asked) {
  std::string status = "HTTP " + std::to_string(item.status);
  switch (meaning_of_http(item.status)) {
    case Meaning::done:
      if (item.response) return provisioned(std::move(*item.response), asked);
      return Useless{"an item without a usable response: " + item.response.error().detail};
    case Meaning::refused: return refused_for(std::move(status), item.problem);
    case Meaning::unavailable:
      return Unavailable{with_problem(std::move(status), item.problem), item.retry_after};
    case Meaning::not_now:
      return not_now(with_problem(std::move(status), item.problem), item.retry_after);
    case Meaning::done_without_body:
    case Meaning::not_found:
    case Meaning::not_offered:
    case Meaning::useless: break;
  }
  return Useless{with_problem(std::move(status), item.problem)};
}

std::string reason_of(const Reply& reply, const protocol::WireLimits& limits) {
  return with_problem(reply.status, problem_in(reply, limits));
}

}  // namespace msggw::client
