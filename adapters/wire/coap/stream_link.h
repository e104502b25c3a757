// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "adapters/wire/coap/client_link.h"
#include "adapters/wire/coap/stream_connection.h"

namespace msggw::coap {

/// What all stream links of a client share. `tls` is null for coap+tcp.
struct StreamSecurity {
  std::shared_ptr<boost::asio::ssl::context> tls;
  std::shared_ptr<const Credentials> credentials;  ///< for X.509
  std::shared_ptr<const PskSecret> psk;            ///< null: X.509
};

/// Connects; `limits.ready_within` begins when the connection is there.
std::unique_ptr<ClientLink> open_stream_link(boost::asio::io_context& io,
                                             const boost::asio::ip::tcp::endpoint& to,
                                             const base::Host& host, const StreamSecurity& security,
                                             const StreamConnection::Limits& limits,
                                             LinkEvents events);

}  // namespace msggw::coap
