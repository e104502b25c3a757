// SPDX-License-Identifier: Apache-2.0
#include "gateway/credentials/password.h"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <optional>

#include "gateway/base/base64.h"
#include "gateway/base/secrets.h"

namespace msggw::credentials {

namespace {

constexpr std::string_view kBegin = "$scrypt$ln=";
constexpr std::string_view kShape = ",r=8,p=1$";
constexpr std::size_t kSaltOctets = 16;
constexpr std::size_t kHashOctets = 32;

struct Parts {
  unsigned log2_cost = 0;
  std::string salt;
  std::string hash;
};

std::string derive(std::string_view password, std::string_view salt, unsigned log2_cost) {
  constexpr std::uint64_t kMostMemory = std::uint64_t{256} << 20;
  std::string hash(kHashOctets, '\0');
  const int done = EVP_PBE_scrypt(password.data(), password.size(),
                                  reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                                  std::uint64_t{1} << log2_cost, 8, 1, kMostMemory,
                                  reinterpret_cast<unsigned char*>(hash.data()), hash.size());
  base::ensure(done == 1, "OpenSSL has scrypt");
  return hash;
}

std::string without_padding(std::string_view octets) {
  std::string text;
  base::append_base64(text, octets);
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

std::optional<std::string> octets_of(std::string_view text, std::size_t octets) {
  std::string padded(text);
  padded.resize(base::base64_size(octets), '=');
  auto read = text.size() <= padded.size() ? base::octets_of_base64(padded) : std::nullopt;
  if (!read || read->size() != octets || without_padding(*read) != text) return std::nullopt;
  return read;
}

std::optional<Parts> parse(std::string_view text) {
  if (!text.starts_with(kBegin)) return std::nullopt;
  text.remove_prefix(kBegin.size());
  Parts parts;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), parts.log2_cost);
  if (error != std::errc{} || parts.log2_cost < kLeastLog2Cost || parts.log2_cost > kMostLog2Cost)
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(kShape)) return std::nullopt;
  text.remove_prefix(kShape.size());
  const auto dollar = text.find('$');
  if (dollar == std::string_view::npos) return std::nullopt;
  const auto salt = octets_of(text.substr(0, dollar), kSaltOctets);
  const auto hash = octets_of(text.substr(dollar + 1), kHashOctets);
  if (!salt || !hash) return std::nullopt;
  parts.salt = *salt;
  parts.hash = *hash;
  return parts;
}

}  // namespace

std::string hash_password(std::string_view password, PasswordCost cost) {
  base::ensure(cost.log2_cost >= kLeastLog2Cost && cost.log2_cost <= kMostLog2Cost,
               "a cost that can be paid");
  std::array<std::uint8_t, kSaltOctets> random;
  base::fill_random(random);
  const std::string salt(random.begin(), random.end());
  return std::string(kBegin) + std::to_string(cost.log2_cost) + std::string(kShape) +
         without_padding(salt) + "$" + without_padding(derive(password, salt, cost.log2_cost));
}

bool is_password(std::string_view password, std::string_view hash) {
  const auto parts = parse(hash);
  return parts &&
         base::is_same_secret(derive(password, parts->salt, parts->log2_cost), parts->hash);
}

base::Result<void> check_password_hash(std::string_view hash) {
  if (parse(hash)) return {};
  return base::fail(base::Errc::incorrect,
                    "the hash of the password is not of the form $scrypt$ln=14,r=8,p=1$SALT$HASH, "
                    "salt of 16 and hash of 32 octets in Base64, ln from 10 to 17");
}

}  // namespace msggw::credentials
