// SPDX-License-Identifier: Apache-2.0
// Addresses that are away, and that come back.
#include <doctest/doctest.h>

#include <array>

#include "provisioning/client/client.h"
#include "provisioning/client/test_world.h"
#include "tests/support/events.h"

namespace msggw::client::test {

namespace {

using namespace std::chrono_literals;

/// An address at which nobody listens; whoever does later is ScriptedFunction(io, root.port).
base::Uri of_nobody(boost::asio::io_context& io) {
  return ScriptedFunction(io).root();
}

}  // namespace

TEST_CASE("what waits is sent when the only address comes back, each device once") {
  World world;
  const base::Uri root = of_nobody(world.io);
  world.start(hasty(), {root});
  world.ask_many(500);
  REQUIRE(world.until([&] { return !world.client->available(); }));
  world.turns(0ms, 50);
  CHECK(world.ended() == 0);  // an outage is nobody's fault
  ScriptedFunction function(world.io, root.port);
  REQUIRE(world.until_done());
  CHECK(world.provisioned.size() == 500);
  CHECK(function.asked() == 500);
  CHECK(world.client->available());
}

TEST_CASE("an ask that is withdrawn ends, and is not made when the address comes back") {
  World world;
  ScriptedFunction function(world.io);
  Options options = hasty();
  options.http.request_timeout = 200ms;
  world.start(options, {function.root()});
  function.script = [](const Request&) { return Fault{.silence = true}; };
  world.ask("under way", core::AskKind::release);
  world.turns(0ms);
  REQUIRE(function.requests.size() == 1);
  world.client->withdraw(std::array{core::DeviceNo{0}});
  CHECK(world.ended() == 0);  // it may still be answered
  REQUIRE(world.until([&] { return world.failed.contains("under way"); }));

  function.script = [](const Request&) { return Fault{503}; };
  world.ask("waits", core::AskKind::release);
  world.ask("stays", core::AskKind::release);
  REQUIRE(world.until([&] { return !world.client->available(); }));
  world.client->withdraw(std::array{core::DeviceNo{1}});
  REQUIRE(world.until([&] { return world.failed.contains("waits"); }));
  function.script = [](const Request&) { return std::nullopt; };
  REQUIRE(world.until_done());
  CHECK(world.released == std::vector<std::string>{"stays"});
  CHECK(world.client->room() == options.max_queue);
}

TEST_CASE("of an address that is away the newest reason is known, until it answers") {
  World world;
  const base::Uri root = of_nobody(world.io);
  world.start(hasty(), {root});
  world.ask("a");
  const auto reason_has = [&](const char* part) {
    return world.until(
        [&] { return world.client->reasons().at(0).find(part) != std::string::npos; });
  };
  CHECK(reason_has("connect"));
  ScriptedFunction function(world.io, root.port);
  function.script = [](const Request&) { return Fault{503}; };
  CHECK(reason_has("503"));
  function.script = [](const Request&) { return std::nullopt; };
  REQUIRE(world.until_done());
  CHECK(world.client->reasons().at(0) == "");
}

TEST_CASE("an address whose answers are of no use is up, and it is said what they are") {
  World world;
  ScriptedFunction function(world.io);
  const msggw::test::Events events;
  function.script = [](const Request&) {
    return Fault{.status = 401,
                 .content_type = "application/problem+json",
                 .body = R"({"cause":"GATEWAY_UNKNOWN","detail":"who are you?"})"};
  };
  world.start({}, {function.root()});
  for (const std::size_t devices : {1U, 5U}) {  // one by one, and in bulk
    world.ask_many(devices, "d" + std::to_string(devices) + "-");
    REQUIRE(world.until([&] { return !world.client->reasons().at(0).empty(); }));
    CHECK(world.client->reasons().at(0) == "HTTP 401 GATEWAY_UNKNOWN: who are you?");
    CHECK(world.client->available());
    REQUIRE(world.until_done());
  }
  CHECK(events.text().find("private_id=d1-0") != std::string::npos);
  function.script = [](const Request&) { return std::nullopt; };
  world.ask("a");
  REQUIRE(world.until_done());
  CHECK(world.client->reasons().at(0) == "");
}

TEST_CASE("an outage is told once, and again when its reason changes") {
  World world;
  ScriptedFunction function(world.io);
  const msggw::test::Events events;
  const auto fails_with = [&](unsigned status, std::size_t times) {
    function.script = [=](const Request&) { return Fault{.status = status, .content_type = ""}; };
    const std::size_t before = function.requests.size();
    return world.until([&] {
      return events.count("pf_unavailable") == times && function.requests.size() > before + 5;
    });
  };
  world.start(hasty(), {function.root()});
  world.ask("a");
  CHECK(fails_with(503, 1));
  CHECK(fails_with(504, 2));
  CHECK(events.text().find("504") > events.text().rfind("503"));
  CHECK(events.count("pf_unavailable") == 2);
  function.script = [](const Request&) { return std::nullopt; };
  REQUIRE(world.until_done());
  CHECK(events.count("pf_available") == 1);
}

TEST_CASE("the next address serves while the first is away, and the first again when it is back") {
  World world;
  auto first = std::make_unique<ScriptedFunction>(world.io);
  ScriptedFunction second(world.io);
  const std::uint16_t port = first->port();
  const auto root = first->root();
  world.start(hasty(), {root, second.root()});
  world.ask_many(10, "a");
  REQUIRE(world.until_done());
  CHECK(second.requests.empty());  // as long as the first answers

  first.reset();
  world.ask_many(100, "b");
  REQUIRE(world.until_done());
  CHECK(world.provisioned.size() == 110);
  CHECK(second.asked() == 100);
  CHECK(world.client->available());

  first = std::make_unique<ScriptedFunction>(world.io, port);
  const std::size_t before = second.asked();
  int rounds = 0;
  for (; first->asked() < 10 && rounds < 500; ++rounds) {
    world.ask("c" + std::to_string(rounds));
    REQUIRE(world.until_done());
    world.io.run_for(1ms);
  }
  CHECK(first->asked() == 10);
  const std::size_t during = second.asked();
  CHECK(during - before < 500);
  world.ask_many(20, "d");
  REQUIRE(world.until_done());
  CHECK(second.asked() == during);  // nothing more goes to the second
  CHECK(world.provisioned.size() == 130 + static_cast<std::size_t>(rounds));
}

TEST_CASE("an address that is away is probed rarely while another serves") {
  World world;
  ScriptedFunction first(world.io), second(world.io);
  first.script = [](const Request&) { return Fault{.status = 503, .content_type = ""}; };
  Options options;
  options.breaker_failures = 1;
  options.probe_first = options.probe_most = 10s;
  world.start(options, {first.root(), second.root()});
  world.ask_many(5, "a");
  REQUIRE(world.until_done());
  const std::size_t opening = first.requests.size();
  for (int i = 0; i < 50; ++i) {
    world.ask("b" + std::to_string(i));
    REQUIRE(world.until_done());
  }
  CHECK(first.requests.size() <= opening + 1);
  // One probe, whatever the number of asks, and its device is served by the second.
  const std::size_t probes = first.requests.size();
  world.ask_many(50, "c");
  const auto later = [&world] { world.client->end_turn(world.clock.now() + 30s); };
  later();
  REQUIRE(world.until([&] {
    later();
    return world.ended() == 105;
  }));
  CHECK(first.requests.size() == probes + 1);
  CHECK(first.requests.back().private_ids.size() == 1);
  CHECK(world.provisioned.size() == 105);
}

}  // namespace msggw::client::test
