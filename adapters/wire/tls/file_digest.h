// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "adapters/wire/tls/contexts.h"

namespace msggw::tls {

/// Returns a digest of what make() would read: the files, and of a client without `ca` when what
/// the system trusts was written. As long as it stays, so does what make() returns. A file that
/// cannot be read counts as an empty one.
std::string digest_of(const Options& options);

}  // namespace msggw::tls
