// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Frames of HTTP/2 (RFC 9113) as octets, for tests that play a peer who keeps to no rule.
namespace msggw::http::test {

enum FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
  kPriorityUpdate = 16
};
inline constexpr std::uint8_t kEndStream = 1;
inline constexpr std::uint8_t kAck = 1;
inline constexpr std::uint8_t kEndHeaders = 4;

inline std::string number(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                         const std::string& payload = "") {
  return number(static_cast<std::uint32_t>(payload.size())).substr(1) + static_cast<char>(type) +
         static_cast<char>(flags) + number(stream) + payload;
}

/// One entry of SETTINGS.
inline std::string setting(std::uint8_t id, std::uint32_t value) {
  return std::string{'\0', static_cast<char>(id)} + number(value);
}

/// A field of a header block, without a table; name and value of less than 127 octets.
inline std::string literal(std::string_view name, std::string_view value) {
  std::string octets(1, '\0');
  for (const std::string_view part : {name, value})
    octets.append(1, static_cast<char>(part.size())).append(part);
  return octets;
}

/// A frame that was read.
struct Frame {
  std::uint8_t type;
  std::uint8_t flags;
  std::uint32_t stream;
  std::string payload;
};

/// The whole frames of `octets`, without a client's preface.
inline std::vector<Frame> frames_of(std::string_view octets) {
  constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  if (octets.starts_with(kPreface)) octets.remove_prefix(kPreface.size());
  const auto at = [&octets](std::size_t i) {
    return std::uint32_t{static_cast<std::uint8_t>(octets[i])};
  };
  std::vector<Frame> frames;
  while (octets.size() >= 9) {
    const std::size_t size = at(0) << 16 | at(1) << 8 | at(2);
    if (octets.size() < 9 + size) break;
    frames.push_back({static_cast<std::uint8_t>(at(3)), static_cast<std::uint8_t>(at(4)),
                      at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8),
                      std::string(octets.substr(9, size))});
    octets.remove_prefix(9 + size);
  }
  return frames;
}

}  // namespace msggw::http::test
