// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace msggw::fleet::coap {

/// RFC 7252 clause 3: the four message types as they stand on the wire.
enum class Type : std::uint8_t { con = 0, non = 1, ack = 2, rst = 3 };

/// A code as RFC 7252 12.1 writes it: class in the upper three bits, detail in the lower five.
constexpr std::uint8_t code(unsigned klass, unsigned detail) {
  return static_cast<std::uint8_t>(klass << 5 | detail);
}
inline constexpr std::uint8_t kEmpty = 0;
inline constexpr std::uint8_t kGet = code(0, 1);
inline constexpr std::uint8_t kPost = code(0, 2);

inline constexpr std::size_t kHeaderOctets = 4;
/// Every request of the fleet has a token of this length.
inline constexpr std::size_t kTokenOctets = 8;

/// What one registration says. `ep` up to kMostIdOctets, `info` up to kMostInfoOctets octets.
struct Registration {
  std::uint16_t mid = 0;
  std::uint64_t token = 0;
  std::string_view ep{};
  std::uint32_t lifetime = 0;  ///< seconds, 0: no `lt`
  std::string_view info{};     ///< JSON, empty: no body and no Content-Format
  std::string_view echo{};     ///< what the server gave (RFC 9175), empty: no option
  std::string_view base{};     ///< RFC 9176 5; empty: none
};

/// Writes a confirmable `POST /rd?ep=..[&lt=..][&base=..]` (RFC 9176 5). Gives its size, or 0 if it
/// does not fit `out`.
std::size_t encode(const Registration& request, std::span<std::uint8_t> out) noexcept;

/// A confirmable request to what lies below a registration.
struct Request {
  std::uint8_t code = kGet;
  std::uint16_t mid = 0;
  std::uint64_t token = 0;
  std::string_view handle{};    ///< rd/<handle>/<resource>
  std::string_view resource{};  ///< empty: rd/<handle>
  std::string_view query{};     ///< empty: none
  bool observe = false;         ///< Observe: 0
  std::string_view json{};      ///< empty: no body and no Content-Format
  std::string_view echo{};      ///< what the server gave (RFC 9175), empty: no option
};

/// Gives its size, or 0 if it does not fit `out`.
std::size_t encode(const Request& request, std::span<std::uint8_t> out) noexcept;

/// Writes an empty message (RFC 7252 4.1): an acknowledgement, a reset, or as CON the "ping"
/// of 4.3.
void encode_empty(Type type, std::uint16_t mid,
                  std::span<std::uint8_t, kHeaderOctets> out) noexcept;

/// A message as far as a device needs it. Points into the octets it was decoded from.
struct Message {
  Type type = Type::con;
  std::uint8_t code = kEmpty;
  std::uint16_t mid = 0;
  std::uint8_t token_octets = 0;
  std::uint64_t token = 0;  ///< of up to 8 octets, big-endian
  std::optional<std::uint32_t> max_age;
  std::string_view echo;  ///< RFC 9175, at most 40 octets
  std::string_view etag;
  std::string_view location;  ///< the last segment of Location-Path
  std::string_view path;      ///< the first segment of Uri-Path
  std::string_view resource;  ///< the last one
  std::string_view payload;
};

/// None if `datagram` is not a CoAP message: wrong version, token length 9 to 15, an option or a
/// payload that runs over the end, a payload marker without payload, an empty message with more
/// than a header (RFC 7252 3, 3.1, 4.1).
std::optional<Message> decode(std::span<const std::uint8_t> datagram) noexcept;

/// Writes the acknowledgement of a request with its answer, which has no body. Gives its size.
std::size_t encode_answer(const Message& to, std::uint8_t code,
                          std::span<std::uint8_t> out) noexcept;

/// "4.04" for a code, into `out` of at least 5 characters; gives `out`.
std::string_view name_of(std::uint8_t code, std::span<char, 5> out) noexcept;

}  // namespace msggw::fleet::coap
