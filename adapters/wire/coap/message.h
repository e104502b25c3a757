// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/keyed_hash.h"
#include "gateway/base/sources.h"

namespace msggw::coap {

/// What carries the messages, and the scheme of its URIs: coap, coaps (RFC 7252), coap+tcp and
/// coaps+tcp (RFC 8323).
enum class Transport { udp, dtls, tcp, tls };
constexpr bool is_secure(Transport transport) noexcept {
  return transport == Transport::dtls || transport == Transport::tls;
}
constexpr bool is_stream(Transport transport) noexcept {
  return transport == Transport::tcp || transport == Transport::tls;
}
/// "coap", "coaps", "coap+tcp", "coaps+tcp"
std::string_view scheme_of(Transport transport) noexcept;

/// RFC 7252 12.1.1, RFC 8132. Values as on the wire.
enum class Method : std::uint8_t {
  get = 1,
  post = 2,
  put = 3,
  remove = 4,
  fetch = 5,
  patch = 6,
  ipatch = 7
};
inline constexpr std::size_t kMethods = 7;
/// "GET", ..., as in metrics and diagnostics.
std::string_view name_of(Method method) noexcept;

/// The response codes that have a name here (RFC 7252 12.1.2, RFC 7959 2.9, RFC 8132, RFC 8516).
/// Values as on the wire: class in three bits, detail in five.
enum class Code : std::uint8_t {
  empty = 0,
  created = 0x41,
  deleted = 0x42,
  valid = 0x43,
  changed = 0x44,
  content = 0x45,
  continue_blocks = 0x5F,
  bad_request = 0x80,
  unauthorized = 0x81,
  bad_option = 0x82,
  forbidden = 0x83,
  not_found = 0x84,
  method_not_allowed = 0x85,
  not_acceptable = 0x86,
  incomplete = 0x88,
  conflict = 0x89,
  too_large = 0x8D,
  unsupported_format = 0x8F,
  unprocessable = 0x96,
  too_many_requests = 0x9D,
  internal_error = 0xA0,
  not_implemented = 0xA1,
  bad_gateway = 0xA2,
  unavailable = 0xA3,
  gateway_timeout = 0xA4,
  proxying_not_supported = 0xA5
};
inline constexpr std::array kResponseCodes{Code::created,
                                           Code::deleted,
                                           Code::valid,
                                           Code::changed,
                                           Code::content,
                                           Code::continue_blocks,
                                           Code::bad_request,
                                           Code::unauthorized,
                                           Code::bad_option,
                                           Code::forbidden,
                                           Code::not_found,
                                           Code::method_not_allowed,
                                           Code::not_acceptable,
                                           Code::incomplete,
                                           Code::conflict,
                                           Code::too_large,
                                           Code::unsupported_format,
                                           Code::unprocessable,
                                           Code::too_many_requests,
                                           Code::internal_error,
                                           Code::not_implemented,
                                           Code::bad_gateway,
                                           Code::unavailable,
                                           Code::gateway_timeout,
                                           Code::proxying_not_supported};

constexpr unsigned class_of(Code code) noexcept {
  return static_cast<unsigned>(code) >> 5;
}
/// "2.01"
std::string to_text(Code code);

/// Content-Format numbers (RFC 7252 12.3, RFC 7049); links: application/link-format (RFC 6690),
/// octets: application/octet-stream.
inline constexpr std::uint16_t kFormatText = 0;
inline constexpr std::uint16_t kFormatLinks = 40;
inline constexpr std::uint16_t kFormatOctets = 42;
inline constexpr std::uint16_t kFormatJson = 50;
inline constexpr std::uint16_t kFormatCbor = 60;

/// Names a request that waits for its answer; never given out twice by one Server, nor by two with
/// different numbers.
enum class Ticket : std::uint64_t {};

/// Where numbers of tickets and of sessions begin on the server with that number.
inline constexpr std::uint8_t kMostServers = 128;
constexpr std::uint64_t first_of_server(std::uint8_t number) noexcept {
  return std::uint64_t{number} << 56;
}
constexpr std::uint8_t server_of(Ticket ticket) noexcept {
  return static_cast<std::uint8_t>(static_cast<std::uint64_t>(ticket) >> 56);
}

/// How a confirmable message ends.
struct Ending {
  enum How : std::uint8_t {
    acknowledged,  ///< by an empty ACK, or by one with an answer, which is told after this
    reset,         ///< the peer cannot make anything of it
    timed_out      ///< not acknowledged, MAX_TRANSMIT_WAIT at the longest (93 s)
  };
  How how{};
  Code answer = Code::empty;  ///< on the ACK; empty: there is none

  constexpr Ending(How of, Code with = Code::empty) noexcept : how(of), answer(with) {}
  bool operator==(const Ending&) const = default;
};

/// What ties a response to its request (RFC 7252 5.3.1): up to 8 octets of the client's choice.
struct Token {
  std::array<char, 8> octets{};
  std::uint8_t size = 0;

  std::string_view view() const noexcept { return {octets.data(), size}; }
  bool operator==(const Token& other) const noexcept { return view() == other.view(); }
};

/// Where a message came from; IPv4 as IPv4-mapped IPv6.
struct Peer {
  std::array<std::uint8_t, 16> address{};
  /// Of ours, that the peer speaks to, and hears from; zeros over tcp and tls, and where there is
  /// one only.
  std::array<std::uint8_t, 16> local{};
  std::uint32_t scope = 0;  ///< of a link-local address
  std::uint16_t port = 0;
  /// Which of the security sessions or connections ever made (RFC 7252 9.1.1: another session,
  /// another endpoint); 0: plain UDP.
  std::uint64_t session = 0;

