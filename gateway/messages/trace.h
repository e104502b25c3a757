// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/base/trace.h"
#include "gateway/messages/header.h"

namespace msggw::messages {

/// What may happen to a message or a report, as its operator is told it.
enum class Happening : std::uint8_t {
  taken_in,   ///< it is to be made durable, and then its sender is told "accepted"
  repeated,   ///< it came once more, and was not taken in again
  refused,    ///< it was not taken in; `why` says by which rule or limit
  handed,     ///< to the server, or to the device over `bearer`
  came_back,  ///< nothing is known of it, or nobody was there: it waits again
  done,       ///< the server has it, or the device with proof
  failed,     ///< `why` is its Cause
  reported,   ///< its sender gets a report, which is the message `other`
  late        ///< a proof or a failure of what had ended before
};
inline constexpr std::size_t kHappenings = 9;

/// "taken_in", ...
std::string_view name_of(Happening what) noexcept;

struct MessageEvent {
  static constexpr std::uint8_t kNoBearer = core::kBearers;

  base::TimePoint at{};
  MessageNo no{};     ///< 0: it was given none
  MessageNo other{};  ///< of `reported`
  core::DeviceNo device{};
  Kind kind{};
  Happening what{};
  std::uint8_t bearer = kNoBearer;
  std::string_view why{};          ///< a word in static storage; may be empty
  base::CutText<40> message_id{};  ///< with taken_in, repeated and refused
  base::CutText<60> said{};        ///< by the server, of what came back or failed; may be empty
};

/// What has happened to messages since the process began.
using MessageTrace = base::Trace<MessageEvent>;
inline constexpr std::size_t kMostMessageEvents = 10'000;  ///< 160 octets each

}  // namespace msggw::messages
