// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace msggw::mqtt::access {

/// What a client of the broker wants with a topic.
enum class Act {
  read,          ///< to be handed what was published there
  write,         ///< to publish there, by its Will too
  subscribe,     ///< to a filter
  have_written,  ///< what it has published there, retained, to be handed to others
};

/// Whether a device whose Private IDs are `ids` (canonical) may: what it says below `prefix`/<one
/// of them, in any spelling>/, what it is told there, and nothing else. Which spellings are the
/// same is the gateway's own rule (core::PrivateId), so no topic is one device's here and another's
/// there. Filters with wildcards are nobody's, but those below the device's own `answers/`.
bool is_its_own(std::span<const std::string> ids, std::string_view prefix, Act act,
                std::string_view topic);

}  // namespace msggw::mqtt::access
