// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/coap_wire.h"

#include <charconv>
#include <cstring>

namespace msggw::fleet::coap {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kPayloadMarker = 0xff;
constexpr unsigned kEtag = 4;  // the numbers of options, RFC 7252 12.2
constexpr unsigned kObserve = 6;
constexpr unsigned kLocationPath = 8;
constexpr unsigned kUriPath = 11;
constexpr unsigned kContentFormat = 12;
constexpr unsigned kMaxAge = 14;
constexpr unsigned kUriQuery = 15;
constexpr unsigned kEcho = 252;
constexpr std::size_t kMostEchoOctets = 40;
constexpr std::uint8_t kJson = 50;

/// Appends to a buffer of fixed size and remembers that something did not fit.
class Writer {
 public:
  explicit Writer(std::span<std::uint8_t> out) noexcept : out_(out) {}

  void octet(unsigned value) noexcept {
    if (at_ < out_.size()) out_[at_] = static_cast<std::uint8_t>(value);
    ++at_;
  }
  void bytes(std::string_view text) noexcept {
    if (!text.empty() && at_ + text.size() <= out_.size()) {
      std::memcpy(out_.data() + at_, text.data(), text.size());
    }
    at_ += text.size();
  }
  /// The head of an option (RFC 7252 3.1); options come in ascending order.
  void option(unsigned number, std::size_t octets) noexcept {
    const unsigned delta = number - number_;
    number_ = number;
    octet(nibble(delta) << 4 | nibble(octets));
    extension(delta);
    extension(octets);
  }
  void option(unsigned number, std::string_view value) noexcept {
    option(number, value.size());
    bytes(value);
  }
  /// Header and token (RFC 7252 3), of a confirmable request if not said otherwise.
  void head(std::uint8_t code, std::uint16_t mid, std::uint64_t token, Type type = Type::con,
            unsigned token_octets = kTokenOctets) noexcept {
    octet(kVersion << 6 | static_cast<unsigned>(type) << 4 | token_octets);
    octet(code);
    octet(mid >> 8);
    octet(mid & 0xff);
    for (unsigned left = token_octets; left > 0; --left)
      octet(static_cast<unsigned>(token >> (8 * (left - 1))) & 0xff);
  }
  std::size_t size() const noexcept { return at_ <= out_.size() ? at_ : 0; }

 private:
  static unsigned nibble(std::size_t value) noexcept {
    return value < 13 ? static_cast<unsigned>(value) : value < 269 ? 13 : 14;
  }
  void extension(std::size_t value) noexcept {
    if (value < 13) return;
    if (value < 269) return octet(static_cast<unsigned>(value - 13));
    octet(static_cast<unsigned>(value - 269) >> 8);
    octet(static_cast<unsigned>(value - 269) & 0xff);
  }

  std::span<std::uint8_t> out_;
  std::size_t at_ = 0;
  unsigned number_ = 0;
};

/// Takes the value of a 4-bit option field with its extension from `rest`; false if it is 15 or cut
/// off.
bool take_extended(unsigned nibble, std::span<const std::uint8_t>& rest, std::size_t& value) {
  value = nibble;
  const std::size_t more = nibble < 13 ? 0 : nibble - 12;
  if (nibble == 15 || rest.size() < more) return false;
  if (more == 1) value = std::size_t{13} + rest[0];
  if (more == 2) value = std::size_t{269} + (rest[0] << 8 | rest[1]);
  rest = rest.subspan(more);
  return true;
}

std::uint64_t number_of(std::span<const std::uint8_t> octets) {
  std::uint64_t value = 0;
  for (const std::uint8_t octet : octets) value = value << 8 | octet;
  return value;
}

bool decode_options(std::span<const std::uint8_t> rest, Message& message) {
  std::size_t number = 0;
  while (!rest.empty()) {
    const std::uint8_t head = rest[0];
    rest = rest.subspan(1);
    if (head == kPayloadMarker) {
      message.payload = {reinterpret_cast<const char*>(rest.data()), rest.size()};
      return !rest.empty();
    }
    std::size_t delta = 0;
    std::size_t octets = 0;
    if (!take_extended(head >> 4, rest, delta) || !take_extended(head & 15, rest, octets))
      return false;
    if (octets > rest.size()) return false;
    number += delta;
    if (number == kMaxAge && octets <= 4) {
      message.max_age = static_cast<std::uint32_t>(number_of(rest.first(octets)));
    }
    const std::string_view value(reinterpret_cast<const char*>(rest.data()), octets);
    if (number == kEtag) message.etag = value;
    if (number == kLocationPath) message.location = value;
    if (number == kUriPath && message.path.empty()) message.path = value;
    if (number == kUriPath) message.resource = value;
    if (number == kEcho && octets <= kMostEchoOctets) message.echo = value;
    rest = rest.subspan(octets);
  }
  return true;
}

}  // namespace

