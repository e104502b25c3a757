// SPDX-License-Identifier: Apache-2.0
// The client against our own server, over each transport.
#include "adapters/wire/coap/client.h"

#include <doctest/doctest.h>

#include <vector>

#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test {
namespace {

std::string text_of(std::size_t octets) {
  std::string text;
  for (std::size_t at = 0; text.size() < octets; ++at) text += std::to_string(at) + ' ';
  text.resize(octets);
  return text;
}

TEST_CASE("a request and its answer, over each transport") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    Client client(loop.io, client_of(way));
    const auto answer =
        ask(loop, client, post(server.uri("127.0.0.1", "/echo/x%2Fy"), R"({"a":1})"));
    REQUIRE_MESSAGE(answer.has_value(), answer.error().detail);
    CHECK(answer->code == Code::created);
    CHECK(answer->content_format == kFormatJson);
    CHECK(answer->location == "/a%2Fb/c");
    CHECK(answer->payload == R"({"a":1})");
    REQUIRE(server.seen.size() == 1);
    const Seen& seen = server.seen[0];
    CHECK(seen.method == Method::post);
    CHECK(seen.target == "/echo/x%2Fy");
    CHECK(seen.accept == kFormatJson);
    using Kind = Identity::Kind;
    CHECK(seen.identity.kind == (!is_secure(way.transport) ? Kind::none
                                 : way.psk                 ? Kind::psk
                                                           : Kind::certificate));
    CHECK(seen.identity.names == names_of(way));
    CHECK(client.in_flight() == 0);
    CHECK(client.room() == 32);
  }
}

TEST_CASE("long bodies both ways, over each transport") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    server.content = text_of(40'000);
    Client client(loop.io, client_of(way));
    for (const std::size_t octets : {1'024U, 1'025U, 2'048U, 5'000U, 60'000U}) {
      CAPTURE(octets);
      server.seen.clear();
      const auto answer = ask(loop, client, post(server.uri(), text_of(octets)));
      REQUIRE_MESSAGE(answer.has_value(), answer.error().detail);
      CHECK(answer->code == Code::created);
      CHECK(answer->location == "/a%2Fb/c");
      CHECK(answer->payload == text_of(octets));
      REQUIRE(server.seen.size() == 1);  // carried out once, whatever the blocks
      CHECK(server.seen[0].body == text_of(octets));
    }
    server.once_only = false;
    const auto answer = ask(loop, client, get(server.uri()));
    REQUIRE_MESSAGE(answer.has_value(), answer.error().detail);
    CHECK(answer->payload == server.content);
  }
}

void answer_later(const Way& way, base::Duration piggyback_within) {
  CAPTURE(way.name);
  CAPTURE(piggyback_within.count());
  Loop loop;
  ServerOptions options = server_of(way);
  options.piggyback_within = piggyback_within;
  EchoServer server(loop, options);
  server.reply = Reply::later;
  Client client(loop.io, client_of(way));
  std::vector<std::shared_ptr<Asked>> all;
  for (std::size_t at = 0; at < 32; ++at)
    all.push_back(ask(client, post(server.uri(), "body " + std::to_string(at))));
  CHECK(client.room() == 0);
  REQUIRE(loop.until([&] { return server.waiting.size() == 32; }));
  loop.turn();
  loop.turn();
  server.answer_all();
  REQUIRE(loop.until([&] { return client.in_flight() == 0; }));
  for (std::size_t at = 0; at < 32; ++at) {
    REQUIRE(all[at]->result->has_value());
    CHECK((*all[at]->result)->payload == "body " + std::to_string(at));
  }
  CHECK(loop.metric("msggw_coap_open_exchanges") == 0);
}

TEST_CASE("answers that come later, many at once, on the ACK and as separate responses") {
  for (const Way& way : kWays) {
    answer_later(way, base::Duration{60'000});
    answer_later(way, base::Duration{1});
  }
}

}  // namespace
}  // namespace msggw::coap::test
