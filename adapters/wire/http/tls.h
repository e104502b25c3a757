#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "adapters/wire/http/server.h"

namespace msggw::http {

/// TLS 1.2 and 1.3 for a listener: its certificate, ALPN (h2 before http/1.1), client certificates
/// if asked for; no session is resumed. Throws std::runtime_error naming the file that cannot be
/// used.
boost::asio::ssl::context make_tls(const ServerTls& files);

/// Whether ALPN chose HTTP/2 on this connection.
bool chose_http2(SSL* ssl) noexcept;

/// The name in the client certificate that was verified: its CN, or without one its first DNS name
/// or URI. Empty if there is none, or if it holds a NUL octet.
std::string client_name(SSL* ssl);

/// Why a handshake failed, for people: what is wrong with the client's certificate, if that is it,
/// else `error`.
std::string handshake_problem(SSL* ssl, const boost::system::error_code& error);

}  // namespace msggw::http