std::size_t encode(const Registration& request, std::span<std::uint8_t> out) noexcept {
  Writer to(out);
  to.head(kPost, request.mid, request.token);
  to.option(kUriPath, "rd");
  if (!request.info.empty()) {
    to.option(kContentFormat, std::size_t{1});
    to.octet(kJson);
  }
  to.option(kUriQuery, 3 + request.ep.size());
  to.bytes("ep=");
  to.bytes(request.ep);
  if (request.lifetime != 0) {
    char digits[10];
    const auto end = std::to_chars(digits, digits + sizeof digits, request.lifetime).ptr;
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    to.option(kUriQuery, 3 + text.size());
    to.bytes("lt=");
    to.bytes(text);
  }
  if (!request.base.empty()) {
    to.option(kUriQuery, 5 + request.base.size());
    to.bytes("base=");
    to.bytes(request.base);
  }
  if (!request.echo.empty()) to.option(kEcho, request.echo);
  if (!request.info.empty()) {
    to.octet(kPayloadMarker);
    to.bytes(request.info);
  }
  return to.size();
}

std::size_t encode(const Request& request, std::span<std::uint8_t> out) noexcept {
  Writer to(out);
  to.head(request.code, request.mid, request.token);
  if (request.observe) to.option(kObserve, std::size_t{0});
  to.option(kUriPath, "rd");
  to.option(kUriPath, request.handle);
  if (!request.resource.empty()) to.option(kUriPath, request.resource);
  if (!request.json.empty()) {
    to.option(kContentFormat, std::size_t{1});
    to.octet(kJson);
  }
  if (!request.query.empty()) to.option(kUriQuery, request.query);
  if (!request.echo.empty()) to.option(kEcho, request.echo);
  if (!request.json.empty()) {
    to.octet(kPayloadMarker);
    to.bytes(request.json);
  }
  return to.size();
}

void encode_empty(Type type, std::uint16_t mid,
                  std::span<std::uint8_t, kHeaderOctets> out) noexcept {
  out[0] = static_cast<std::uint8_t>(kVersion << 6 | static_cast<unsigned>(type) << 4);
  out[1] = kEmpty;
  out[2] = static_cast<std::uint8_t>(mid >> 8);
  out[3] = static_cast<std::uint8_t>(mid & 0xff);
}

std::size_t encode_answer(const Message& to, std::uint8_t code,
                          std::span<std::uint8_t> out) noexcept {
  Writer answer(out);
  answer.head(code, to.mid, to.token, Type::ack, to.token_octets);
  return answer.size();
}

std::optional<Message> decode(std::span<const std::uint8_t> datagram) noexcept {
  if (datagram.size() < kHeaderOctets || datagram[0] >> 6 != kVersion) return std::nullopt;
  Message message;
  message.type = static_cast<Type>(datagram[0] >> 4 & 3);
  message.token_octets = datagram[0] & 15;
  message.code = datagram[1];
  message.mid = static_cast<std::uint16_t>(datagram[2] << 8 | datagram[3]);
  if (message.code == kEmpty && datagram.size() != kHeaderOctets) return std::nullopt;
  const auto rest = datagram.subspan(kHeaderOctets);
  if (message.token_octets > 8 || message.token_octets > rest.size()) return std::nullopt;
  message.token = number_of(rest.first(message.token_octets));
  if (!decode_options(rest.subspan(message.token_octets), message)) return std::nullopt;
  return message;
}

std::string_view name_of(std::uint8_t code, std::span<char, 5> out) noexcept {
  out[0] = static_cast<char>('0' + (code >> 5));
  out[1] = '.';
  out[2] = static_cast<char>('0' + (code & 31) / 10);
  out[3] = static_cast<char>('0' + (code & 31) % 10);
  return {out.data(), 4};
}

}  // namespace msggw::fleet::coap
