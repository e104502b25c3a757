// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/mqtt/options.h"
#include "gateway/base/handle.h"

struct ssl_ctx_st;

namespace msggw::mqtt {

void free_tls_context(ssl_ctx_st* context) noexcept;
using TlsContext = base::Handle<ssl_ctx_st, free_tls_context>;

/// The client side of TLS towards the broker: 1.2 or later, the broker's certificate checked
/// against `options.ca` and against `options.host` (name or address), and our own certificate if
/// there is one; none if `options.ca` is empty.
///
/// Throws std::runtime_error, naming the configuration key and the file, if a file cannot be used.
TlsContext make_tls_context(const Options& options);

}  // namespace msggw::mqtt
