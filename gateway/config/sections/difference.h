// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gateway/config/sections/config.h"

namespace msggw::config {

/// What one configuration says otherwise than another.
struct Change {
  /// "section.key"; of what stands in a list "[smsc NAME] key"; "[smsc NAME]": it came, or went.
  std::string name;
  std::string before;  ///< as config_language::shown_value() gives it; empty: it was not there
  std::string after;
  bool is_live = false;  ///< a reload takes it over; else it takes a restart
};

/// What a process of this purpose uses and the configurations say differently, in the order of the
/// manual. What stands in a section that is switched on or off waits for the restart with it.
std::vector<Change> changes(const Config& before, const Config& after, Purpose purpose);

/// What a process that runs with `running` has when it has reloaded `wanted`: what is live as it is
/// wanted, all else as it was. Throws std::runtime_error for a value that cannot be kept.
Config after_reload(const Config& running, const Config& wanted, Purpose purpose);

}  // namespace msggw::config
