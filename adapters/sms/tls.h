#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <string>

#include "adapters/sms/options.h"

namespace msggw::sms {

/// The client side of TLS 1.2 or later towards an SMSC: its certificate checked against
/// SmscOptions::ca, our own shown if there is one. Null: `ca` is empty, the connection is
/// cleartext. Throws std::runtime_error that names the SMSC and the file which cannot be used.
std::shared_ptr<boost::asio::ssl::context> make_tls(const SmscOptions& options);

/// SNI and the name (or address) that the SMSC's certificate must have. Before the handshake.
void expect_host(SSL* ssl, const std::string& host);

/// Why a handshake failed, for people: what is wrong with the SMSC's certificate, if that is it,
/// else `error`.
std::string handshake_problem(SSL* ssl, const boost::system::error_code& error);

}  // namespace msggw::sms
