// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/answers.h"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <utility>

#include "adapters/msgin5g/bodies.h"
#include "adapters/msgin5g/media_type.h"
#include "adapters/msgin5g/problem.h"
#include "gateway/base/json.h"
#include "gateway/base/text.h"

namespace msggw::msgin5g {

namespace {

constexpr std::size_t kMostReasonOctets = 256;
constexpr std::size_t kMostGrantOctets = 4'096;

constexpr std::string_view kInvalidApi = "INVALID_API";
/// Of the server or of who calls it; every other cause is about the message.
constexpr std::array<std::string_view, 4> kCausesOfServer = {
    kInvalidApi, "RESOURCE_URI_STRUCTURE_NOT_FOUND", "CCA_VERIFICATION_FAILURE",
    "ACCESS_TOKEN_CLAIM_MISSING"};

std::string printable(std::string_view text) {
  return base::printable(text, kMostReasonOctets);
}

ServerProblem problem_in(const http::ClientResponse& answer, const Limits& limits) {
  if (!is_type(answer.content_type, kProblemJson) && !is_type(answer.content_type, kJson))
    return {};
  return read_problem(answer.body, limits).value_or(ServerProblem{});
}

/// Or about the device that is to be registered.
bool is_about_message(const ServerProblem& problem) noexcept {
  return !problem.cause.empty() && std::find(kCausesOfServer.begin(), kCausesOfServer.end(),
                                             problem.cause) == kCausesOfServer.end();
}

bool is_about_originator(const ServerProblem& problem) noexcept {
  if (problem.cause == "ORIGINATOR_NOT_FOUND" || problem.cause == "ORIGINATOR_NOT_REGISTERED")
    return true;
  return std::any_of(problem.invalid_params.begin(), problem.invalid_params.end(),
                     [](const InvalidParam& at_fault) {
                       const std::string_view param = at_fault.param;
                       return param == "/oriAddr" || param.starts_with("/oriAddr/");
                     });
}

/// "HTTP 503 NF_CONGESTION: too many requests"
std::string reason_of(unsigned status, const ServerProblem& problem) {
  std::string reason = "HTTP " + std::to_string(status);
  if (!problem.cause.empty()) reason += " " + printable(problem.cause);
  if (!problem.detail.empty()) reason += ": " + printable(problem.detail);
  return reason;
}

Ended ended_by(unsigned status, const ServerProblem& problem) {
  std::string cause = printable(problem.cause);
  if (cause.empty()) cause = "HTTP_" + std::to_string(status);
  return {std::move(cause), printable(problem.detail)};
}

Meaning meaning_of_success(const http::ClientResponse& answer, std::string_view message_id,
                           const Limits& limits) {
  if (answer.body.empty()) return Done{};
  const auto ack = read_ack(answer.body, limits);
  if (!ack)
    return ServerTrouble{"HTTP 200 without a usable body: " + printable(ack.error().detail)};
  if (!message_id.empty() && !ack->message_id.empty() && ack->message_id != message_id)
    return ServerTrouble{"HTTP 200 about another message: " + printable(ack->message_id)};
  if (ack->status == "DELY_STORED") return Stored{};
  if (ack->status != "DELY_FAILED") return Done{};
  if (ack->failure_cause.empty()) return Ended{ack->status, {}};
  return Ended{printable(ack->failure_cause), {}};
}

Granted granted_by(const http::ClientResponse& answer) {
  const auto body = base::parse_json(answer.body, {.octets = kMostGrantOctets});
  return body ? Granted{lifetime_in(*body)} : Granted{};
}

bool is_busy(unsigned status) noexcept {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501);
}

bool is_declined(unsigned status, const ServerProblem& problem) {
  if (status == 409 || status == 413 || status == 422) return true;
  if (status == 400) return problem.cause != kInvalidApi;
  return (status == 403 || status == 404) && is_about_message(problem);
}

}  // namespace

Meaning meaning_of(const http::ClientResponse& answer, std::string_view message_id,
                   const Limits& limits) {
  const unsigned status = answer.status;
  if (status == 200) return meaning_of_success(answer, message_id, limits);
  if (status == 204) return Done{};
  const ServerProblem problem = problem_in(answer, limits);
  if (status == 404 && is_about_originator(problem))
    return OriginatorUnknown{reason_of(status, problem)};
  const bool ends = status == 413 || status == 422 ||
                    (status == 400 && problem.cause != kInvalidApi) ||
                    ((status == 403 || status == 404) && is_about_message(problem));
  if (ends) return ended_by(status, problem);
  return ServerTrouble{reason_of(status, problem), answer.retry_after};
}

Meaning meaning_of(const base::Error& silence) {
  return ServerTrouble{printable(silence.detail)};
}

RegistrationMeaning registration_meaning_of(const base::Result<http::ClientResponse>& answer,
                                            const Limits& limits) {
  if (!answer) {
    if (answer.error().code == base::Errc::too_large)
      return NotOffered{printable(answer.error().detail)};
    return ServerTrouble{printable(answer.error().detail)};
  }
  const unsigned status = answer->status;
  if (status == 204) return Granted{};
  const bool is_good = answer->body.empty() || is_type(answer->content_type, kJson);
  if (status == 201 || (status == 200 && is_good)) return granted_by(*answer);
  const ServerProblem problem = problem_in(*answer, limits);
  if (is_busy(status)) return ServerTrouble{reason_of(status, problem), answer->retry_after};
  if (!is_declined(status, problem)) return NotOffered{reason_of(status, problem)};
  Ended why = ended_by(status, problem);
  return Declined{std::move(why.cause), std::move(why.detail)};
}

std::optional<std::chrono::seconds> lifetime_in(const boost::json::value& grant) noexcept {
  const auto* const lifetime = base::member(grant, "lifetime");
  if (lifetime == nullptr || !lifetime->is_int64() || lifetime->get_int64() <= 0)
    return std::nullopt;
  return std::chrono::seconds(lifetime->get_int64());
}

RegistrationMeaning registration_meaning_of(unsigned status, std::string_view cause) {
  if (status >= 200 && status < 300) return Granted{};
  const ServerProblem problem{std::string(cause), {}, {}};
  if (is_busy(status)) return ServerTrouble{reason_of(status, problem)};
  return Declined{ended_by(status, problem).cause, {}};
}

}  // namespace msggw::msgin5g
