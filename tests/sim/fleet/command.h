// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/fleet/options.h"

namespace msggw::fleet {

/// Runs the fleet that `options` describe and prints the result on standard output: JSON lines with
/// --once, else one report. Throws std::invalid_argument or std::runtime_error with one sentence
/// where nothing could be run.
Exit run(Options options);

}  // namespace msggw::fleet
