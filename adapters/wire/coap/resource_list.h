// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/server_options.h"

namespace msggw::coap {

/// Whether the request is for /.well-known/core.
bool asks_for_list(const Request& request) noexcept;

/// The links to those of `resources` that all of `queries` ask for (RFC 6690 2, 4.1): "rt=core.rd",
/// "ct=50" is one word of the attribute, "href=/rd*" the beginning; an empty query asks for
/// nothing.
std::string list_of(const std::vector<ListedResource>& resources,
                    std::span<const std::string_view> queries);

}  // namespace msggw::coap
