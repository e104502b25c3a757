// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/trace.h"

#include <array>

namespace msggw::core {

std::string_view name_of(Happening what) noexcept {
  static constexpr std::array<std::string_view, kHappenings> kNames{
      "recorded",  "added",          "registered",     "deregistered", "expired",
      "asked",     "provisioned",    "renewed",        "refused",      "put_off",
      "released",  "suspended",      "resumed",        "removed",      "gone",
      "at_server", "server_refused", "server_put_off", "left_server",  "taken_over"};
  return kNames[static_cast<std::size_t>(what)];
}

}  // namespace msggw::core
