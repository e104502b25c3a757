// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace msggw::base {

/// The way out when a listener cannot have its address and port, for the end of the sentence that
/// says so: "; another process serves it: ...". `error` is an errno; `section` and `port_option`
/// are what the configuration calls the two (section.address, section.port_option), an empty
/// `section`: nothing. Empty for an error of another kind.
std::string way_out_of_bind(int error, std::string_view section, std::string_view port_option);

}  // namespace msggw::base
