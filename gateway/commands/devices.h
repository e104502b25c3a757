// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "gateway/cli/command.h"

namespace msggw::commands {

// `msggw devices ...` reads the device table of a gateway, which may be running: as last committed.

cli::ExitCode list_devices(const cli::ListDevices& command, std::ostream& out, std::ostream& err);
cli::ExitCode show_device(const cli::ShowDevice& command, std::ostream& out, std::ostream& err);

}  // namespace msggw::commands
