// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/datagram_endpoint.h"
#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/library_endpoint.h"
#include "adapters/wire/coap/stream_endpoint.h"

namespace msggw::coap {

std::unique_ptr<Endpoint> open_endpoint(boost::asio::io_context& io, const ServerOptions& options,
                                        const base::Clock& clock, EndpointEvents events) {
  if (is_stream(options.transport))
    return std::make_unique<StreamEndpoint>(io, options, clock, std::move(events));
  if (options.transport == Transport::dtls)
    return std::make_unique<LibraryEndpoint>(io, options, clock, std::move(events));
  return std::make_unique<DatagramEndpoint>(io, options, clock, std::move(events));
}

}  // namespace msggw::coap
