// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace msggw::base {

/// Ends the process as `kill -9` would at the n-th pass of `step`, if the environment variable
/// MSGGW_CRASH_AT is "STEP:N", so that a test can hit each step of a path exactly. Compiled to
/// nothing unless the build option MSGGW_CRASH_POINTS is on.
#ifdef MSGGW_CRASH_POINTS
void crash_point(const char* step) noexcept;
#else
inline void crash_point(const char*) noexcept {}
#endif

}  // namespace msggw::base
