// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace msggw::tls {

/// Empties OpenSSL's error queue of this thread. To be called before an operation whose error will
/// be looked at: OpenSSL misjudges one while an older error is still there.
void forget_errors() noexcept;

/// Takes everything out of that queue. Returns the first error, which is the cause of the others;
/// 0: there was none.
unsigned long take_error() noexcept;

/// `error` in words, for people; "no reason given" if OpenSSL has none.
std::string text_of(unsigned long error);

}  // namespace msggw::tls
