// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace msggw::base {

/// `octets` as one segment of a URI's path (RFC 3986 3.3): everything but unreserved characters as
/// %XX, and so are the dots of "." and "..", which would name another path (5.2.4).
std::string path_segment(std::string_view octets);

/// What path_segment() was made of; none: a % without two hexadecimal digits behind it.
std::optional<std::string> octets_of_segment(std::string_view segment);

}  // namespace msggw::base
