// SPDX-License-Identifier: Apache-2.0
// Clients with which an endpoint can agree on nothing, as its operator sees them.
#include <doctest/doctest.h>

#include "adapters/wire/coap/test_ways.h"
#include "tests/support/events.h"

namespace msggw::coap::test {
namespace {

TEST_CASE("who has nothing in common with the endpoint is counted and told, over DTLS and TLS") {
  for (const Transport transport : {Transport::dtls, Transport::tls}) {
    for (const bool psk : {false, true}) {
      // In TLS 1.3 who has a PSK alone hears of the certificates, and is the one to refuse.
      const bool is_met = transport == Transport::tls && !psk;
      const std::string reason = is_met ? "bad_certificate" : "nothing_in_common";
      CAPTURE(psk);
      CAPTURE(transport == Transport::tls);
      const msggw::test::Events events;
      Loop loop;
      EchoServer server(loop, server_of({"server", transport, psk}));
      ClientOptions options = client_of({"client", transport, !psk});
      options.connect_timeout = options.request_timeout = base::Duration{4'000};
      Client client(loop.io, options);
      CHECK(!ask(loop, client, post(server.uri())).has_value());
      CHECK(loop.until([&] {
        return loop.metric("msggw_coap_handshakes_failed_total{reason=\"" + reason + "\"}") == 1;
      }));
      CHECK(events.count("coap_handshake_failed ") == 1);
      CHECK(events.count(" reason=" + reason + " ") == 1);
      CHECK(loop.metric("msggw_coap_sessions") == 0);
      CHECK(server.seen.empty());
    }
  }
}

}  // namespace
}  // namespace msggw::coap::test
