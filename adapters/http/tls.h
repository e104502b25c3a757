#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "adapters/http/server.h"

namespace msggw::http {

/// TLS 1.2 and 1.3 for a listener: its certificate, ALPN (h2 before http/1.1), client certificates
/// if asked for. Throws std::runtime_error naming the file that cannot be used.
boost::asio::ssl::context make_tls(const ServerTls& files);

/// Whether ALPN chose HTTP/2 on this connection.
bool chose_http2(SSL* ssl) noexcept;

/// The CN of the client certificate that was verified; empty if there is none, or if it holds a NUL
/// octet.
std::string client_name(SSL* ssl);

}  // namespace msggw::http
