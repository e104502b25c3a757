// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sim/m5s/world.h"

namespace msggw::m5s {

/// Reads the body of POST /send (docs/server-double.md): a message from an Application Server, the
/// double's own unless another one is named.
std::optional<Problem> read_send(const boost::json::object& body, World& world, Message& into);

/// RFC 4648 4, with padding.
std::string base64_of(std::string_view octets);

}  // namespace msggw::m5s
