// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "gateway/messages/header.h"
#include "gateway/messages/trace.h"

namespace msggw::messages {

std::string_view name_of(Cause cause) noexcept {
  static constexpr std::array<std::string_view, kCauses> kNames{"",
                                                                "EXPIRED",
                                                                "NO_PROOF",
                                                                "REFUSED",
                                                                "UNKNOWN_RECIPIENT",
                                                                "UNSUPPORTED_CONTENT",
                                                                "DROPPED",
                                                                "REMOVED",
                                                                "INTERNAL_ERROR",
                                                                "SEGMENTS_MISSING",
                                                                "PAYLOAD_TOO_LARGE",
                                                                "RECIPIENT_UNREACHABLE",
                                                                "REJECTED_BY_DEVICE"};
  return kNames[static_cast<std::size_t>(cause)];
}

std::string_view name_of(Kind kind) noexcept {
  static constexpr std::array<std::string_view, kKinds> kNames{
      "message_up", "message_down", "report_up", "report_down", "segment_down", "text_down"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(Happening what) noexcept {
  static constexpr std::array<std::string_view, kHappenings> kNames{
      "taken_in", "repeated", "refused",  "handed", "came_back",
      "done",     "failed",   "reported", "late"};
  return kNames[static_cast<std::size_t>(what)];
}

std::string_view name_of(State state) noexcept {
  static constexpr std::array<std::string_view, 4> kNames{"waiting", "handed", "done", "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace msggw::messages
