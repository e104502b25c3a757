// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "gateway/cli/command.h"

namespace msggw::demo {

/// `msggw demo`: Provisioning Function, broker, gateway and sample devices on loopback, until
/// SIGINT or SIGTERM. Returns the exit code; throws std::runtime_error for what keeps it from
/// starting.
cli::ExitCode run_demo(const cli::Demo& command, std::ostream& out);

}  // namespace msggw::demo
