// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "adapters/wire/coap/client_link.h"
#include "adapters/wire/coap/stream_connection.h"

namespace msggw::coap {

/// Connects; `limits.ready_within` begins when the
/// connection is there.
std::unique_ptr<ClientLink> open_stream_link(boost::asio::io_context& io,
                                             const boost::asio::ip::tcp::endpoint& to,
                                             const LinkSecurity& security,
                                             const StreamConnection::Limits& limits,
                                             LinkEvents events);

}  // namespace msggw::coap
