// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "adapters/wire/http/steady_time.h"

namespace msggw::http {

/// How many frames the peer of an HTTP/2 connection may still send that neither requests nor
/// answers need. Every frame of whatever type is taken off: PRIORITY, WINDOW_UPDATE, PING,
/// SETTINGS, RST_STREAM, CONTINUATION, DATA and unknown ones cost this side about the same; long
/// ones count for more, but for DATA, which is worth its octets. What is of use gives back more
/// than it takes, so a client that asks and reads, and a server that answers, never runs out; time
/// fills a whole budget again in `kRefill`.
///
/// It reads the frames' headers off the connection itself (RFC 9113 4.1), since nghttp2 tells of no
/// frame that it ignores.
class FrameBudget {
 public:
  static constexpr std::chrono::seconds kRefill{40};
  static constexpr std::size_t kPreface = 24;     ///< before the frames of a client
  static constexpr std::size_t kPerRequest = 16;  ///< whose answer was sent, or came, whole
  /// Of bodies, either way, that are worth a frame.
  static constexpr std::size_t kOctetsPerFrame = 1'024;
  /// That the octets of frames other than DATA count for more: HPACK makes much of little.
  static constexpr std::size_t kWeight = 16;

  FrameBudget(std::size_t most, SteadyTime now, std::size_t preface = kPreface) noexcept
      : most_octets_(most * kOctetsPerFrame),
        left_(most_octets_),
        filled_at_(now),
        skip_(preface) {}

  /// The next octets of the connection, from its first on. False: there is nothing left.
  bool take(std::string_view octets, SteadyTime now) noexcept;
  /// `header_octets`: of the HEADERS and CONTINUATION frames that the peer sent for it.
  void request_done(std::size_t header_octets) noexcept {
    earn(kPerRequest * kOctetsPerFrame + kWeight * header_octets);
  }
  /// So much of a body was sent to the peer.
  void sent(std::size_t octets) noexcept { earn(octets); }
  /// Of all DATA frames that have begun, also of those that nghttp2 ignores.
  std::uint64_t data_octets() const noexcept { return data_octets_; }

 private:
  static constexpr std::size_t kHeader = 9;

  void earn(std::size_t octets) noexcept;
  void fill(SteadyTime now) noexcept;
  bool spend_for_header() noexcept;

  std::size_t most_octets_;
  std::size_t left_;  ///< in octets of bodies that are worth it
  SteadyTime filled_at_;
  std::size_t skip_;  ///< octets until the next frame's header
  std::array<std::uint8_t, kHeader> header_{};
  std::size_t in_header_ = 0;
  std::uint64_t data_octets_ = 0;
};

}  // namespace msggw::http
