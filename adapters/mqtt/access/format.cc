// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/format.h"

#include <limits>

#include "gateway/base/bytes.h"

namespace msggw::mqtt::access {

namespace {

constexpr std::size_t kMostUserOctets = 1'024;
constexpr std::size_t kMostPrefixOctets = 256;

void append_number(std::string& out, std::uint32_t no) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<unsigned char>(no >> shift)));
}

bool is_whole(const base::ByteReader& in) noexcept {
  return in.ok() && in.at_end();
}

}  // namespace

void append_grant(std::string& out, const Grant& grant) {
  base::ByteWriter to(out);
  to.varint(kVersion);
  to.varint(grant.device);
  to.varint(static_cast<std::uint64_t>(grant.kind));
  to.bytes(grant.secret);
  to.varint(grant.not_before_s);
  to.varint(grant.not_after_s);
  to.varint(grant.ids.size());
  for (const std::string& id : grant.ids) to.bytes(id);
}

void append_login(std::string& out, const Login& login) {
  base::ByteWriter to(out);
  to.varint(kVersion);
  to.bytes(login.user);
  to.bytes(login.hash);
  to.bytes(login.prefix);
}

void append_change(std::string& out, const Change& change) {
  base::ByteWriter to(out);
  to.varint(kVersion);
  to.varint(change.no);
  to.bytes(change.now ? std::string_view(change.now->name) : std::string_view());
  std::string grant;
  if (change.now) append_grant(grant, change.now->grant);
  to.bytes(grant);
}

std::optional<Grant> parse_grant(std::string_view row) {
  base::ByteReader in(row);
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  bool fits = in.varint() == kVersion;
  const auto number = [&] {
    const std::uint64_t value = in.varint();
    fits = fits && value <= kMost;
    return static_cast<std::uint32_t>(value);
  };
  Grant grant;
  grant.device = number();
  const std::uint32_t kind = number();
  fits = fits && kind < credentials::kKinds;
  grant.kind = static_cast<credentials::Kind>(fits ? kind : 0);
  grant.secret = in.bytes();
  grant.not_before_s = number();
  grant.not_after_s = number();
  const std::uint32_t ids = number();
  fits = fits && in.ok() && ids <= Grant::kMostIds &&
         grant.secret.size() <= credentials::Credential::kMostSecretOctets &&
         grant.secret.empty() == (grant.kind == credentials::Kind::certificate);
  for (std::uint32_t i = 0; fits && i < ids; ++i) {
    const std::string_view id = in.bytes();
    fits = in.ok() && !id.empty() && id.size() <= Grant::kMostIdOctets;
    if (fits) grant.ids.emplace_back(id);
  }
  if (!fits || !is_whole(in)) return std::nullopt;
  return grant;
}

std::optional<Login> parse_login(std::string_view row) {
  base::ByteReader in(row);
  const bool fits = in.varint() == kVersion;
  Login login;
  login.user = in.bytes();
  login.hash = in.bytes();
  login.prefix = in.bytes();
  if (!fits || !is_whole(in) || login.user.empty() || login.user.size() > kMostUserOctets ||
      login.hash.size() > credentials::Credential::kMostSecretOctets || login.prefix.empty() ||
      login.prefix.size() > kMostPrefixOctets)
    return std::nullopt;
  return login;
}

std::optional<Change> parse_change(std::string_view row) {
  base::ByteReader in(row);
  const bool fits = in.varint() == kVersion;
  const std::uint64_t no = in.varint();
  const std::string_view name = in.bytes();
  const std::string_view row_of_grant = in.bytes();
  if (!fits || !is_whole(in) || no > std::numeric_limits<std::uint32_t>::max() ||
      name.empty() != row_of_grant.empty() ||
      name.size() > credentials::Credential::kMostNameOctets)
    return std::nullopt;
  Change change{static_cast<std::uint32_t>(no), std::nullopt};
  if (name.empty()) return change;
  auto grant = parse_grant(row_of_grant);
  if (!grant) return std::nullopt;
  change.now = {std::string(name), *std::move(grant)};
  return change;
}

std::string grants_begin(std::string_view name) {
  std::string begin(name);
  begin.push_back('\0');
  return begin;
}

std::string grant_key(std::string_view name, std::uint32_t no) {
  std::string key = grants_begin(name);
  append_number(key, no);
  return key;
}

std::optional<std::uint32_t> number_in(std::string_view key, std::string_view name) noexcept {
  constexpr std::size_t kOctets = 4;
  if (key.size() != name.size() + 1 + kOctets || !key.starts_with(name) || key[name.size()] != '\0')
    return std::nullopt;
  std::uint32_t no = 0;
  for (const char octet : key.substr(name.size() + 1))
    no = no << 8 | static_cast<unsigned char>(octet);
  return no;
}

}  // namespace msggw::mqtt::access
