// SPDX-License-Identifier: Apache-2.0
// A CRL that is read while clients have sessions.
#include <doctest/doctest.h>

#include <array>
#include <chrono>

#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test {
namespace {

TEST_CASE("who is revoked loses the open session, and gets no other") {
  for (const Way& way : {Way{"coaps", Transport::dtls}, Way{"coaps+tcp", Transport::tls}}) {
    CAPTURE(way.name);
    tls::test::Certificates& all = certificates();
    const auto write = [&](const std::vector<std::string>& revoked) {
      return all.revoke("devices", {.revoked = revoked, .der = true});
    };
    Loop loop;
    ServerOptions options = server_of(way);
    options.security.crl = write({});
    EchoServer server(loop, options);
    ClientOptions of_client = client_of(way);
    of_client.request_timeout = base::Duration{4'000};
    Client client(loop.io, of_client);
    REQUIRE(ask(loop, client, post(server.uri())).has_value());
    write({"server"});
    REQUIRE(server.server().reload());
    REQUIRE(ask(loop, client, post(server.uri())).has_value());
    CHECK(loop.metric("msggw_coap_sessions_revoked_total") == 0);

    write({"client"});
    REQUIRE(server.server().reload());
    CHECK(loop.metric("msggw_coap_sessions_revoked_total") == 1);
    CHECK(loop.metric("msggw_coap_sessions") == 0);
    const auto seen = server.seen.size();
    CHECK_FALSE(ask(loop, client, post(server.uri())).has_value());  // its session is closed
    Client anew(loop.io, of_client);
    const auto refused = ask(loop, anew, post(server.uri()));
    REQUIRE(!refused.has_value());
    CHECK_MESSAGE(refused.error().detail.find("revoked") != std::string::npos,
                  refused.error().detail);
    CHECK(server.seen.size() == seen);
    CHECK(loop.metric("msggw_coap_handshakes_failed_total{reason=\"revoked\"}") >= 1);

    write({});
    REQUIRE(server.server().reload());
    Client again(loop.io, of_client);
    CHECK(ask(loop, again, post(server.uri())).has_value());
  }
}

constexpr std::array<Way, 2> kByCertificate{
    {{"coaps", Transport::dtls}, {"coaps+tcp", Transport::tls}}};

TEST_CASE("a session ends with the certificate that its client has shown") {
  Loop loop;
  for (const Way& way : kByCertificate) {
    CAPTURE(way.name);
    ServerOptions options = server_of(way);
    options.session_timeout = std::chrono::hours{240};
    EchoServer server(loop, options);
    const ClientOptions of_client = client_of(way);
    Client client(loop.io, of_client);
    REQUIRE(ask(loop, client, post(server.uri())).has_value());
    CHECK(loop.metric("msggw_coap_sessions") == 1);
    loop.clock.skip(std::chrono::hours{72});  // it has two days
    CHECK(loop.until([&] { return loop.metric("msggw_coap_sessions") == 0; }));
    // It has been told, and shakes hands anew: TLS goes by the machine's clock.
    CHECK(ask(loop, client, post(server.uri())).has_value());
  }
  CHECK(loop.metric("msggw_coap_sessions_lapsed_total{reason=\"certificate\"}") >= 2);
  CHECK(loop.metric("msggw_coap_sessions_lapsed_total{reason=\"credential\"}") == 0);
}

TEST_CASE("a session ends when its client is no longer whom he was") {
  Loop loop;
  std::optional<std::uint64_t> whom = 7;
  for (const Way& way : kWays) {
    if (!is_secure(way.transport)) continue;
    CAPTURE(way.name);
    whom = 7;
    ServerOptions options = server_of(way);
    options.security.whom = [&whom](const Identity&) { return whom; };
    EchoServer server(loop, options);
    Client client(loop.io, client_of(way));
    REQUIRE(ask(loop, client, post(server.uri())).has_value());
    CHECK(loop.metric("msggw_coap_sessions") == 1);
    whom.reset();
    CHECK(loop.until([&] { return loop.metric("msggw_coap_sessions") == 0; }));
  }
  CHECK(loop.metric("msggw_coap_sessions_lapsed_total{reason=\"credential\"}") == 4);
}

}  // namespace
}  // namespace msggw::coap::test
