// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/access_token.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <utility>

#include "gateway/base/json.h"

namespace msggw::msgin5g {

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr base::DocumentLimits kPart{kMostAccessToken, 8, 1'000};
constexpr double kMostSeconds = 253'402'300'799;  ///< the end of the year 9999

constexpr std::array<std::string_view, kTokenFaults> kNames = {
    "absent",  "malformed", "algorithm", "claims", "key",   "signature",
    "expired", "not_yet",   "audience",  "issuer", "scope", "busy"};

/// Of one of the three parts; none: it is no JSON object in base64url.
std::optional<boost::json::value> object_in(std::string_view part) {
  const auto text = octets_of_base64url(part);
  if (!text) return std::nullopt;
  auto value = base::parse_json(*text, kPart);
  if (!value || !value->is_object()) return std::nullopt;
  return *std::move(value);
}

/// NumericDate (RFC 7519 2), which may have a fraction.
std::optional<sys_seconds> date_in(const boost::json::value& claims, const char* name) {
  const auto* const value = base::member(claims, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double since = std::clamp(value->to_number<double>(), 0.0, kMostSeconds);
  return sys_seconds(seconds(static_cast<seconds::rep>(since)));
}

/// One text, or a list of texts; empty: neither.
std::vector<std::string> audiences_in(const boost::json::value& claims) {
  std::vector<std::string> all;
  const auto* const value = base::member(claims, "aud");
  if (value == nullptr) return all;
  const auto add = [&](const boost::json::value& one) {
    const auto text = base::text_of(one);
    if (text) all.emplace_back(*text);
    return text.has_value();
  };
  if (!value->is_array()) {
    add(*value);
  } else if (!std::all_of(value->get_array().begin(), value->get_array().end(), add)) {
    all.clear();
  }
  return all;
}

std::optional<TokenClaims> claims_in(const boost::json::value& value) {
  TokenClaims claims;
  claims.audiences = audiences_in(value);
  const auto scope = base::text_member(value, "scope");
  const auto expires = date_in(value, "exp");
  if (claims.audiences.empty() || !scope || !expires) return std::nullopt;
  claims.scope = *scope;
  claims.expires = *expires;
  claims.issuer = base::text_member(value, "iss").value_or("");
  if (base::member(value, "nbf") == nullptr) return claims;
  const auto not_before = date_in(value, "nbf");
  if (!not_before) return std::nullopt;
  claims.not_before = *not_before;
  return claims;
}

std::optional<tls::Signature> algorithm_in(const boost::json::value& header) {
  const auto name = base::text_member(header, "alg");
  if (name == "ES256") return tls::Signature::es256;
  if (name == "RS256") return tls::Signature::rs256;
  return std::nullopt;
}

/// Whether a list of words with blanks between them has `word`.
bool has_word(std::string_view list, std::string_view word) noexcept {
  while (!list.empty()) {
    const auto end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

template <class List>
bool has(const List& list, const std::string& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

}  // namespace

std::string_view name_of(TokenFault fault) noexcept {
  return kNames[static_cast<std::size_t>(fault)];
}

tl::expected<AccessToken, TokenFault> read_access_token(std::string_view text) {
  if (text.empty()) return tl::unexpected(TokenFault::absent);
  const auto malformed = tl::unexpected(TokenFault::malformed);
  if (text.size() > kMostAccessToken) return malformed;
  const auto first = text.find('.');
  const auto second = first == text.npos ? text.npos : text.find('.', first + 1);
  if (second == text.npos) return malformed;
  const auto header = object_in(text.substr(0, first));
  // What "crit" names must be understood, and nothing is (RFC 7515 4.1.11).
  if (!header || base::member(*header, "crit") != nullptr) return malformed;
  const auto algorithm = algorithm_in(*header);
  if (!algorithm) return tl::unexpected(TokenFault::algorithm);
  const auto payload = object_in(text.substr(first + 1, second - first - 1));
  auto signature = octets_of_base64url(text.substr(second + 1));
  if (!payload || !signature || signature->empty()) return malformed;
  auto claims = claims_in(*payload);
  if (!claims) return tl::unexpected(TokenFault::claims);
  return AccessToken{*algorithm, std::string(base::text_member(*header, "kid").value_or("")),
                     text.substr(0, second), *std::move(signature), *std::move(claims)};
}

tl::expected<void, TokenFault> verify(const AccessToken& token, const TokenKeys& keys) {
  bool has_key = false;
  for (const auto& [id, key] : keys) {
    const bool is_named = id.empty() || token.key_id.empty() || id == token.key_id;
    if (!is_named || key.signature() != token.algorithm) continue;
    has_key = true;
    if (key.verifies(token.signed_part, token.signature)) return {};
  }
  return tl::unexpected(has_key ? TokenFault::signature : TokenFault::key);
}

tl::expected<void, TokenFault> judge(const TokenClaims& claims, const TokenRules& rules,
                                     std::string_view api, sys_seconds now) {
  if (now >= claims.expires + kLeeway) return tl::unexpected(TokenFault::expired);
  if (now + kLeeway < claims.not_before) return tl::unexpected(TokenFault::not_yet);
  const bool is_for_us = std::any_of(claims.audiences.begin(), claims.audiences.end(),
                                     [&](const auto& one) { return has(rules.audiences, one); });
  if (!is_for_us) return tl::unexpected(TokenFault::audience);
  if (!rules.issuers.empty() && !has(rules.issuers, claims.issuer))
    return tl::unexpected(TokenFault::issuer);
  if (!has_word(claims.scope, api)) return tl::unexpected(TokenFault::scope);
  return {};
}

}  // namespace msggw::msgin5g
