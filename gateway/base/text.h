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

/// Whether `text` is UTF-8 without controls and without what is not seen but moves its neighbours:
/// marks of direction (U+202E and the like), line ends of Unicode, characters without a width.
bool is_plain(std::string_view text) noexcept;

/// `octets` made safe to print in a table, a log line or a diagnostic: quotes, backslashes and all
/// that is_plain() has not as \xNN, cut after `most` octets of input with "..." behind.
std::string printable(std::string_view octets, std::size_t most = 64);

}  // namespace msggw::base
