// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "gateway/cli/command.h"

namespace msggw::commands {

/// `msggw provision`: one request as a MSGin5G UE, an Application Server or a gateway would send it
/// (the contribution 6.X.1.3, 6.X.1.4). Prints the response to `out`, what went wrong to `err`; the
/// exit code says why.
cli::ExitCode run_provision(const cli::Provision& command, std::ostream& out, std::ostream& err);

}  // namespace msggw::commands
