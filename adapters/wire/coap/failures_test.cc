// SPDX-License-Identifier: Apache-2.0
// What goes wrong on the way, and in the server: the client's answer, and what the server does
// twice.
#include <doctest/doctest.h>

#include <boost/asio/ip/tcp.hpp>

#include "adapters/wire/coap/test_relay.h"
#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test::failures_test {
namespace {

constexpr Way kUdp{"coap", Transport::udp};

ClientOptions quick(const Way& way = kUdp) {
  ClientOptions options = client_of(way);
  options.ack_timeout = base::Duration{1'000};
  return options;
}

std::string reason(const base::Result<ClientResponse>& answer) {
  REQUIRE(!answer.has_value());
  CHECK(answer.error().code == base::Errc::unavailable);
  return answer.error().detail;
}

bool has(const std::string& text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  CHECK_MESSAGE(found, text);
  return found;
}

TEST_CASE("a lost request is sent again, a lost answer is repeated and nothing done twice") {
  for (const auto lost : {Relay::To::server, Relay::To::client}) {
    Loop loop;
    EchoServer server(loop, server_of(kUdp));
    Relay relay(loop, server.server().port());
    relay.loses = [&](Relay::To to, std::size_t count, std::string_view) {
      return to == lost && count == 1;
    };
    Client client(loop.io, quick());
    const auto answer = ask(loop, client, post(relay.uri()));
    REQUIRE_MESSAGE(answer.has_value(), answer.error().detail);
    CHECK(answer->code == Code::created);
    CHECK(server.seen.size() == 1);
    CHECK(relay.to_server == 2);
    CHECK(loop.metric("msggw_coap_retransmissions_total") == (lost == Relay::To::client ? 1 : 0));
  }
}

TEST_CASE("some datagrams of long bodies are lost") {
  Loop loop;
  EchoServer server(loop, server_of(kUdp));
  Relay relay(loop, server.server().port());
  relay.loses = [](Relay::To to, std::size_t count, std::string_view) {
    return to == Relay::To::server ? count == 2 : count == 5 || count == 8;
  };
  ClientOptions patient = quick();
  patient.request_timeout = base::Duration{9'000};
  Client client(loop.io, patient);
  const std::string body(5'000, 'x');
  const auto answer = ask(loop, client, post(relay.uri(), body));
  REQUIRE_MESSAGE(answer.has_value(), answer.error().detail);
  CHECK(answer->payload == body);
  CHECK(server.seen.size() == 1);
}

TEST_CASE("lost ACKs of separate responses") {
  Loop loop;
  ServerOptions options = server_of(kUdp);
  options.piggyback_within = base::Duration{1};
  EchoServer server(loop, options);
  server.reply = Reply::later;
  Relay relay(loop, server.server().port());
  Client client(loop.io, quick());
  const auto asked = ask(client, post(relay.uri()));
  SUBCASE("the empty ACK: the request comes again and is swallowed") {
    relay.loses = [](Relay::To to, std::size_t count, std::string_view) {
      return to == Relay::To::client && count == 1;
    };
    REQUIRE(loop.until([&] { return relay.to_server == 2; }));
  }
  SUBCASE("the client's ACK: the response comes again and is acknowledged again") {
    relay.loses = [](Relay::To to, std::size_t count, std::string_view) {
      return to == Relay::To::server && count == 2;
    };
    REQUIRE(loop.until([&] { return relay.to_client == 1; }));
  }
  server.answer_all();
  REQUIRE(loop.until([&] { return asked->result.has_value(); }));
  CHECK(asked->result->has_value());
  REQUIRE(loop.until([&] { return relay.to_client + relay.to_server >= 5; }));
  CHECK(server.seen.size() == 1);
}

TEST_CASE("a tester's faults") {
  Loop loop;
  EchoServer server(loop, server_of(kUdp));
  Relay relay(loop, server.server().port());
  ClientOptions options = quick();
  options.request_timeout = base::Duration{1'800};  // the first retransmission, not the second
  Client client(loop.io, options);
  SUBCASE("nothing: each retransmission is a new request") {
    server.reply = Reply::nothing;
    has(reason(ask(loop, client, post(relay.uri()))), "no answer within 1800 ms");
    CHECK(server.seen.size() == 2);
    CHECK(relay.to_client == 0);
  }
  SUBCASE("reset") {
    server.reply = Reply::reset;
    has(reason(ask(loop, client, post(relay.uri()))), "reset by the server");
    CHECK(server.seen.size() == 1);
  }
  SUBCASE("only the empty ACK") {
    server.reply = Reply::acknowledge;
    has(reason(ask(loop, client, post(relay.uri()))), "no answer within 1800 ms");
    CHECK(relay.to_server == 1);
    CHECK(relay.to_client == 1);
  }
  SUBCASE("the same, decided later") {
    server.reply = Reply::later;
    const auto asked = ask(client, post(relay.uri()));
    REQUIRE(loop.until([&] { return !server.waiting.empty(); }));
    const Ticket ticket = server.waiting.front();
    Reply how = Reply::nothing;
    SUBCASE("nothing") {}
    SUBCASE("reset") {
      how = Reply::reset;
    }
    SUBCASE("acknowledge") {
      how = Reply::acknowledge;
    }
    CHECK(server.server().method_of(ticket) == Method::post);
    server.server().abandon(ticket, how);
    CHECK_FALSE(server.server().method_of(ticket));
    server.server().answer(ticket, {});  // nobody waits any more
    server.reply = Reply::nothing;
    REQUIRE(loop.until([&] { return asked->result.has_value(); }));
    const std::string why = reason(*asked->result);
    has(why, how == Reply::reset ? "reset by the server" : "no answer within 1800 ms");
    CHECK(server.seen.size() == (how == Reply::nothing ? 2 : 1));
  }
  SUBCASE("an answer twice") {
    server.reply = Reply::later;
    const auto asked = ask(client, post(relay.uri()));
    REQUIRE(loop.until([&] { return !server.waiting.empty(); }));
    server.answer_all(Delivery::twice);
    REQUIRE(loop.until([&] { return asked->result.has_value() && relay.to_client == 2; }));
    CHECK(asked->result->has_value());
    CHECK(server.seen.size() == 1);
  }
  SUBCASE("an answer lost: the retransmission gets it") {
    server.reply = Reply::later;
    const auto asked = ask(client, post(relay.uri()));
    REQUIRE(loop.until([&] { return !server.waiting.empty(); }));
    server.answer_all(Delivery::lost);
    REQUIRE(loop.until([&] { return asked->result.has_value(); }));
    CHECK(asked->result->has_value());
    CHECK(server.seen.size() == 1);
    CHECK(relay.to_server == 2);
  }
}

TEST_CASE("nobody listens") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    std::string uri;
    {
      const EchoServer gone(loop, server_of(way));
      uri = gone.uri();
    }
    ClientOptions options = quick(way);
    options.connect_timeout = base::Duration{1'000};
    Client client(loop.io, options);
    const std::string why = reason(ask(loop, client, post(uri)));
    has(why, scheme_of(way.transport));
    CHECK((why.find("nobody") != std::string::npos || why.find("refused") != std::string::npos));
    CHECK(client.room() == 32);
  }
}

TEST_CASE("a server that restarts is found again, with a new session") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    ServerOptions options = server_of(way);
    auto server = std::make_unique<EchoServer>(loop, options);
    options.port = server->server().port();
    const std::string uri = server->uri();
    ClientOptions patient = quick(way);
    patient.request_timeout = base::Duration{300};
    Client client(loop.io, patient);
    REQUIRE(ask(loop, client, post(uri)).has_value());
    server.reset();
    server = std::make_unique<EchoServer>(loop, options);
    // Over DTLS the first request finds out; whatever it finds, one of the next is answered.
    bool answered = false;
    for (int attempt = 0; attempt < 3 && !answered; ++attempt)
      answered = ask(loop, client, post(uri)).has_value();
    CHECK(answered);
  }
}

TEST_CASE("requests wait for a server that is slow, and are given up in time") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    server.reply = Reply::later;
    ClientOptions options = quick(way);
    options.request_timeout = base::Duration{300};
    Client client(loop.io, options);
    has(reason(ask(loop, client, post(server.uri()))), "no answer within 300 ms");
    server.answer_all();  // too late
    server.reply = Reply::now;
    const auto next = ask(loop, client, post(server.uri()));
    CHECK_MESSAGE(next.has_value(), next.error().detail);
  }
}

