// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/codec.h"

#include <algorithm>
#include <array>

namespace msggw::coap {

namespace {

/// Lengths and deltas above 12 go into one octet, above 268 into two, and lengths of messages above
/// 65804 into four (RFC 7252 3.1, RFC 8323 3.2).
constexpr std::uint32_t kOneOctet = 13, kTwoOctets = 269, kFourOctets = 65'805;

/// Of a datagram (RFC 7252 3).
constexpr unsigned kVersion = 1;
constexpr std::size_t kHeader = 4;

constexpr std::size_t kMostToken = 8;

std::uint32_t big_endian(std::string_view octets) {
  std::uint32_t number = 0;
  for (const char c : octets) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

void append_big_endian(std::string& out, std::uint32_t number, unsigned octets) {
  while (octets-- > 0) out.push_back(static_cast<char>(number >> (8 * octets) & 0xFF));
}

unsigned nibble_of(std::size_t number) {
  if (number < kOneOctet) return static_cast<unsigned>(number);
  if (number < kTwoOctets) return 13;
  return number < kFourOctets ? 14 : 15;
}

void append_extension(std::string& out, std::size_t number) {
  const auto value = static_cast<std::uint32_t>(number);
  switch (nibble_of(number)) {
    case 13: return append_big_endian(out, value - kOneOctet, 1);
    case 14: return append_big_endian(out, value - kTwoOctets, 2);
    case 15: return append_big_endian(out, value - kFourOctets, 4);
    default: return;
  }
}

/// Takes `size` octets of token from the front of `in`.
Token take_token(std::string_view& in, std::size_t size) {
  Token token;
  token.size = static_cast<std::uint8_t>(size);
  std::copy_n(in.begin(), size, token.octets.begin());
  in.remove_prefix(size);
  return token;
}

void append_payload(std::string& out, std::string_view payload) {
  if (payload.empty()) return;
  out.push_back('\xFF');
  out.append(payload);
}

}  // namespace

Frame read_frame(std::string_view in, std::size_t most) {
  if (in.empty()) return {};
  const auto first = static_cast<unsigned char>(in[0]);
  const std::size_t token_size = first & 15;
  if (token_size > kMostToken) return {Frame::Status::malformed, 0, {}};
  static constexpr std::array<std::size_t, 3> kExtension{1, 2, 4};
  static constexpr std::array<std::uint32_t, 3> kBase{kOneOctet, kTwoOctets, kFourOctets};
  std::uint64_t size = first >> 4;
  std::size_t at = 1;
  if (size >= 13) {
    const std::size_t kind = size - 13;
    if (in.size() < at + kExtension[kind]) return {};
    size = std::uint64_t{kBase[kind]} + big_endian(in.substr(at, kExtension[kind]));
    at += kExtension[kind];
  }
  if (size > most) return {Frame::Status::too_large, 0, {}};
  const std::size_t whole = at + 1 + token_size + static_cast<std::size_t>(size);
  if (in.size() < whole) return {};
  Frame frame{Frame::Status::whole, whole, {}};
  frame.message.code = static_cast<std::uint8_t>(in[at]);
  in.remove_prefix(at + 1);
  frame.message.token = take_token(in, token_size);
  frame.message.rest = in.substr(0, static_cast<std::size_t>(size));
  return frame;
}

Datagram read_datagram(std::string_view octets) {
  Datagram datagram;
  if (octets.size() < kHeader) return datagram;
  const auto first = static_cast<unsigned char>(octets[0]);
  if (first >> 6 != kVersion) return datagram;
  datagram.type = static_cast<MessageType>(first >> 4 & 3);
  datagram.mid = static_cast<std::uint16_t>(big_endian(octets.substr(2, 2)));
  datagram.message.code = static_cast<std::uint8_t>(octets[1]);
  octets.remove_prefix(kHeader);
  const std::size_t token_size = first & 15;
  const bool fits = token_size <= kMostToken && token_size <= octets.size();
  // An empty message has nothing behind its header (RFC 7252 4.1).
  const bool bare = datagram.message.code != 0 || (token_size == 0 && octets.empty());
  datagram.status = fits && bare ? Datagram::Status::whole : Datagram::Status::malformed;
  if (datagram.status == Datagram::Status::malformed) return datagram;
  datagram.message.token = take_token(octets, token_size);
  datagram.message.rest = octets;
  return datagram;
}

void append_datagram(std::string& out, MessageType type, std::uint16_t mid, std::uint8_t code,
                     std::string_view token, std::string_view options, std::string_view payload) {
  out.push_back(static_cast<char>(kVersion << 6 | static_cast<unsigned>(type) << 4 | token.size()));
  out.push_back(static_cast<char>(code));
  append_big_endian(out, mid, 2);
  out.append(token).append(options);
  append_payload(out, payload);
}

bool OptionCursor::fail() {
  malformed_ = true;
  rest_ = {};
  return false;
}

bool OptionCursor::extend(std::uint32_t& nibble) {
  if (nibble < 13) return true;
  const std::size_t octets = nibble == 13 ? 1 : 2;
  if (nibble == 15 || rest_.size() < octets) return false;
  nibble = (nibble == 13 ? kOneOctet : kTwoOctets) + big_endian(rest_.substr(0, octets));
  rest_.remove_prefix(octets);
  return true;
}

bool OptionCursor::next() {
  if (rest_.empty()) return false;
  const auto head = static_cast<unsigned char>(rest_[0]);
  rest_.remove_prefix(1);
  if (head == 0xFF) {
    payload_ = rest_;
    rest_ = {};
    if (payload_.empty()) return fail();  // a marker with nothing behind it
    return false;
  }
  std::uint32_t delta = head >> 4;
  std::uint32_t size = head & 15;
  if (!extend(delta) || !extend(size) || size > rest_.size() || number_ + delta > 65'535)
    return fail();
  number_ = static_cast<std::uint16_t>(number_ + delta);
  value_ = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

void OptionWriter::add(std::uint16_t number, std::string_view value) {
  const std::size_t delta = static_cast<std::size_t>(number - last_);
  last_ = number;
  octets_.push_back(static_cast<char>(nibble_of(delta) << 4 | nibble_of(value.size())));
  append_extension(octets_, delta);
  append_extension(octets_, value.size());
  octets_.append(value);
}

void append_frame(std::string& out, std::uint8_t code, std::string_view token,
                  std::string_view options, std::string_view payload) {
  const std::size_t size = options.size() + (payload.empty() ? 0 : payload.size() + 1);
  out.push_back(static_cast<char>(nibble_of(size) << 4 | token.size()));
  append_extension(out, size);
  out.push_back(static_cast<char>(code));
  out.append(token).append(options);
  append_payload(out, payload);
}

}  // namespace msggw::coap
