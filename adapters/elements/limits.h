// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace msggw::elements {

// The most octets, without escapes, of what stands beside content. TS 29.538 names no limits.

inline constexpr std::size_t kMostAddressOctets = 255;
inline constexpr std::size_t kMostMessageIdOctets = 128;
inline constexpr std::size_t kMostApplicationOctets = 255;
inline constexpr std::size_t kMostFailureCauseOctets = 256;

}  // namespace msggw::elements
