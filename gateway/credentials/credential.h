// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/core/ids.h"

namespace msggw::credentials {

/// Names a credential of the gateway, in the order in which they were added; the number of one that
/// was removed may come again after a restart.
enum class CredentialNo : std::uint32_t {};
constexpr std::uint32_t number(CredentialNo no) noexcept {
  return static_cast<std::uint32_t>(no);
}

/// How a device proves who it is. Stored; do not renumber.
enum class Kind : std::uint8_t {
  psk = 0,         ///< a key that it shares with the gateway, named by a PSK identity
  password = 1,    ///< with the name of a user
  certificate = 2  ///< by one of the names in it
};
inline constexpr std::size_t kKinds = 3;
/// "psk", "password", "certificate". Static storage.
std::string_view name_of(Kind kind) noexcept;
std::optional<Kind> kind_of(std::string_view word) noexcept;

/// What a device may prove by that it is this device.
struct Credential {
  static constexpr std::size_t kMostNameOctets = 128;
  static constexpr std::size_t kLeastKeyOctets = 16;  ///< RFC 7925 4.2 asks for as many
  static constexpr std::size_t kMostKeyOctets = 64;
  static constexpr std::size_t kMostSecretOctets = 256;  ///< as it is kept

  core::DeviceNo device{};
  Kind kind = Kind::psk;
  std::string name;  ///< PSK identity, user, or name in the certificate
  /// Of a PSK its key, sealed (Sealer); of a password its hash (hash_password()); of a certificate
  /// nothing.
  std::string secret;
  // Seconds of Unix time as the operator has said them; 0: no bound.
  std::uint32_t not_before_s = 0;
  std::uint32_t not_after_s = 0;
};

/// The octets of a key as people write it: pairs of hexadecimal digits, perhaps behind "hex:", or
/// text behind "text:". incorrect: neither, or too short or too long; the detail never quotes it.
base::Result<std::string> read_key(std::string_view text);

/// incorrect: empty, longer than Credential::kMostNameOctets, or with an octet that is no printable
/// character of ASCII: names are compared octet by octet, and shown to people.
base::Result<void> check_name(std::string_view name);

}  // namespace msggw::credentials
