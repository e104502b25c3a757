// SPDX-License-Identifier: Apache-2.0
// Clients with which an endpoint can agree on nothing, as its operator sees them.
#include <doctest/doctest.h>

#include <string>

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

TEST_CASE("an unknown PSK identity that is hidden looks as a wrong key, and is counted as it is") {
  for (const Transport transport : {Transport::dtls, Transport::tls}) {
    const Way way{"server", transport, true};
    CAPTURE(transport == Transport::tls);
    std::string told[2];
    for (const bool unknown : {false, true}) {
      Loop loop;
      ServerOptions options = server_of(way);
      options.security.hides_unknown_psk = true;
      if (transport == Transport::dtls) options.handshake_timeout = base::Duration{100};
      EchoServer server(loop, options);
      ClientOptions stranger = client_of({"client", transport, true});
      stranger.connect_timeout = base::Duration{1'000};
      stranger.request_timeout = base::Duration{4'000};
      if (unknown) stranger.security.psk_identity = "stranger";
      stranger.security.psk_key = "another-key";
      Client client(loop.io, stranger);
      const auto answer = ask(loop, client, post(server.uri()));
      REQUIRE(!answer.has_value());
      told[unknown ? 1 : 0] = answer.error().detail.substr(answer.error().detail.find(": "));
      const char* const reason = unknown ? "unknown_psk_identity" : "wrong_psk_key";
      CHECK(loop.until([&] {
        return loop.metric("msggw_coap_handshakes_failed_total{reason=\"" + std::string(reason) +
                           "\"}") == 1;
      }));
      CHECK(server.seen.empty());
    }
    CHECK(told[0] == told[1]);
  }
}

}  // namespace
}  // namespace msggw::coap::test
