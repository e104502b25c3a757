// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace msggw::base {

// Where somebody is, parsed once: whatever text an operator or a peer writes becomes one of these
// values where it comes in, and the value goes on from there. Nobody prints one to parse it again,
// and nobody else decides what is numeric or loopback: two parsers that disagree send what was
// meant for one machine to another.

/// Whether only this machine can reach `address`: 127.0.0.0/8, ::1, and 127.0.0.0/8 mapped into
/// IPv6 (::ffff:127.0.0.0/104).
bool is_loopback(const boost::asio::ip::address& address) noexcept;

/// A host, by name or by IP address. A value that is always valid, and canonical: two that are
/// written differently and mean the same are equal.
class Host {
 public:
  /// 0.0.0.0.
  Host() : Host(boost::asio::ip::address()) {}
  explicit Host(const boost::asio::ip::address& address);

  /// An IPv4 address is four decimal numbers, without leading zeros. An IPv6 address may stand in
  /// brackets, and has no zone ("%eth0": of meaning to one machine only, and no certificate or
  /// Host field can have it). A name is labels of letters, digits, '-' and '_' parted by dots,
  /// none of them empty (so no dot at the end), and letter case does not matter; its last label is
  /// not a number: the older forms of IPv4 addresses (127.1, 0x7f.0.0.1, 0177.0.0.1, 2130706433),
  /// which some resolvers take for an address and others for a name, are neither here. Names in
  /// other scripts are to be written in their xn-- form.
  ///
  /// Returns `malformed` for anything else; the detail says what is wrong.
  static Result<Host> parse(std::string_view text);

  /// The name in lower case, or the address in the form of RFC 5952, without brackets.
  const std::string& text() const noexcept { return text_; }
  /// Null: a name, which is to be looked up.
  const boost::asio::ip::address* numeric() const noexcept {
    return numeric_ ? &*numeric_ : nullptr;
  }
  bool is_numeric() const noexcept { return numeric_.has_value(); }
  /// Whether only this machine can reach it: an address of is_loopback(), or the name "localhost"
  /// (RFC 6761 6.3: it means this machine wherever it is looked up).
  bool is_loopback() const noexcept;

  bool operator==(const Host& other) const noexcept { return text_ == other.text_; }
  std::strong_ordering operator<=>(const Host& other) const noexcept {
    return text_ <=> other.text_;
  }

 private:
  explicit Host(std::string name) : text_(std::move(name)) {}

  std::string text_;
  std::optional<boost::asio::ip::address> numeric_;
};

/// As it stands in a URI: an IPv6 address in brackets.
std::string to_string(const Host& host);

/// An address to listen on, as Host::parse() reads it. Returns `malformed` for a name too.
Result<boost::asio::ip::address> parse_numeric(std::string_view text);

/// A host and a port.
struct Address {
  Host host;
  std::uint16_t port = 0;

  auto operator<=>(const Address&) const = default;
};

/// "HOST:PORT" with a port from 1 to 65535, an IPv6 address in brackets; `default_port` if there is
/// none. Returns `malformed` for anything else.
Result<Address> parse_address(std::string_view text, std::uint16_t default_port);
/// "HOST:PORT", with brackets where they are needed.
std::string to_string(const Address& address);

/// `coap_tcp`, `coaps_tcp`: "coap+tcp", "coaps+tcp" (RFC 8323 8.1 and 8.2).
enum class Scheme : std::uint8_t { http, https, coap, coaps, coap_tcp, coaps_tcp };

/// "https", "coap+tcp", ...
std::string_view name_of(Scheme scheme) noexcept;
/// Letter case does not matter.
std::optional<Scheme> scheme_of(std::string_view name) noexcept;
/// Whether what is said cannot be read on the way.
bool is_secure(Scheme scheme) noexcept;
/// Whether it is one of CoAP's.
bool is_coap(Scheme scheme) noexcept;
/// 80, 443, 5683 or 5684.
std::uint16_t default_port(Scheme scheme) noexcept;

/// An absolute URI of a scheme that is spoken here (RFC 3986 3), without user information, query
/// and fragment.
struct Uri {
  Scheme scheme = Scheme::https;
  Host host;
  std::uint16_t port = 0;  ///< always set: default_port() if none was given
  /// Percent-encoded and normal (no "." and ".."), begins with '/'; empty for "/". From
  /// parse_path() or child().
  std::string path = {};

  bool operator==(const Uri&) const = default;

  /// The same with one more segment, whatever octets it holds.
  Uri child(std::string_view segment) const;
};

/// Returns `unsupported` for another scheme. Returns `malformed` for what is no absolute URI, has
/// no host or one that Host::parse() does not take, a port outside of 1 to 65535, user information
/// (credentials have their own options), a query or a fragment, or is longer than 2,048 octets. The
/// detail quotes what is wrong in escaped form, and nothing of a text with an '@' in it, which may
/// be behind a password.
Result<Uri> parse_uri(std::string_view text);

/// The normal form of `text`: empty, or begins with '/'. Returns `malformed` if it is no path, or
/// has a query.
Result<std::string> parse_path(std::string_view text);

/// Without the port if it is the scheme's own.
std::string to_string(const Uri& uri);
/// The same without the path: "https://pf.example".
std::string origin_of(const Uri& uri);
/// The segments of the path with the octets that they stand for (RFC 7252 6.4).
std::vector<std::string> segments_of(const Uri& uri);

/// A text that was meant to be a URI, safe to print: escaped, cut, and with *** between scheme and
/// the last '@', where a password may be.
std::string printable_uri(std::string_view text);

}  // namespace msggw::base
