// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>

#include "provisioning/client/test_world.h"

namespace msggw::client::test {

namespace {

using namespace std::chrono_literals;

void check_all_have_their_own(const World& world, std::size_t count) {
  CHECK(world.provisioned.size() == count);
  for (const auto& [private_id, service_id] : world.provisioned) {
    CHECK(service_id == "s-" + private_id);
  }
}

ScriptedFunction::Script silence() {
  return [](const Request&) { return Fault{.silence = true}; };
}

}  // namespace

TEST_CASE("one ask alone goes at once and by itself, asks that pile up go together in order") {
  World world;
  ScriptedFunction function(world.io);
  function.script = [](const Request&) { return Fault{.hold = true}; };
  world.start({}, {function.root()});
  std::size_t asked = 0;
  for (const char* id : {"a", "b", "c", "d"}) {
    world.ask(id);
    ++asked;
    REQUIRE(world.until([&] { return function.requests.size() == asked; }));
  }
  world.ask_many(300);
  CHECK(function.bulks() == 0);
  world.client->end_turn(world.clock.now());
  CHECK(function.requests.size() == 4);  // these are under way: the others pile up
  function.script = [](const Request&) { return std::nullopt; };
  function.release();
  REQUIRE(world.until_done());
  check_all_have_their_own(world, 304);
  REQUIRE(function.requests.size() == 6);
  for (std::size_t i = 4; i < 6; ++i) {  // over two connections, so in any order
    const auto& ids = function.requests[i].private_ids;
    const bool first = ids.front() == "d0";
    CHECK(ids.front() == (first ? "d0" : "d256"));
    CHECK(ids.back() == (first ? "d255" : "d299"));
    CHECK(ids.size() == (first ? 256 : 44));
  }
}

TEST_CASE("asks that come within moments of each other go together while another is under way") {
  World world;
  ScriptedFunction function(world.io);
  world.start({}, {function.root()});
  const base::TimePoint now = world.clock.now();
  for (const char* id : {"a", "b", "c"}) {
    world.ask(id);
    world.client->end_turn(now);
  }
  REQUIRE(world.until_done());
  REQUIRE(function.requests.size() == 2);
  const auto& together = function.requests[0].bulk ? function.requests[0] : function.requests[1];
  CHECK(together.private_ids == std::vector<std::string>{"b", "c"});
}

TEST_CASE("asks that follow a bulk go together, though it has been answered") {
  World world;
  ScriptedFunction function(world.io);
  world.start({}, {function.root()});
  const base::TimePoint now = world.clock.now();  // of what follows too: a machine may be slow
  world.ask_many(2);
  REQUIRE(world.until_done());
  REQUIRE(function.requests.size() == 1);
  for (const char* id : {"a", "b"}) {
    world.ask(id);
    world.client->end_turn(now);
  }
  REQUIRE(world.until_done());
  REQUIRE(function.requests.size() == 2);
  CHECK(function.requests[1].private_ids == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a request that hangs holds up no other") {
  World world;
  ScriptedFunction function(world.io);
  function.script = [](const Request& request) -> std::optional<Fault> {
    if (!request.has("slow")) return std::nullopt;
    return Fault{.hold = true};
  };
  Options options;
  options.bulk_in_flight = 1;
  world.start(options, {function.root()});
  world.ask("slow");
  REQUIRE(world.until([&] { return function.requests.size() == 1; }));
  world.ask_many(10);
  REQUIRE(world.until([&] { return world.provisioned.size() == 10; }));
  function.release();
  REQUIRE(world.until_done());
  CHECK(function.requests.size() == 2);
}

TEST_CASE("an address without bulk is asked one by one, and for bulk again after a while") {
  for (const unsigned status : {404U, 405U, 501U}) {
    CAPTURE(status);
    World world;
    ScriptedFunction function(world.io);
    function.script = [&](const Request& request) -> std::optional<Fault> {
      if (!request.bulk) return std::nullopt;
      return Fault{.status = status};
    };
    Options options;
    options.bulk_retry = 1h;
    world.start(options, {function.root()});
    world.ask_many(50);
    REQUIRE(world.until_done());
    world.ask_many(50, "e");
    REQUIRE(world.until_done());
    check_all_have_their_own(world, 100);
    CHECK(function.bulks() == 1);
    CHECK(function.requests.size() == 101);

    function.script = [](const Request&) { return std::nullopt; };
    world.ask_many(50, "f");
    world.client->end_turn(world.clock.now() + 2h);
    REQUIRE(world.until_done());
    CHECK(function.bulks() == 2);
    CHECK(function.requests.size() == 102);
  }
}

TEST_CASE("one device that a bulk stumbles over costs the others nothing") {
  const std::string one_answer = R"({"responses":[{"status":500}]})";
  const Fault faults[] = {
      {.status = 500},
      {.status = 400, .content_type = "application/problem+json", .body = R"({"cause":"X"})"},
      {.status = 200, .content_type = "text/html", .body = "<html>"},
      {.status = 200, .body = R"({"responses":[{"status":201,"resp)"},
      {.status = 200, .body = one_answer},
      {.status = 200, .body = R"({"responses":[)" + std::string(2 << 20, ' ')},
      {.status = 204, .content_type = ""},
  };
  for (const Fault& fault : faults) {
    CAPTURE(fault.status);
    CAPTURE(fault.body.substr(0, 40));
    World world;
    ScriptedFunction function(world.io);
    function.script = [&](const Request& request) -> std::optional<Fault> {
      if (!request.has("d77")) return std::nullopt;
      if (request.bulk) return fault;
      return Fault{.status = 500};
    };
    world.start({}, {function.root()});
    world.ask_many(256);
    REQUIRE(world.until_done());
    check_all_have_their_own(world, 255);
    CHECK(world.failed.count("d77") == 1);
    // 256 in halves down to one: at most two requests on each of nine levels.
    CHECK(function.requests.size() <= 18);
  }
}

TEST_CASE("a bulk without any answer is tried in halves, and the device at fault is handed back") {
  World world;
  ScriptedFunction function(world.io);
  function.script = [&](const Request& request) -> std::optional<Fault> {
    if (!request.has("d5")) return std::nullopt;
    return Fault{.silence = true};
  };
  Options options;
  options.http.request_timeout = 200ms;
  options.probe_first = options.probe_most = 5ms;
  world.start(options, {function.root()});
  world.ask_many(16);
  REQUIRE(world.until([&] {
    world.ask_failed_again("d5");
    return world.provisioned.size() == 15;
  }));
  // Others get answers meanwhile; without them it would be an outage, which is nobody's fault.
  int more = 0;
  auto next = world.clock.now();
  REQUIRE(world.until([&] {
    world.ask_failed_again("d5");
    if (world.clock.now() >= next) {
      world.ask("more" + std::to_string(++more));
      next = world.clock.now() + 10ms;
    }
    return world.failed.contains("d5");
  }));
  CHECK_FALSE(world.provisioned.contains("d5"));
  for (const auto& [private_id, service_id] : world.provisioned) {
    CHECK(service_id == "s-" + private_id);
  }
}

TEST_CASE("an address whose bulk answers are never of use is asked one by one") {
  World world;
  ScriptedFunction function(world.io);
  function.script = [](const Request& request) -> std::optional<Fault> {
    if (!request.bulk) return std::nullopt;
    return Fault{.content_type = "text/html", .body = "<html>"};
  };
  world.start({}, {function.root()});
  world.ask_many(2'000);
  REQUIRE(world.until_done());
  check_all_have_their_own(world, 2'000);
  CHECK(function.bulks() <= 12);  // 8, and those that were under way then
}

TEST_CASE("an address that does not answer bulk requests is asked one by one") {
  World world;
  ScriptedFunction function(world.io);
  function.script = [](const Request& request) -> std::optional<Fault> {
    if (!request.bulk) return std::nullopt;
    return Fault{.silence = true};
  };
  Options options;
  options.http.request_timeout = 200ms;
  options.probe_first = options.probe_most = 5ms;
  world.start(options, {function.root()});
  const auto provisioned = [&](std::size_t count) {
    return world.until([&] {
      world.ask_failed_again();
      return world.provisioned.size() == count;
    });
  };
  world.ask_many(300);
  REQUIRE(provisioned(300));
  check_all_have_their_own(world, 300);
  const std::size_t bulks = function.bulks();
  CHECK(bulks <= 8 * options.bulk_in_flight);
  world.ask_many(100, "e");
  REQUIRE(provisioned(400));
  CHECK(function.bulks() == bulks);
}

TEST_CASE("an address that is slow for a while, with many bulks under way, has bulk afterwards") {
  World world;
  ScriptedFunction function(world.io);
  function.script = silence();
  Options options;
  options.http.request_timeout = 200ms;
  options.http.max_connections = 16;
  options.bulk_most = 4;
  options.bulk_in_flight = 16;
  options.breaker_failures = 100;
  world.start(options, {function.root()});
  world.ask_many(64);
  REQUIRE(world.until([&] { return function.bulks() >= 16; }));
  function.script = [](const Request&) { return std::nullopt; };
  const auto all = [&] {
    world.ask_failed_again();
    return world.provisioned.size() == 64;
  };
  REQUIRE(world.until(all));
  const std::size_t bulks = function.bulks();
  world.ask_many(64, "e");
  REQUIRE(world.until([&] { return world.provisioned.size() == 128; }));
  CHECK(function.bulks() > bulks);
}

TEST_CASE("items are judged one by one") {
  World world;
  ScriptedFunction function(world.io);
  function.item_script = [](const std::string& id) -> std::optional<unsigned> {
    if (id == "d1") return 403;
    if (id == "d2") return 500;
    if (id == "d3") return 503;
    if (id == "d4") return 401;
    return std::nullopt;
  };
  world.start({}, {function.root()});
  world.ask_many(10);
  REQUIRE(world.until_done());
  check_all_have_their_own(world, 6);
  CHECK(world.refused.at("d1") == "SCRIPTED");
  CHECK(world.failed.at("d2") == 0s);
  CHECK(world.failed.at("d3") == 7s);
  CHECK(world.failed.at("d4") == 0s);
  CHECK(function.requests.size() == 1);
  CHECK(world.client->available());
}

TEST_CASE("a bulk that is told to come later comes later, whole and in order") {
  const auto later = [](const Request&) {
    return Fault{.status = 503, .content_type = "", .headers = {{"retry-after", "5"}}};
  };
  for (const bool each_item : {false, true}) {
    CAPTURE(each_item);
    World world;
    ScriptedFunction function(world.io);
    if (each_item) {
      function.item_script = [](const std::string&) { return 503U; };  // each with a pause of 7 s
    } else {
      function.script = later;
    }
    world.start({}, {function.root()});
    world.ask_many(100);
    REQUIRE(world.until([&] { return !world.client->available(); }));
    CHECK(function.requests.size() == 1);
    world.turns(4'900ms);
    CHECK(function.requests.size() == 1);
    CHECK(world.ended() == 0);
    function.script = [](const Request&) { return std::nullopt; };
    function.item_script = [](const std::string&) { return std::nullopt; };
    world.turns(8'000ms, 200);
    REQUIRE(world.until_done());
    check_all_have_their_own(world, 100);
    REQUIRE(function.requests.size() == 3);
    CHECK(function.requests[1].private_ids == std::vector<std::string>{"d0"});  // the probe
    CHECK(function.requests[2].private_ids.front() == "d1");
    CHECK(function.requests[2].private_ids.size() == 99);
  }
}

TEST_CASE("bulk requests keep to their number, size and octets") {
  World world;
  ScriptedFunction function(world.io);
  function.script = silence();
  Options options;
  options.bulk_most = 10;
  options.bulk_in_flight = 3;
  world.start(options, {function.root()});
  world.ask_many(100);
  REQUIRE(world.until([&] { return function.requests.size() == 3; }));
  world.client->end_turn(world.clock.now());
  world.io.poll();
  CHECK(function.asked() == 30);

  World small;
  ScriptedFunction other(small.io);
  Options narrow;
  narrow.wire.bulk_octets = 4'096;
  small.start(narrow, {other.root()});
  const std::string longest(240, 'x');
  for (int i = 0; i < 40; ++i) small.ask(longest + std::to_string(i));
  REQUIRE(small.until_done());
  CHECK(small.provisioned.size() == 40);
  for (const Request& request : other.requests) CHECK(request.private_ids.size() <= 14);
}

TEST_CASE("an ask that is withdrawn while its bulk is under way does not wait again") {
  World world;
  ScriptedFunction function(world.io);
  function.script = silence();
  Options options;
  options.http.request_timeout = 200ms;
  options.probe_first = options.probe_most = 20ms;
  world.start(options, {function.root()});
  world.ask_many(10);
  world.turns(0ms);
  REQUIRE(function.bulks() == 1);
  world.client->withdraw(std::array{core::DeviceNo{3}});
  REQUIRE(world.until([&] { return world.failed.contains("d3"); }));
  function.script = [](const Request&) { return std::nullopt; };
  REQUIRE(world.until_done());
  CHECK(world.provisioned.size() == 9);
}

TEST_CASE("bulk_most = 1 means no bulk") {
  World world;
  ScriptedFunction function(world.io);
  world.start(one_by_one(), {function.root()});
  world.ask_many(100);
  REQUIRE(world.until_done());
  CHECK(function.bulks() == 0);
  CHECK(world.provisioned.size() == 100);
}

}  // namespace msggw::client::test
