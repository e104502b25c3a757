// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "provisioning/protocol/messages.h"

namespace msggw::function {

/// The encoding of the answer by the request's Accept (RFC 9110 12.5.1: the most specific range
/// that matches decides, q=0 forbids, the higher q wins, `preferred` where they are equal). An
/// absent Accept, or one without a single well-formed range, asks for nothing. None: neither
/// encoding is acceptable.
std::optional<protocol::Encoding> choose_encoding(std::string_view accept,
                                                  protocol::Encoding preferred) noexcept;

}  // namespace msggw::function
