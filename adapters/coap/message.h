#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct coap_session_t;

namespace msggw::coap {

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

/// The response codes we send (RFC 7252 12.1.2, RFC 7959 2.9). Values as on the wire: class in
/// three bits, detail in five.
enum class Code : std::uint8_t {
  empty = 0,
  created = 0x41,
  deleted = 0x42,
  changed = 0x44,
  content = 0x45,
  continue_blocks = 0x5F,
  bad_request = 0x80,
  bad_option = 0x82,
  forbidden = 0x83,
  not_found = 0x84,
  method_not_allowed = 0x85,
  not_acceptable = 0x86,
  incomplete = 0x88,
  too_large = 0x8D,
  unsupported_format = 0x8F,
  internal_error = 0xA0,
  unavailable = 0xA3
};
inline constexpr std::array kResponseCodes{Code::created,         Code::deleted,
                                           Code::changed,         Code::content,
                                           Code::continue_blocks, Code::bad_request,
                                           Code::bad_option,      Code::forbidden,
                                           Code::not_found,       Code::method_not_allowed,
                                           Code::not_acceptable,  Code::incomplete,
                                           Code::too_large,       Code::unsupported_format,
                                           Code::internal_error,  Code::unavailable};

constexpr unsigned class_of(Code code) noexcept {
  return static_cast<unsigned>(code) >> 5;
}
/// "2.01"
std::string to_text(Code code);

/// Content-Format numbers (RFC 7252 12.3, RFC 7049).
inline constexpr std::uint16_t kFormatJson = 50;
inline constexpr std::uint16_t kFormatCbor = 60;

/// What ties a response to its request (RFC 7252 5.3.1): up to 8 octets of the client's choice.
struct Token {
  std::array<char, 8> octets{};
  std::uint8_t size = 0;

  std::string_view view() const noexcept { return {octets.data(), size}; }
  bool operator==(const Token& other) const noexcept { return view() == other.view(); }
};

/// Where a datagram came from; IPv4 as IPv4-mapped IPv6.
struct Peer {
  std::array<std::uint8_t, 16> address{};
  std::uint32_t scope = 0;  ///< of a link-local address
  std::uint16_t port = 0;

  bool operator==(const Peer&) const = default;
};

/// A Block1 or Block2 option (RFC 7959 2.2).
struct Block {
  static constexpr std::uint8_t kMostExponent = 6;  ///< 1024 octets

  std::uint32_t number = 0;
  bool more = false;
  std::uint8_t exponent = kMostExponent;

  std::size_t size() const noexcept { return std::size_t{16} << exponent; }
  std::size_t offset() const noexcept { return number * size(); }
  bool operator==(const Block&) const = default;
};

/// None: the size exponent 7, which is reserved over UDP.
std::optional<Block> decode_block(std::uint32_t option) noexcept;
std::uint32_t encode_block(const Block& block) noexcept;

/// A request as the wire had it, its options sorted out and not yet judged. Points into the
/// datagram: valid during the call it is given to.
struct Request {
  Method method = Method::get;
  bool confirmable = true;
  bool too_many_queries = false;  ///< more than the reader keeps
  std::uint8_t no_response = 0;   ///< RFC 7967: the classes the client does not want, as bits
  std::uint16_t mid = 0;
  Token token;
  Peer peer;
  coap_session_t* session = nullptr;
  std::span<const std::string_view> path;  ///< of a deeper path the first four segments
  std::span<const std::string_view> queries;
  std::optional<std::uint16_t> content_format;
  std::optional<std::uint16_t> accept;
  std::optional<std::uint32_t> block1;
  std::optional<std::uint32_t> block2;
  std::optional<std::uint32_t> size1;
  /// A critical option that we do not do (If-Match, If-None-Match) or that came twice.
  std::optional<std::uint16_t> bad_option;
  std::string_view request_tag;
  std::string_view payload;
};

struct Response {
  Code code = Code::empty;
  std::string location;  ///< path without the leading '/', empty: none
  std::optional<std::uint16_t> content_format;
  std::optional<std::uint32_t> max_age_s;
  std::optional<std::uint32_t> etag;
  std::optional<Block> block1;
  std::optional<Block> block2;
  std::optional<std::uint32_t> size1;
  std::string payload;  ///< of an error without content_format: the diagnostic (RFC 7252 5.5.2)
};

}  // namespace msggw::coap
