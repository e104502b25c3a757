// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "adapters/wire/coap/client_link.h"
#include "adapters/wire/coap/message_layer.h"
#include "adapters/wire/coap/socket.h"

namespace msggw::coap {

/// Over UDP or DTLS: a socket of its own for each link. Null: there is none to be had.
std::unique_ptr<ClientLink> open_datagram_link(boost::asio::io_context& io, const SocketAddress& to,
                                               const LinkSecurity& security,
                                               const MessageLayer::Limits& limits,
                                               LinkEvents events);

}  // namespace msggw::coap
