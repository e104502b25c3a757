// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/wire/coap/server_options.h"
#include "adapters/wire/http/server.h"
#include "gateway/base/address.h"
#include "provisioning/function/gateways.h"
#include "provisioning/function/options.h"

namespace msggw::function {

/// The schemes that the Provisioning Function listens for: cleartext on loopback addresses unless
/// allow_cleartext; TLS if there is a certificate; DTLS and TLS for CoAP also if a gateway has a
/// PSK. Throws std::runtime_error, naming what to change, if there are none.
std::vector<base::Scheme> schemes_to_open(const Options& options, bool has_psk);

/// The listener of `scheme`, http or https.
http::ServerOptions http_listener(const Options& options, base::Scheme scheme);

/// The listener of `scheme`, one of the others. `gateways` answers for PSK identities and must
/// outlive the listener.
coap::ServerOptions coap_listener(const Options& options, base::Scheme scheme,
                                  std::function<const Gateways&()> gateways);

/// "https://127.0.0.1:7443"
std::string api_root(base::Scheme scheme, const boost::asio::ip::address& address,
                     std::uint16_t port);

}  // namespace msggw::function
