// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/token_keys.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <span>
#include <utility>

#include "gateway/base/base64url.h"
#include "gateway/base/json.h"
#include "gateway/base/plain_file.h"

namespace msggw::msgin5g {

namespace {

constexpr std::size_t kMostFileOctets = 256 * 1'024;
constexpr std::size_t kMostKeys = 16;
constexpr std::size_t kMostIdOctets = 256;

base::Result<std::string> number_in(const boost::json::value& key, const char* name) {
  const auto text = base::text_member(key, name);
  auto octets = text ? octets_of_base64url(*text) : std::nullopt;
  if (!octets)
    return base::fail(base::Errc::incorrect, std::string("has no '") + name + "' in base64url");
  return *std::move(octets);
}

/// Whether tokens that are taken here can be signed with it (RFC 7517 4.2 to 4.4).
bool is_of_use(const boost::json::value& key) {
  const auto is = [&](const char* name, std::string_view wanted) {
    return base::text_member(key, name).value_or(wanted) == wanted;
  };
  const auto kind = base::text_member(key, "kty").value_or("");
  if (!is("use", "sig")) return false;
  if (kind == "RSA") return is("alg", "RS256");
  return kind == "EC" && base::text_member(key, "crv") == "P-256" && is("alg", "ES256");
}

base::Result<tls::VerifyKey> key_of(const boost::json::value& key) {
  const bool is_rsa = base::text_member(key, "kty") == "RSA";
  auto first = number_in(key, is_rsa ? "n" : "x");
  if (!first) return tl::unexpected(std::move(first.error()));
  auto second = number_in(key, is_rsa ? "e" : "y");
  if (!second) return tl::unexpected(std::move(second.error()));
  return is_rsa ? tls::VerifyKey::rsa(*first, *second) : tls::VerifyKey::p256(*first, *second);
}

base::Result<TokenKeys> keys_in_set(std::string_view text) {
  const auto set = base::parse_json(text, {.octets = kMostFileOctets});
  if (!set) return base::fail(base::Errc::incorrect, "is no JSON: " + set.error().detail);
  const auto* const list = base::member(*set, "keys");
  if (list == nullptr || !list->is_array())
    return base::fail(base::Errc::incorrect, "is no JWK set: it has no list \"keys\"");
  TokenKeys keys;
  std::size_t at = 0;
  for (const auto& one : list->get_array()) {
    ++at;
    if (!is_of_use(one)) continue;
    auto key = key_of(one);
    const auto id = base::text_member(one, "kid").value_or("");
    if (!key || id.size() > kMostIdOctets) {
      return base::fail(base::Errc::incorrect,
                        "key " + std::to_string(at) + " " +
                            (key ? std::string("has a kid that is too long") : key.error().detail));
    }
    keys.push_back({std::string(id), *std::move(key)});
  }
  return keys;
}

}  // namespace

std::optional<std::string> octets_of_base64url(std::string_view text) {
  std::string octets(text.size() / 4 * 3 + (text.size() % 4 > 1 ? text.size() % 4 - 1 : 0), '\0');
  const std::span all(reinterpret_cast<std::uint8_t*>(octets.data()), octets.size());
  if (!base::read_base64url(text, all)) return std::nullopt;
  return octets;
}

base::Result<TokenKeys> read_token_keys(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool is_set = first != std::string_view::npos && text[first] == '{';
  TokenKeys keys;
  if (is_set) {
    auto set = keys_in_set(text);
    if (!set) return set;
    keys = *std::move(set);
  } else {
    auto all = tls::verify_keys_in(text);
    if (!all) return tl::unexpected(std::move(all.error()));
    for (tls::VerifyKey& key : *all) keys.push_back({{}, std::move(key)});
  }
  if (keys.empty())
    return base::fail(base::Errc::incorrect, "holds no key for signatures of ES256 or RS256");
  if (keys.size() > kMostKeys) return base::fail(base::Errc::incorrect, "holds more than 16 keys");
  return keys;
}

base::Result<TokenKeys> load_token_keys(const std::filesystem::path& file) {
  const auto fail = [&](const std::string& why) {
    return base::fail(base::Errc::incorrect, "token_keys: " + file.string() + ": " + why);
  };
  const auto text = base::read_file(file, kMostFileOctets);
  if (!text) return fail("cannot be read: " + text.error().detail);
  auto keys = read_token_keys(*text);
  if (!keys) return fail(keys.error().detail);
  return keys;
}

}  // namespace msggw::msgin5g
