// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/protocol/packet.h"

#include <string>

namespace msggw::mqtt::protocol {

namespace {

constexpr const char* kNames[] = {"",          "CONNECT",  "CONNACK",     "PUBLISH",
                                  "PUBACK",    "PUBREC",   "PUBREL",      "PUBCOMP",
                                  "SUBSCRIBE", "SUBACK",   "UNSUBSCRIBE", "UNSUBACK",
                                  "PINGREQ",   "PINGRESP", "DISCONNECT",  "AUTH"};
constexpr int kMostLengthOctets = 4;

std::uint8_t at(std::string_view octets, std::size_t index) noexcept {
  return static_cast<std::uint8_t>(octets[index]);
}

}  // namespace

const char* name_of(Type type) noexcept {
  return kNames[static_cast<std::size_t>(type)];
}

base::Result<std::optional<Header>> read_header(std::string_view octets, std::size_t most) {
  if (octets.empty()) return std::nullopt;
  Header header{static_cast<Type>(at(octets, 0) >> 4), static_cast<std::uint8_t>(octets[0] & 15), 1,
                0};
  if (at(octets, 0) >> 4 == 0) return base::fail(base::Errc::malformed, "a packet of type 0");
  for (int i = 0;; ++i) {
    if (i == kMostLengthOctets)
      return base::fail(base::Errc::malformed,
                        std::string(name_of(header.type)) + " with a length of over four octets");
    if (header.size == octets.size()) return std::nullopt;
    const std::uint8_t octet = at(octets, header.size++);
    header.body |= std::size_t{octet & 0x7FU} << (7 * i);
    if (octet >= 0x80) continue;
    if (i > 0 && octet == 0)
      return base::fail(base::Errc::malformed, std::string(name_of(header.type)) +
                                                   " with a length in more octets than it needs");
    break;
  }
  if (header.total() > most) {
    return base::fail(base::Errc::too_large,
                      std::string(name_of(header.type)) + " of " + std::to_string(header.total()) +
                          " octets; at most " + std::to_string(most) + " were asked for");
  }
  return header;
}

std::string_view Reader::take(std::size_t octets) noexcept {
  if (octets > rest_.size()) {
    failed_ = true;
    rest_ = {};
    return {};
  }
  const auto taken = rest_.substr(0, octets);
  rest_.remove_prefix(octets);
  return taken;
}

std::uint8_t Reader::octet() noexcept {
  const auto octets = take(1);
  return octets.empty() ? std::uint8_t{0} : at(octets, 0);
}

std::uint16_t Reader::two() noexcept {
  const auto octets = take(2);
  if (octets.empty()) return 0;
  return static_cast<std::uint16_t>(at(octets, 0) << 8 | at(octets, 1));
}

std::uint32_t Reader::four() noexcept {
  const std::uint32_t high = two();
  return high << 16 | two();
}

std::uint32_t Reader::variable() noexcept {
  std::uint32_t value = 0;
  for (int i = 0; i < kMostLengthOctets; ++i) {
    const std::uint8_t next = octet();
    value |= std::uint32_t{next & 0x7FU} << (7 * i);
    if (next >= 0x80) continue;
    if (i > 0 && next == 0) failed_ = true;
    return value;
  }
  failed_ = true;
  return value;
}

std::string_view Reader::counted() noexcept {
  return take(two());
}

}  // namespace msggw::mqtt::protocol
