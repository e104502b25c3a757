#include "provisioning/client/verdict.h"

#include <optional>
#include <utility>

#include "gateway/base/text.h"

namespace msggw::client {

namespace {

constexpr std::size_t kMostDetailOctets = 256;

std::string_view bare_type(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const std::size_t end = type.find_last_not_of(" \t");
  return type.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

std::optional<protocol::Encoding> encoding_of(std::string_view content_type) {
  const std::string_view type = bare_type(content_type);
  if (type == "application/json" || type == "application/problem+json")
    return protocol::Encoding::json;
  if (type == "application/cbor" || type == "application/problem+cbor")
    return protocol::Encoding::cbor;
  return std::nullopt;
}

Verdict judge_success(const http::ClientResponse& response, const protocol::WireLimits& limits) {
  const auto encoding = encoding_of(response.content_type);
  if (!encoding) {
    return Useless{"a success with content type \"" + base::printable(response.content_type) +
                   "\""};
  }
  auto decoded = protocol::decode_response(*encoding, response.body, limits);
  if (!decoded) return Useless{"a success without a usable body: " + decoded.error().detail};
  return core::Provisioned{
      std::move(decoded->service_id),
      {std::move(decoded->server_service_ids), std::move(decoded->service_info)}};
}

Refused refusal_of(const http::ClientResponse& response, const protocol::WireLimits& limits) {
  Refused refused{"HTTP_" + std::to_string(response.status),
                  "the Provisioning Function gave no reason"};
  const auto encoding = encoding_of(response.content_type);
  if (!encoding) return refused;
  const auto problem = protocol::decode_problem(*encoding, response.body, limits);
  if (!problem) return refused;
  if (!problem->cause.empty()) refused.cause = base::printable(problem->cause, kMostDetailOctets);
  if (!problem->detail.empty())
    refused.detail = base::printable(problem->detail, kMostDetailOctets);
  return refused;
}

}  // namespace

Verdict judge(const http::ClientResponse& response, const protocol::WireLimits& limits) {
  switch (response.status) {
    case 200:
    case 201: return judge_success(response, limits);
    case 400:
    case 403:
    case 409:
    case 410:
    case 413:
    case 422: return refusal_of(response, limits);
    case 408:
    case 425:
    case 429:
    case 502:
    case 503:
    case 504: return Unavailable{"status " + std::to_string(response.status), response.retry_after};
    default: return Useless{"status " + std::to_string(response.status)};
  }
}

}  // namespace msggw::client
