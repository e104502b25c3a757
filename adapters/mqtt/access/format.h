// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/credentials/credential.h"

/// What the gateway writes for a broker's plugin alone, and reads never: both sides have its format
/// from here. A table of LMDB, which is never written again once it can be read, and a list of what
/// has changed since, which only grows. All is sealed with the key of its generation
/// (credentials::Sealer), bound to its place, so that octets which the gateway has not written are
/// nothing.
///
/// | key in the table                  | value                                       |
/// | --------------------------------- | ------------------------------------------- |
/// | 0x01                              | Login: the gateway's own, and its topics    |
/// | name, 0x00, number (4 octets)     | Grant: one credential                       |
///
/// The list: the octets of each entry (4 octets), and so many, sealed: a Change. The newest change
/// of a number says what it is, whatever the table has.
///
/// Names are printable characters of ASCII (credentials::check_name()), so no key is two things.
/// Numbers are those of the gateway's credentials, big-endian.
namespace msggw::mqtt::access {

inline constexpr std::uint64_t kVersion = 1;

/// One credential of a device, and which topics it is for.
struct Grant {
  static constexpr std::size_t kMostIds = 64;
  static constexpr std::size_t kMostIdOctets = 255;

  std::uint32_t device = 0;  ///< its number at the gateway
  credentials::Kind kind = credentials::Kind::psk;
  /// Of a PSK its key, of a password its hash, of a certificate nothing.
  std::string secret;
  // Seconds of Unix time; 0: no bound. The end includes the grace that the gateway gives.
  std::uint32_t not_before_s = 0;
  std::uint32_t not_after_s = 0;
  std::vector<std::string> ids;  ///< all its Private IDs, canonical

  bool is_good_at(std::uint32_t now_s) const noexcept {
    return now_s >= not_before_s && (not_after_s == 0 || now_s < not_after_s);
  }
  bool operator==(const Grant&) const = default;
};

/// How the gateway comes to the broker, and what its topics begin with.
struct Login {
  std::string user;
  std::string hash;    ///< of its password (credentials::hash_password())
  std::string prefix;  ///< without '/' behind it

  bool operator==(const Login&) const = default;
};

/// A credential and what it is called.
struct Named {
  std::string name;
  Grant grant;

  bool operator==(const Named&) const = default;
};
struct Change {
  std::uint32_t no = 0;
  std::optional<Named> now;  ///< none: it is gone

  bool operator==(const Change&) const = default;
};

void append_grant(std::string& out, const Grant& grant);
void append_login(std::string& out, const Login& login);
void append_change(std::string& out, const Change& change);
// None: it is no such row, or of another version. They allocate in proportion to the octets
// present.
std::optional<Grant> parse_grant(std::string_view row);
std::optional<Login> parse_login(std::string_view row);
std::optional<Change> parse_change(std::string_view row);

inline constexpr std::string_view kLoginKey = "\1";
/// What the keys of all grants of `name` begin with.
std::string grants_begin(std::string_view name);
std::string grant_key(std::string_view name, std::uint32_t no);
/// The number in the key of a grant of `name`; none: it is another key.
std::optional<std::uint32_t> number_in(std::string_view key, std::string_view name) noexcept;

}  // namespace msggw::mqtt::access
