// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/stream_codec.h"

#include <algorithm>
#include <array>

namespace msggw::coap {

namespace {

/// Lengths and deltas above 12 go into one octet, above 268 into two, and lengths of messages above
/// 65804 into four (RFC 7252 3.1, RFC 8323 3.2).
constexpr std::uint32_t kOneOctet = 13, kTwoOctets = 269, kFourOctets = 65'805;

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

}  // namespace

Frame read_frame(std::string_view in, std::size_t most) {
  if (in.empty()) return {};
  const auto first = static_cast<unsigned char>(in[0]);
  const std::size_t token_size = first & 15;
  if (token_size > 8) return {Frame::Status::malformed, 0, {}};
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
  frame.message.token.size = static_cast<std::uint8_t>(token_size);
  std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(at + 1), token_size,
              frame.message.token.octets.begin());
  frame.message.rest = in.substr(at + 1 + token_size, static_cast<std::size_t>(size));
  return frame;
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
  if (payload.empty()) return;
  out.push_back('\xFF');
  out.append(payload);
}

}  // namespace msggw::coap
