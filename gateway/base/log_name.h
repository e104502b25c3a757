// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace msggw::base::log {

/// A name that tells who somebody is, as it stands within a sentence of an event: safe to print,
/// and hashed as the field `private_id` is, so that both are one where they are the same text.
std::string name_in_event(std::string_view name);

}  // namespace msggw::base::log
