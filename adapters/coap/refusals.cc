// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/refusals.h"

#include <string>

#include "adapters/coap/registration.h"

namespace msggw::coap_adapter {

coap::Reply refuse_format(Listeners& server, const base::Error& error, coap::Response& out) {
  const bool body = error.code == base::Errc::unsupported;
  return server.refuse(out, body ? coap::Reason::unsupported_format : coap::Reason::not_acceptable,
                       body ? coap::Code::unsupported_format : coap::Code::not_acceptable,
                       error.detail);
}

coap::Reply refuse_body(Listeners& server, const messages::Refusal& refusal, coap::Response& out) {
  const bool large = refusal.error.code == base::Errc::too_large;
  return server.refuse(out, large ? coap::Reason::body_too_large : coap::Reason::bad_body,
                       large ? coap::Code::too_large : code_of(refusal.error.code),
                       std::string(refusal.cause) + ": " + refusal.error.detail);
}

}  // namespace msggw::coap_adapter
