// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/coap/listeners.h"
#include "adapters/wire/coap/server.h"
#include "gateway/base/result.h"
#include "gateway/messages/outbox.h"

namespace msggw::coap_adapter {

// Each makes `out` an error with a diagnostic, counts why and returns Reply::now.

/// Of choose_encodings() and its like: 4.15 for `unsupported`, else 4.06.
coap::Reply refuse_format(Listeners& server, const base::Error& error, coap::Response& out);

/// Of a body that cannot be read as what it should be: "CAUSE: detail", 4.13 for `too_large`, 4.03
/// for `refused`, else 4.00.
coap::Reply refuse_body(Listeners& server, const messages::Refusal& refusal, coap::Response& out);

}  // namespace msggw::coap_adapter
