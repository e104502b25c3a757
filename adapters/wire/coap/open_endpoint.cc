// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "adapters/wire/coap/datagram_endpoint.h"
#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/stream_endpoint.h"

namespace msggw::coap {

std::unique_ptr<Endpoint> open_endpoint(const base::Context& context, const ServerOptions& options,
                                        ServerCounters& counters, EndpointEvents events) {
  if (is_stream(options.transport))
    return std::make_unique<StreamEndpoint>(context, options, counters, std::move(events));
  return std::make_unique<DatagramEndpoint>(context, options, counters, std::move(events));
}

}  // namespace msggw::coap
