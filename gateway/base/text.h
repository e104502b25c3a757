// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace msggw::base {

/// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most
/// U+10FFFF).
bool is_utf8(std::string_view text) noexcept;

/// Appends `text` with U+FFFD in place of each octet that belongs to no well-formed sequence.
void append_as_utf8(std::string& out, std::string_view text);

/// Whether `text` holds a C0 control, DEL or (as UTF-8) a C1 control.
bool has_control(std::string_view text) noexcept;

/// `octets` made safe to print in a log line or a diagnostic: controls, quotes, backslashes and
/// broken UTF-8 as \xNN, cut after `most` octets of input with "..." behind.
std::string printable(std::string_view octets, std::size_t most = 64);

}  // namespace msggw::base