  bool operator==(const Peer&) const = default;
};
/// Which server a peer is of: over udp in the clear 0.
constexpr std::uint8_t server_of(const Peer& peer) noexcept {
  return static_cast<std::uint8_t>(peer.session >> 56);
}
/// Whether its address is one of IPv4.
bool is_v4(const Peer& peer) noexcept;
/// "192.0.2.1:5683", "[2001:db8::1]:5683", "[fe80::1%2]:5683"
std::string to_text(const Peer& peer);
/// The same, whichever address of ours it speaks to.
Peer without_local(Peer peer) noexcept;
/// Who is at that address and port, over udp in the clear.
Peer peer_at(const boost::asio::ip::address& address, std::uint16_t port);
/// For limits of what one of them may use.
base::Source source_of(const Peer& peer) noexcept;
/// For tables of what peers have sent.
std::uint64_t hash_of(const base::HashKey& key, const Peer& peer, std::uint64_t more = 0) noexcept;

/// Who the peer has proved to be in its handshake.
struct Identity {
  enum class Kind : std::uint8_t { none, psk, certificate };
  /// none: no security, or a client that need not show a certificate, or whose names nobody.
  Kind kind = Kind::none;
  /// The PSK identity alone; or whom the certificate names, see tls::names_of().
  std::vector<std::string> names{};
  std::uint64_t mark = 0;  ///< of the PSK, see tls::FoundPsk
};

/// A Block1 or Block2 option (RFC 7959 2.2).
struct Block {
  static constexpr std::uint8_t kMostExponent = 6;  ///< 1024 octets
  /// Over tcp and tls: any number of blocks of 1024 octets in one message (BERT, RFC 8323 6).
  static constexpr std::uint8_t kManyBlocks = 7;

  std::uint32_t number = 0;
  bool more = false;
  std::uint8_t exponent = kMostExponent;

  std::size_t size() const noexcept { return std::size_t{16} << std::min(exponent, kMostExponent); }
  /// Whether a block that is not the last may have so many octets.
  bool may_hold(std::size_t octets) const noexcept {
    return exponent == kManyBlocks ? octets > 0 && octets % size() == 0 : octets == size();
  }
  std::size_t offset() const noexcept { return number * size(); }
  bool operator==(const Block&) const = default;
};

/// None: the size exponent 7, which is reserved over udp and dtls.
std::optional<Block> decode_block(std::uint32_t option, bool reliable = false) noexcept;
std::uint32_t encode_block(const Block& block) noexcept;

/// A request as the wire had it, its options sorted out and not yet judged. Points into the
/// datagram: valid during the call it is given to.
struct Request {
  Method method = Method::get;
  bool confirmable = true;        ///< true also over tcp and tls
  bool reliable = false;          ///< over tcp or tls: no MID, no ACK, no retransmissions
  bool too_many_queries = false;  ///< more than 16, the reader keeps no more
  bool path_too_deep = false;     ///< more than 8 segments, the reader keeps no more
  std::uint8_t no_response = 0;   ///< RFC 7967: the classes the client does not want, as bits
  std::uint16_t mid = 0;
  Token token;
  Peer peer;
  /// Octets of its message, if nobody has shown that the peer is where it says; 0: it has.
  std::uint32_t unproved_octets = 0;
  const Identity* identity = nullptr;  ///< of dtls and tls; null: none
  /// The most octets of an answer that go in one message; more go block-wise.
  std::uint32_t answer_octets = 1'024;
  /// Unescaped, so that a segment may hold a '/'.
  std::span<const std::string_view> path;
  std::span<const std::string_view> queries;
  std::optional<std::uint16_t> content_format;
  std::optional<std::uint16_t> accept;
  std::optional<std::uint32_t> observe;  ///< RFC 7641: 0 begins, 1 ends
  std::optional<std::uint32_t> block1;
  std::optional<std::uint32_t> block2;
  std::optional<std::uint32_t> size1;
  /// A critical option that we do not do (If-Match, If-None-Match) or that came twice.
  std::optional<std::uint16_t> bad_option;
  std::string_view request_tag;
  std::string_view echo;  ///< RFC 9175; empty: none
  std::string_view payload;
  /// udp and dtls: all options and the payload in the octets of the wire.
  std::string_view content;
};

/// Path and query as they stand in a URI, percent-encoded (RFC 7252 6.5): "/a%2Fb/c?d=e". Always
/// begins with '/'.
std::string target_of(const Request& request);

struct Response {
  Code code = Code::empty;
  /// Path without the leading '/', percent-encoded (%2F is a '/' within a segment); empty: none.
  std::string location;
  std::optional<std::uint16_t> content_format;
  std::optional<std::uint32_t> max_age_s;
  std::optional<std::uint32_t> observe;  ///< RFC 7641: the sequence number, of 24 bits
  std::string etag;                      ///< empty: none, unless the payload is cut in blocks
  std::optional<Block> block1;
  std::optional<Block> block2;
  std::optional<std::uint32_t> size1;
  std::string echo;     ///< RFC 9175; empty: none
  std::string payload;  ///< of an error without content_format: the diagnostic (RFC 7252 5.5.2)
};

/// To whom notifications go (RFC 7641 4), as in the request that asked for them.
struct Observer {
  Peer peer;
  Token token;
  std::uint32_t answer_octets = 1'024;
  bool proved = false;  ///< somebody has shown that the peer is where it says

  bool is_same(const Observer& other) const noexcept {
    return peer == other.peer && token == other.token;
  }
};
Observer observer_of(const Request& request) noexcept;

}  // namespace msggw::coap
