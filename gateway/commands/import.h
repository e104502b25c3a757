// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <ostream>

#include "gateway/cli/command.h"

namespace msggw::commands {

/// `msggw devices import`: cuts the list into chunks of Api::kMostRows rows, has a few of them
/// under way, and reports rows that failed by their lines. A gateway that is started anew meanwhile
/// is waited for. A progress line goes to `err` if standard error is a terminal. ok: every row is
/// in the table.
cli::ExitCode import_devices(const cli::ImportDevices& command, std::istream& in, std::ostream& out,
                             std::ostream& err);

}  // namespace msggw::commands
