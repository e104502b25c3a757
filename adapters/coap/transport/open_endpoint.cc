#include "adapters/coap/transport/datagram_endpoint.h"
#include "adapters/coap/transport/endpoint.h"
#include "adapters/coap/transport/stream_endpoint.h"

namespace msggw::coap {

std::unique_ptr<Endpoint> open_endpoint(boost::asio::io_context& io, const ServerOptions& options,
                                        const base::Clock& clock, EndpointEvents events) {
  if (is_stream(options.transport))
    return std::make_unique<StreamEndpoint>(io, options, clock, std::move(events));
  return std::make_unique<DatagramEndpoint>(io, options, clock, std::move(events));
}

}  // namespace msggw::coap
