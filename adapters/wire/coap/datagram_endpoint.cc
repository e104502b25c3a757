// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/datagram_endpoint.h"

#include <utility>

#include "adapters/wire/coap/option_values.h"
#include "adapters/wire/coap/socket.h"
#include "gateway/base/log.h"

namespace msggw::coap {

namespace {

base::UniqueFd open_socket(const ServerOptions& options) {
  base::UniqueFd socket = bind_udp(options);
  const std::size_t granted = set_buffers(socket.get(), options.receive_buffer_octets);
  if (granted < options.receive_buffer_octets) {
    base::log::warn("coap_receive_buffer_small",
                    {{"wanted", options.receive_buffer_octets},
                     {"granted", granted},
                     {"remedy", "raise net.core.rmem_max, or bursts of datagrams are lost"}});
  }
  return socket;
}

}  // namespace

DatagramEndpoint::DatagramEndpoint(boost::asio::io_context& io, const ServerOptions& options,
                                   const base::Clock& clock, EndpointEvents events)
    : events_(std::move(events)),
      clock_(clock),
      layer_({.max_unacknowledged = options.max_separate_responses},
             {.transmit = [this](const Peer& to,
                                 std::string_view octets) { socket_.send(to, octets); },
              .message = [this](const Peer& from,
                                const Datagram& datagram) { received(from, datagram); },
              .ended = [](const Peer&, const Token&, Ending) {},
              .malformed = [this] { events_.malformed(); }}),
      socket_(io, open_socket(options),
              {.received = [this](const Peer& from,
                                  std::string_view octets) { layer_.received(from, octets); },
               .unsent = [this] { events_.unsent(); },
               .failed = [](int) {}}),
      repetitions_(io, clock, [this] {
        layer_.repeat(clock_.now());
        repetitions_.set(layer_.next_due());
      }) {}

void DatagramEndpoint::received(const Peer& from, const Datagram& datagram) {
  RequestReader reader;
  const bool is_request = datagram.message.code >> 5 == 0;
  if (!is_request || !reader.read(datagram.message)) return layer_.reject(from, datagram);
  Request& request = reader.request;
  request.confirmable = datagram.type == MessageType::confirmable;
  request.mid = datagram.mid;
  request.peer = from;
  request.content = datagram.message.rest;
  Response response;
  const MessageId id{from, datagram.mid, datagram.message.token, request.method, 0};
  const auto as = request.confirmable ? MessageType::acknowledgement : MessageType::non_confirmable;
  switch (events_.request(request, response)) {
    case Handling::answer: return send(id, {}, as, response);
    case Handling::acknowledge: return layer_.acknowledge(from, datagram.mid);
    case Handling::reset: return layer_.reset(from, datagram.mid);
    case Handling::keep_silent: return;
  }
}

void DatagramEndpoint::send(const MessageId& to, const SessionRef&, MessageType type,
                            const Response& response) {
  if (type == MessageType::reset) return layer_.reset(to.peer, to.mid);
  if (response.code == Code::empty) return layer_.acknowledge(to.peer, to.mid);
  OptionWriter options;
  for_each_option(response, [&options](std::uint16_t number, std::string_view value) {
    options.add(number, value);
  });
  const auto code = static_cast<std::uint8_t>(response.code);
  if (type == MessageType::acknowledgement)
    return layer_.answer(to.peer, to.mid, code, to.token, options.octets(), response.payload);
  layer_.send(to.peer, type == MessageType::confirmable, code, to.token, options.octets(),
              response.payload, clock_.now());
  repetitions_.set(layer_.next_due());
}

}  // namespace msggw::coap
