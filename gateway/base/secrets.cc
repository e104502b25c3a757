// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/secrets.h"

#include <openssl/crypto.h>
#include <sys/random.h>

#include <array>
#include <bit>
#include <boost/url/grammar/ci_string.hpp>
#include <cerrno>

#include "gateway/base/result.h"

namespace msggw::base {

void fill_random(std::span<std::uint8_t> octets) noexcept {
  while (!octets.empty()) {
    const ssize_t got = ::getrandom(octets.data(), octets.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    ensure(got > 0, "the system gives random octets");
    octets = octets.subspan(static_cast<std::size_t>(got));
  }
}

std::uint64_t random_number() noexcept {
  std::array<std::uint8_t, sizeof(std::uint64_t)> octets;
  fill_random(octets);
  return std::bit_cast<std::uint64_t>(octets);
}

bool is_same_secret(std::string_view shown, std::string_view secret) noexcept {
  return shown.size() == secret.size() &&
         CRYPTO_memcmp(shown.data(), secret.data(), secret.size()) == 0;
}

std::optional<std::string_view> bearer_token_in(std::string_view authorization) noexcept {
  constexpr std::string_view kScheme = "bearer ";
  if (!boost::urls::grammar::ci_is_equal(authorization.substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  authorization.remove_prefix(kScheme.size());
  const auto first = authorization.find_first_not_of(' ');
  if (first == std::string_view::npos) return std::nullopt;
  return authorization.substr(first, authorization.find_last_not_of(' ') + 1 - first);
}

}  // namespace msggw::base
