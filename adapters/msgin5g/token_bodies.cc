// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/token_bodies.h"

#include <algorithm>
#include <boost/json/value.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/grammar/ci_string.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <charconv>
#include <string_view>
#include <utility>

#include "adapters/msgin5g/media_type.h"
#include "gateway/base/base64.h"
#include "gateway/base/json.h"
#include "gateway/base/text.h"

namespace msggw::msgin5g {

namespace {

using base::Errc;
using std::chrono::seconds;

constexpr std::size_t kMostAnswerOctets = 64 * 1'024;
constexpr std::size_t kMostWordOctets = 200;

std::string encoded(std::string_view text) {
  return boost::urls::encode(text, boost::urls::unreserved_chars);
}

/// RFC 6749 2.3.1: both are encoded as in a form.
std::string basic(const TokenOptions& options) {
  std::string value = "Basic ";
  base::append_base64(value, encoded(options.client_id) + ":" + encoded(options.client_secret));
  return value;
}

/// RFC 6750 2.1, and no blank: it goes into a header field.
bool is_token(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMostTokenOctets &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

seconds told_lifetime(const boost::json::value& body) {
  const auto* const told = base::member(body, "expires_in");
  if (told == nullptr) return kUntoldLifetime;
  double count = 0;
  if (told->is_number()) count = told->to_number<double>();
  if (const auto text = base::text_of(*told))  // as some servers write it
    std::from_chars(text->data(), text->data() + text->size(), count);
  if (!(count > 0)) return seconds{0};
  return seconds(
      static_cast<seconds::rep>(std::min(count, static_cast<double>(kLongestLifetime.count()))));
}

/// "HTTP 400 invalid_client: unknown client"
std::string reason_of(const http::ClientResponse& answer, const boost::json::value* body) {
  std::string reason = "HTTP " + std::to_string(answer.status);
  if (body == nullptr) return reason;
  for (const auto& [name, before] :
       {std::pair{"error", " "}, {"cause", " "}, {"error_description", ": "}, {"detail", ": "}}) {
    const auto word = base::text_member(*body, name);
    if (word && !word->empty())
      reason.append(before).append(base::printable(*word, kMostWordOctets));
  }
  return reason;
}

}  // namespace

http::ClientRequest token_request(const TokenOptions& options) {
  http::ClientRequest request;
  request.url = *options.endpoint.uri;
  request.content_type = "application/x-www-form-urlencoded";
  request.accept = kJson;
  request.body = "grant_type=client_credentials";
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) request.body.append("&").append(name).append("=").append(encoded(value));
  };
  add("nfInstanceId", options.nf_instance_id);
  add("nfType", options.nf_type);
  add("targetNfType", options.target_nf_type);
  add("scope", options.scope);
  if (options.client_secret.empty()) {
    add("client_id", options.client_id);
  } else {
    request.authorization = basic(options);
  }
  return request;
}

base::Result<TokenGrant> read_token_answer(const http::ClientResponse& answer) {
  auto body = base::parse_json(answer.body, {.octets = kMostAnswerOctets});
  const boost::json::value* const members = body && body->is_object() ? &*body : nullptr;
  if (answer.status != 200) {
    const bool is_final = answer.status >= 400 && answer.status < 500 && members != nullptr &&
                          answer.status != 408 && answer.status != 429;
    return base::fail(is_final ? Errc::refused : Errc::unavailable, reason_of(answer, members));
  }
  const auto fail = [](const char* what) {
    return base::fail(Errc::malformed, std::string("HTTP 200 ") + what);
  };
  if (members == nullptr) return fail("without a JSON object");
  const auto token = base::text_member(*members, "access_token");
  if (!token || !is_token(*token)) return fail("without a usable access_token");
  const auto type = base::text_member(*members, "token_type");
  if (type && !boost::urls::grammar::ci_is_equal(*type, "Bearer"))
    return fail("with a token_type other than Bearer");
  const seconds lifetime = told_lifetime(*members);
  if (lifetime <= seconds{0}) return fail("with a token that has expired");
  return TokenGrant{"Bearer " + std::string(*token), lifetime};
}

}  // namespace msggw::msgin5g
