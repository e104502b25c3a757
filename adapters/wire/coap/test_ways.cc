// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test {

namespace {

std::optional<std::string> key_of(std::string_view identity) {
  if (identity == "gw-7") return kKey;
  return std::nullopt;
}

}  // namespace

tls::test::Certificates& certificates() {
  static tls::test::Certificates made;
  return made;
}

ServerOptions server_of(const Way& way) {
  ServerOptions options;
  options.transport = way.transport;
  options.max_body_octets = 100'000;
  if (!is_secure(way.transport)) return options;
  if (way.psk) {
    options.security.psk_key = key_of;
  } else {
    options.security.certificate = certificates().pem("server");
    options.security.key = certificates().key("server");
    options.security.client_ca = certificates().pem("ca");
  }
  return options;
}

ClientOptions client_of(const Way& way) {
  ClientOptions options;
  if (!is_secure(way.transport)) return options;
  if (way.psk) {
    options.security.psk_identity = "gw-7";
    options.security.psk_key = kKey;
  } else {
    options.security.ca = certificates().pem("ca");
    options.security.certificate = certificates().pem("client");
    options.security.key = certificates().key("client");
  }
  return options;
}

std::vector<std::string> names_of(const Way& way) {
  if (!is_secure(way.transport)) return {};
  return {way.psk ? "gw-7" : "gateway-1"};
}

}  // namespace msggw::coap::test
