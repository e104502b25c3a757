// SPDX-License-Identifier: Apache-2.0
// What a reload leaves alone.
#include <doctest/doctest.h>

#include <utility>

#include "adapters/msgin5g/test_world.h"

namespace msggw::msgin5g::reconfigure_test {
namespace {

using test::ScriptedServer;
using test::World;
using Answer = ScriptedServer::Answer;
using Names = std::vector<std::string>;

Options options_for(const ScriptedServer& server) {
  Options options;
  options.servers = {World::server("m5s-1", {server.root()})};
  return options;
}

TEST_CASE("connections to a server stay unless what they are made with is other") {
  World world;
  ScriptedServer server(world.io);
  server.script = [](const auto&) { return Answer{.silence = true}; };
  Options options = options_for(server);
  world.start(options);
  std::size_t sent = 0;
  const auto sends = [&] {
    world.send("m" + std::to_string(sent), "content", world.add_device({"m5s-1"}));
    ++sent;
    REQUIRE(world.until([&] { return server.requests.size() == sent; }));
    return server.connections();
  };
  CHECK(sends() == 1);
  world.reload(options);
  CHECK(sends() == 1);
  options.store_and_forward = false;
  options.servers[0].service_id = "m5s-1";
  options.max_open_requests = 7;
  world.reload(options);
  CHECK(sends() == 1);
  options.servers[0].http.max_streams = 50;
  world.reload(options);
  CHECK(sends() == 2);  // what is under way ends on the one before
  options.breaker_failures = 7;
  world.reload(options);
  CHECK(sends() == 3);
}

TEST_CASE("a message that is under way in segments meanwhile is cut anew after trouble") {
  World world;
  ScriptedServer server(world.io);
  Options options = options_for(server);
  options.cutting.segment_octets = 4;
  bool is_first = true;
  server.script = [&](const ScriptedServer::Request& request) {
    if (request.segment() != 2 || !std::exchange(is_first, false)) return Answer{};
    for (const std::size_t octets : {6U, 5U}) {
      options.cutting.segment_octets = octets;
      world.reload(options);
    }
    return Answer{500, "", ""};
  };
  world.start(options);
  world.send("long", "abcdefghi", world.add_device({"m5s-1"}, ""));
  REQUIRE(world.until_ended(1));
  CHECK(server.asked() == Names{"long/1", "long/2", "long/1", "long/2"});
  CHECK(server.requests.back().body.at("payload").as_string() == "fghi");
}

}  // namespace
}  // namespace msggw::msgin5g::reconfigure_test
