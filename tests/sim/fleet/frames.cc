// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/frames.h"

#include "tests/sim/fleet/coap_wire.h"

namespace msggw::fleet::coap {
namespace {

constexpr std::uint8_t kSignals = 7;
constexpr std::uint8_t kCapabilities = code(kSignals, 1);
constexpr std::uint8_t kPong = code(kSignals, 3);
constexpr char kVersionAndNon = 0x50;
// RFC 8323 3.2: lengths that are told by octets behind the first.
constexpr std::size_t kLength8 = 13, kLength16 = 269, kLength32 = 65'805;

std::uint8_t octet(char c) {
  return static_cast<std::uint8_t>(c);
}

}  // namespace

void append_frame(std::span<const std::uint8_t> message, std::string& out) {
  if (message.size() < kHeaderOctets || message[1] == kEmpty) return;
  const std::uint8_t token = message[0] & 15;
  if (message.size() < kHeaderOctets + token) return;
  const std::size_t rest = message.size() - kHeaderOctets - token;
  const std::size_t nibble = rest < kLength8 ? rest : rest < kLength16 ? 13 : 14;
  out += static_cast<char>(nibble << 4 | token);
  if (nibble == 13) out += static_cast<char>(rest - kLength8);
  if (nibble == 14) {
    out += static_cast<char>((rest - kLength16) >> 8);
    out += static_cast<char>(rest - kLength16);
  }
  out += static_cast<char>(message[1]);
  out.append(reinterpret_cast<const char*>(message.data()) + kHeaderOctets, token + rest);
}

std::optional<Frame> take_frame(std::string_view stream) {
  if (stream.empty()) return std::nullopt;
  const std::size_t nibble = octet(stream[0]) >> 4;
  const std::size_t token = octet(stream[0]) & 15;
  const std::size_t more = nibble < 13 ? 0 : std::size_t{1} << (nibble - 13);
  if (stream.size() < 1 + more) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < more; ++i) length = length << 8 | octet(stream[1 + i]);
  length += more == 0 ? nibble : more == 1 ? kLength8 : more == 2 ? kLength16 : kLength32;
  const std::size_t head = 1 + more + 1;
  if (stream.size() < head + token + length) return std::nullopt;
  Frame frame;
  frame.code = octet(stream[head - 1]);
  frame.is_signal = frame.code >> 5 == kSignals;
  frame.octets = head + token + length;
  frame.message = {static_cast<char>(kVersionAndNon | static_cast<char>(token)), stream[head - 1],
                   '\0', '\0'};
  frame.message.append(stream.substr(head, token + length));
  return frame;
}

std::string capabilities() {
  return {'\0', static_cast<char>(kCapabilities)};
}

std::string pong(const Frame& ping) {
  const auto token = static_cast<std::size_t>(ping.message[0] & 15);
  std::string out{static_cast<char>(token), static_cast<char>(kPong)};
  return out.append(ping.message.substr(kHeaderOctets, token));
}

}  // namespace msggw::fleet::coap
