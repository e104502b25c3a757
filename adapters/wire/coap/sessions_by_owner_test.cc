// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/sessions_by_owner.h"

#include <doctest/doctest.h>

#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test {
namespace {

TEST_CASE("the one silent longest is the first of its owner, and of nobody else") {
  SessionsByOwner<int> sessions;
  CHECK(sessions.count("a") == 0);
  const auto one = sessions.add("a", 1);
  const auto two = sessions.add("a", 2);
  const auto other = sessions.add("b", 3);
  CHECK(sessions.first("a") == 1);
  sessions.heard(one);
  sessions.heard({});
  sessions.remove({});
  CHECK(sessions.first("a") == 2);
  CHECK(sessions.first("b") == 3);
  sessions.remove(two);
  CHECK(sessions.first("a") == 1);
  sessions.remove(one);
  sessions.remove(other);
  CHECK(sessions.count("a") == 0);
  CHECK(sessions.count("b") == 0);
}

TEST_CASE("one identity does not have all sessions or connections") {
  for (const Way& way : {Way{"coaps", Transport::dtls, true}, Way{"coaps+tcp", Transport::tls}}) {
    CAPTURE(way.name);
    Loop loop;
    ServerOptions options = server_of(way);
    options.max_sessions_per_identity = 1;
    EchoServer server(loop, options);
    ClientOptions of_client = client_of(way);
    of_client.request_timeout = base::Duration{4'000};
    Client first(loop.io, of_client);
    REQUIRE(ask(loop, first, post(server.uri())).has_value());
    const auto gave_way = [&] {
      return loop.metric("msggw_coap_sessions_gave_way_total{limit=\"identity\"}");
    };
    CHECK(gave_way() == 0);
    Client second(loop.io, of_client);
    for (int i = 0; i < 2; ++i) {
      CHECK(ask(loop, second, post(server.uri())).has_value());
      CHECK(loop.metric("msggw_coap_sessions") == 1);
      CHECK(gave_way() == 1);
    }
  }
}

}  // namespace
}  // namespace msggw::coap::test
