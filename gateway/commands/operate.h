// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "gateway/cli/command.h"

namespace msggw::commands {

// What changes devices, and `msggw status`: by way of the running gateway (operator_client.h). Each
// returns when what it did is durable. failed: no gateway answers, or it refused; `err` says why.

cli::ExitCode add_device(const cli::AddDevice& command, std::ostream& out, std::ostream& err);
cli::ExitCode operate_devices(const cli::OperateDevices& command, std::ostream& out,
                              std::ostream& err);
cli::ExitCode remove_aliases(const cli::RemoveAliases& command, std::ostream& out,
                             std::ostream& err);
cli::ExitCode show_status(const cli::ShowStatus& command, std::ostream& out, std::ostream& err);

}  // namespace msggw::commands
