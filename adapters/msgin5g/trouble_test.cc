// SPDX-License-Identifier: Apache-2.0
// What is no message's fault: an expired token, a proxy's page, a server that is being upgraded, a
// connection that ends. No message ends by it, and each goes again.
#include <doctest/doctest.h>

#include "adapters/msgin5g/test_world.h"
#include "adapters/wire/http/test_frames.h"
#include "adapters/wire/http/test_peers.h"
#include "tests/support/events.h"

namespace msggw::msgin5g::trouble_test {
namespace {

using namespace std::string_literals;
using http::Version;
using http::test::frame;
using http::test::number;
using http::test::RawServer;
using http::test::RawSocket;
using test::problem;
using test::ScriptedServer;
using test::World;
using Answer = ScriptedServer::Answer;
using Names = std::vector<std::string>;

Options options_for(const base::Uri& root, Version version) {
  Options options;
  options.servers = {World::server("m5s-1", {root})};
  options.servers[0].http.version = version;
  options.probe_first = base::Duration{1};
  options.probe_most = base::Duration{20};
  return options;
}

double done(World& world) {
  return world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}");
}

const Answer kPage{404, "<html>no such site</html>", "text/html"};

TEST_CASE("an answer that is about the server or its proxy ends nothing, and the message goes") {
  const Answer all[] = {
      {401, "", "", {{"www-authenticate", "Bearer error=\"invalid_token\""}}},
      {401, R"({"cause":"ACCESS_TOKEN_CLAIM_MISSING"})", "application/problem+json"},
      {401, R"({"cause":"RECIPIENT_NOT_FOUND"})", "application/problem+json"},
      {403, "<html>forbidden</html>", "text/html"},
      {403, "", ""},
      {403, R"({"cause":"CCA_VERIFICATION_FAILURE"})", "application/problem+json"},
      kPage,
      {404, "", ""},
      {404, R"({"cause":"ORIGINATOR_NOT_REGISTERED"})", "text/html"},
      problem(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND"),
      problem(400, "INVALID_API"),
      {301, "", "", {{"location", "/elsewhere"}}},
      {308, "<html>moved</html>", "text/html", {{"location", "http://127.0.0.1:1/elsewhere"}}},
      {407, "", ""},
      {408, "", ""},
      {411, "", ""},
      {415, "", ""},
      {421, "", ""},
      {500, "", ""},
      {502, "<html>bad gateway</html>", "text/html"},
      {503, "<html>down for maintenance</html>", "text/html"},
      {504, "upstream request timeout", "text/plain"},
      {200, "<html>welcome</html>", "text/html"},
      {200, R"({"msgId":"another"})"}};
  for (const Version version : {Version::http1, Version::http2}) {
    for (const Answer& trouble : all) {
      CAPTURE(trouble.status);
      CAPTURE(trouble.body);
      World world;
      ScriptedServer server(world.io);
      server.script = [&](const auto&) { return server.requests.size() == 1 ? trouble : Answer{}; };
      world.start(options_for(server.root(), version));
      world.send("m1");
      world.send("m2");
      REQUIRE(world.until_ended(2));
      CHECK(server.asked() == Names{"m1", "m1", "m2"});
      CHECK(done(world) == 2);
    }
  }
}

TEST_CASE("however long a proxy shows its page, nothing ends, and all goes when it is gone") {
  World world;
  ScriptedServer server(world.io);
  bool is_there = false;
  server.script = [&](const auto&) { return is_there ? Answer{} : kPage; };
  Options options = options_for(server.root(), Version::http2);
  world.register_devices();
  world.start(options);
  for (int i = 0; i < 10; ++i) world.send("m" + std::to_string(i), "x", i % 3);
  REQUIRE(world.until([&] { return server.requests.size() > 100; }));
  CHECK(world.ended() == 0);
  CHECK(world.adapter->servers()[0].addresses[0].reason == "HTTP 404");
  is_there = true;
  REQUIRE(world.until_ended(10));
  CHECK(done(world) == 10);
}

/// One that does something else to the first request than to those that follow, each on a
/// connection of its own.
RawServer breaking_once(const std::string& greeting, const std::string& first,
                        const std::string& then) {
  return RawServer([=, is_first = true](RawSocket& peer) mutable {
    peer.send(greeting);
    peer.receive_until("\"m1\"");
    peer.send(std::exchange(is_first, false) ? first : then);
    peer.close();
  });
}

TEST_CASE("a connection that ends before the answer does takes no message with it") {
  const std::string page = "HTTP/1.1 404 Not Found\r\ncontent-type: application/problem+json\r\n";
  const std::string cause = R"({"cause":"RECIPIENT_NOT_FOUND"})";
  for (const std::string& cut :
       {""s, "HTTP/1.1 4"s, "HTTP/1.1 404 Not Found\r\ncontent-ty"s,
        page + "content-length: 1000\r\n\r\n" + cause,
        page + "transfer-encoding: chunked\r\n\r\n1f\r\n" + cause + "\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{}"s}) {
    CAPTURE(cut);
    World world;
    const RawServer server = breaking_once("", cut, "HTTP/1.1 204 No Content\r\n\r\n");
    world.start(options_for(base::parse_uri(server.url("")).value(), Version::http1));
    world.send("m1");
    REQUIRE(world.until_ended(1));
    CHECK(done(world) == 1);
  }
}

TEST_CASE("nor does one of HTTP/2 that is ended with words, or in the middle of an answer") {
  using namespace http::test;
  const std::string not_found = "\x8d" + literal("content-type", "application/problem+json");
  const std::string header = frame(kHeaders, kEndHeaders, 1, not_found);
  const std::string cause = R"({"cause":"RECIPIENT_NOT_FOUND"})";
  for (const std::string& cut :
       {""s, frame(kGoaway, 0, 0, number(0) + number(0)),
        frame(kGoaway, 0, 0, number(1) + number(0)),
        frame(kGoaway, 0, 0, number(0x7fff'ffff) + number(0)), frame(kReset, 0, 1, number(7)),
        frame(kReset, 0, 1, number(8)), header, header + frame(kData, 0, 1, cause),
        header + frame(kGoaway, 0, 0, number(1) + number(2)),
        header + frame(kData, 0, 1, cause) + frame(kReset, 0, 1, number(2))}) {
    CAPTURE(cut);
    World world;
    const std::string good = frame(kHeaders, kEndHeaders | kEndStream, 1, "\x89");
    const RawServer server = breaking_once(frame(kSettings, 0, 0), cut, good);
    world.start(options_for(base::parse_uri(server.url("")).value(), Version::http2));
    world.send("m1");
    REQUIRE(world.until_ended(1));
    CHECK(done(world) == 1);
  }
}

TEST_CASE("a connection that is lost with many messages on it is one failure") {
  World world;
  std::optional<ScriptedServer> server(std::in_place, world.io);
  server->script = [](const auto&) { return Answer{.silence = true}; };
  const msggw::test::Events events;
  world.start(options_for(server->root(), Version::http2));
  constexpr std::uint32_t kDevices = 10;
  for (std::uint32_t device = 3; device < kDevices; ++device) world.add_device({"m5s-1"});
  for (std::uint32_t device = 0; device < kDevices; ++device) world.send("m", "content", device);
  REQUIRE(world.until([&] { return server->requests.size() == kDevices; }));
  const std::uint16_t port = server->port();
  server.reset();
  server.emplace(world.io, port);
  REQUIRE(world.until_ended(kDevices));
  CHECK(world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}") == kDevices);
  CHECK(events.count("server_unavailable") == 0);
}

}  // namespace
}  // namespace msggw::msgin5g::trouble_test