TEST_CASE("an answer above the limit") {
  for (const Way& way : {kUdp, Way{"coap+tcp", Transport::tcp}}) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    server.content = std::string(5'000, 'x');
    ClientOptions options = quick(way);
    options.max_response_octets = 4'999;
    Client client(loop.io, options);
    const auto answer = ask(loop, client, get(server.uri()));
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == base::Errc::too_large);
    options.max_response_octets = 5'000;
    Client second(loop.io, options);
    CHECK(ask(loop, second, get(server.uri())).has_value());
  }
}

TEST_CASE("URIs that cannot be asked") {
  Loop loop;
  Client client(loop.io, quick());
  for (const std::string& uri :
       {std::string("http://127.0.0.1/"), "coap://127.0.0.1/" + std::string(256, 'a')}) {
    CAPTURE(uri);
    const auto answer = ask(loop, client, get(uri));
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == base::Errc::malformed);
  }
  has(reason(ask(loop, client, get("coap://no.such.host.invalid/"))), "the name has no address");
}

TEST_CASE("a name that begins like an address is looked up, and its port is the one that is used") {
  Loop loop;
  Client client(loop.io, quick());
  for (const char* scheme : {"coap", "coap+tcp"}) {
    const std::string origin = std::string(scheme) + "://127.9.9.9.invalid:48483";
    has(reason(ask(loop, client, get(origin + "/x"))), origin + ": the name has no address");
  }
}

TEST_CASE("a body above the server's limit is refused with the limit") {
  for (const Way& way : {kUdp, Way{"coap+tcp", Transport::tcp}}) {
    CAPTURE(way.name);
    Loop loop;
    ServerOptions options = server_of(way);
    options.max_body_octets = 3'000;
    EchoServer server(loop, options);
    Client client(loop.io, quick(way));
    const auto answer = ask(loop, client, post(server.uri(), std::string(3'001, 'x')));
    REQUIRE_MESSAGE(answer.has_value(), answer.error().detail);
    CHECK(answer->code == Code::too_large);
    CHECK(server.seen.empty());
    CHECK(ask(loop, client, post(server.uri(), std::string(3'000, 'x')))->code == Code::created);
  }
}

TEST_CASE("a client that ends drops what it asked, also from inside an answer") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    auto client = std::make_unique<Client>(loop.io, quick(way));
    int answers = 0;
    for (int at = 0; at < 4; ++at) {
      client->start(post(server.uri()), [&](const base::Result<ClientResponse>&) {
        ++answers;
        client.reset();
      });
    }
    REQUIRE(loop.until([&] { return answers == 1; }));
    for (int turn = 0; turn < 20; ++turn) loop.turn(std::chrono::milliseconds{1});
    CHECK(answers == 1);
    Client idle(loop.io, quick(way));
    idle.start(post(server.uri()), [&](const base::Result<ClientResponse>&) { ++answers; });
  }
}

}  // namespace
}  // namespace msggw::coap::test::failures_test
