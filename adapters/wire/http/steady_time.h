// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace msggw::http {

using SteadyTime = std::chrono::steady_clock::time_point;

}  // namespace msggw::http
