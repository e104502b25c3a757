// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct ssl_st;

namespace msggw::tls {

/// A key that a server has found, in octets, and what whoever found it knows it by: an identity may
/// be given another key while the session that proved the first is open.
struct FoundPsk {
  FoundPsk(std::string octets, std::uint64_t known_by = 0)  // NOLINT: most know it by nothing
      : key(std::move(octets)), mark(known_by) {}

  std::string key;
  std::uint64_t mark;
};
using FindPsk = std::function<std::optional<FoundPsk>(std::string_view identity)>;

/// Finds the key of a PSK identity for one handshake of a server; must live as long as its
/// connection.
struct PskLookup {
  /// None or an empty key: the identity is unknown.
  const FindPsk* find = nullptr;
  /// An unknown identity gets a key that nobody has, and fails as one with a wrong key does.
  bool hides_unknown = false;
  std::string identity{};  ///< that the client named, empty: none yet
  bool unknown = false;
  std::uint64_t mark = 0;  ///< of the key
};
/// Lets the client of `connection` choose a PSK, beside certificates. Before the handshake.
void use_psk_as_server(ssl_st* connection, PskLookup& lookup);

/// Identity and key (octets) of a client; must live as long as its connection.
struct PskSecret {
  std::string identity;
  std::string key;
};
/// From now on `connection` takes a PSK and nothing else: a server that shows a certificate in
/// place of the key is refused. Before the handshake.
void use_psk_as_client(ssl_st* connection, const PskSecret& secret);

/// Whether the peer of an ended handshake has proved by a PSK who it is.
bool used_psk(const ssl_st* connection) noexcept;

}  // namespace msggw::tls
