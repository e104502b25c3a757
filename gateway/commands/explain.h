// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "gateway/cli/command.h"

namespace msggw::commands {

/// `msggw pf --explain`: which rule decides and why, what the store knows of the Private ID, the
/// quota of the rule, and what the answer would be. Nothing is changed; the store is read as of its
/// last commit, also while the Provisioning Function runs. `usage`: no Private ID. `failed`: the
/// store is there and cannot be read; all else is told nevertheless.
///
/// Throws what config_files::load() and process::read_policy() throw.
cli::ExitCode explain(const cli::Explain& command, std::ostream& out, std::ostream& err);

}  // namespace msggw::commands
