// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/coap/test_loop.h"
#include "adapters/wire/tls/test_certificates.h"

namespace msggw::coap::test {

/// A transport and how it is secured.
struct Way {
  const char* name;
  Transport transport;
  bool psk = false;
};
inline constexpr std::array<Way, 6> kWays{{{"coap", Transport::udp},
                                           {"coaps with certificates", Transport::dtls},
                                           {"coaps with PSK", Transport::dtls, true},
                                           {"coap+tcp", Transport::tcp},
                                           {"coaps+tcp with certificates", Transport::tls},
                                           {"coaps+tcp with PSK", Transport::tls, true}}};

inline const std::string kKey = "secret-key";  ///< of the PSK identity gw-7, the only one

/// Of this test program, made when first asked for.
tls::test::Certificates& certificates();

/// A server that demands certificates of `ca` or PSK, and a client that has them.
ServerOptions server_of(const Way& way);
ClientOptions client_of(const Way& way);
/// Whom the server then sees.
std::vector<std::string> names_of(const Way& way);

}  // namespace msggw::coap::test
