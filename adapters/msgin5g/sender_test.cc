// SPDX-License-Identifier: Apache-2.0
// What devices send, as MSGin5G Servers get it.
#include <doctest/doctest.h>

#include <algorithm>

#include "adapters/msgin5g/test_world.h"
#include "gateway/messages/operator_side.h"

namespace msggw::msgin5g {
namespace {

using test::problem;
using test::ScriptedServer;
using test::World;
using Answer = ScriptedServer::Answer;
using Names = std::vector<std::string>;

/// As the answers to the requests of that number, counted from 1.
ScriptedServer::Script nth(std::size_t number, Answer other) {
  return [=, count = std::size_t{0}](const auto&) mutable {
    return ++count == number ? other : Answer{};
  };
}

TEST_CASE("a message arrives as TS 29.538 has it") {
  World world;
  ScriptedServer server(world.io);
  world.start(server);
  auto request = world.messages.request("m1", "hello");
  request.application = "metering";
  request.wants_report = true;
  request.priority = messages::Priority::high;
  world.send(request);
  world.send("m2");
  REQUIRE(world.until_ended(2));
  REQUIRE(server.asked() == Names{"m1", "m2"});
  CHECK(server.requests[0].path == "/msgs-msgdelivery/v1/deliver-ue-message");
  CHECK(server.requests[0].priority == "8");
  CHECK(server.requests[1].priority.empty());
  boost::json::object body = server.requests[0].body;
  const std::string until(body.at("stoAndFwParams").at("exprTime").as_string());
  CHECK(until.size() == 20);
  CHECK(until.starts_with("2027-01-2"));  // a week after the time of these tests
  body.erase("stoAndFwParams");
  CHECK(body == boost::json::parse(R"({"oriAddr":{"addrType":"UE","addr":"svc-d0"},
      "destAddr":{"addrType":"AS","addr":"as-1"},"appId":"metering","msgId":"m1",
      "delivStReqInd":true,"payload":"hello","stoAndFwInd":true})"));
}

TEST_CASE("a report of what became of a message goes its own way, with the priority of its lane") {
  World world;
  ScriptedServer server(world.io);
  world.start(server);
  auto message = world.messages.message("down-1");
  message.wants_report = true;
  message.priority = messages::Priority::low;
  CHECK_FALSE(world.messages.deliver(message));
  world.messages.settle();
  world.messages.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  world.messages.device_side().proven(world.messages.next_down()->no, world.messages.now());
  REQUIRE(world.until([&] { return !server.requests.empty(); }));
  CHECK(server.requests[0].path == "/msgs-msgdelivery/v1/deliver-report");
  CHECK(server.requests[0].priority == "28");
  CHECK(server.requests[0].body == boost::json::parse(R"({
      "oriAddr":{"addrType":"UE","addr":"svc-d0"},"destAddr":{"addrType":"AS","addr":"as-1"},
      "msgId":"down-1","delivSt":"REPT_DELY_SUCCESS"})"));
  CHECK(world.until(
      [&] { return world.messages.metric("msggw_messages_done_total{kind=\"report_up\"}") == 1; }));
}

TEST_CASE("what each answer means for its message, and the next one goes in any case") {
  struct Case {
    Answer answer;
    const char* cause;  ///< empty: done
  };
  const std::string ack = R"({"oriAddr":{"addrType":"UE","addr":"svc-d0"},"msgId":"m1","status":)";
  const Case cases[] = {
      {{200, ack + R"("DELY_STORED"})"}, ""},
      {{200, ack + R"("OF_LATER"})"}, ""},
      {{204, "", ""}, ""},
      {{200, ack + R"("DELY_FAILED","failureCause":"X"})"}, "REFUSED"},
      {{200, ack + R"("DELY_FAILED","failureCause":"EXPIRED"})"}, "EXPIRED"},
      {problem(400, "MANDATORY_IE_INCORRECT"), "REFUSED"},
      {problem(403, "ADDR_TYPE_NOT_SUPPORTED"), "REFUSED"},
      {problem(404, "RECIPIENT_NOT_FOUND"), "UNKNOWN_RECIPIENT"},
      {problem(404, "ORIGINATOR_NOT_REGISTERED"), "UNKNOWN_RECIPIENT"},
      {{413, "", ""}, "REFUSED"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.answer.body);
    World world;
    ScriptedServer server(world.io);
    server.script = nth(1, one.answer);
    world.start(server);
    world.send("m1");
    world.send("m2");
    REQUIRE(world.until_ended(2));
    CHECK(server.asked() == Names{"m1", "m2"});
    if (*one.cause != '\0') CHECK(world.failed(one.cause) == 1);
  }
}

TEST_CASE("silence is trouble") {
  World world;
  ScriptedServer server(world.io);
  server.script = nth(1, {.silence = true});
  Options options;
  options.servers = {World::server("m5s-1", {server.root()})};
  options.servers[0].http.request_timeout = base::Duration{50};
  world.start(options);
  world.send("m1");
  REQUIRE(world.until_ended(1));
  CHECK(server.asked() == Names{"m1", "m1"});
}

TEST_CASE("a message of which a server says nothing waits again, to be seen and removed") {
  World world;
  ScriptedServer server(world.io);
  server.script = nth(1, {.silence = true});
  Options options;
  options.servers = {World::server("m5s-1", {server.root()})};
  options.servers[0].http.request_timeout = base::Duration{50};
  world.start(options);
  world.send("m1");
  const auto& queue = world.messages.queue();
  const messages::MessageNo no{1};
  REQUIRE(world.until([&] { return queue.headers.at(no).state == messages::State::handed; }));
  REQUIRE(world.until([&] { return queue.headers.at(no).state == messages::State::waiting; }));
  CHECK(queue.in_hand == 0);
  messages::OperatorSide side(world.messages.queue(), {});
  CHECK(side.remove(no, world.messages.now()));
  world.send("m2");
  REQUIRE(world.until_ended(2));
  CHECK(server.asked() == Names{"m1", "m2"});
  CHECK(world.failed("REMOVED") == 1);
}

TEST_CASE("the pause that a server asks for is kept, by all") {
  World world;
  ScriptedServer server(world.io);
  server.script = nth(1, {.status = 429, .headers = {{"retry-after", "1000"}}});
  world.start(server);
  world.send("m1");
  REQUIRE(world.until([&] {
    return world.metric("msggw_server_up{server=\"m5s-1\",url=\"" + base::to_string(server.root()) +
                        "\"}") == 0;
  }));
  world.send("of another", "content", 1);
  const auto before = world.adapter->servers();
  REQUIRE(before.size() == 1);
  CHECK_FALSE(before[0].addresses[0].answers);
  CHECK(before[0].addresses[0].reason == "HTTP 429");
  world.turns(std::chrono::seconds{299});  // cut to retry_after_most
  CHECK(server.requests.size() == 1);
  world.turns(std::chrono::seconds{302}, 100);
  CHECK(server.requests.size() == 3);
  CHECK(world.ended() == 2);
  CHECK(world.adapter->servers()[0].addresses[0].answers);
}

TEST_CASE("the next address serves while the first does not, and then the first again") {
  World world;
  ScriptedServer first(world.io);
  ScriptedServer second(world.io);
  bool away = true;
  first.script = [&](const auto&) { return away ? Answer{503, "", ""} : Answer{}; };
  Options options;
  options.servers = {World::server("m5s-1", {first.root(), second.root()})};
  world.start(options);
  for (int i = 0; i < 10; ++i) world.send("a" + std::to_string(i));
  REQUIRE(world.until_ended(10));
  CHECK(second.requests.size() >= 9);
  away = false;
  std::size_t sent = 0;
  REQUIRE(world.until([&] {  // the first is probed within probe_most
    if (world.ended() == 10 + sent) world.send("b" + std::to_string(sent++));
    return world.adapter->servers()[0].addresses[0].answers;
  }));
  const auto others = second.requests.size();
  world.send("c");
  REQUIRE(world.until([&] { return first.asked().back() == "c"; }));
  CHECK(second.requests.size() == others);
}

TEST_CASE("a device's servers are those of its profile, in their order") {
  World world;
  ScriptedServer one(world.io);
  ScriptedServer two(world.io);
  Options options;
  options.servers = {World::server("m5s-1", {one.root()}), World::server("m5s-2", {two.root()})};
  world.start(options);
  const auto turned = world.add_device({"m5s-2", "m5s-unknown", "m5s-1"});
  world.send("by one");
  world.send("by two", "x", turned);
  REQUIRE(world.until_ended(2));
  CHECK(one.asked() == Names{"by one"});
  CHECK(two.asked() == Names{"by two"});
  two.script = [](const auto&) { return Answer{500, "", ""}; };
  for (int i = 0; i < 5; ++i) world.send("over " + std::to_string(i), "x", turned);
  REQUIRE(world.until_ended(7));
  CHECK(one.requests.size() == 6);
  two.script = [](const auto&) { return Answer{}; };
  std::size_t sent = 7;
  REQUIRE(world.until([&] {
    if (world.ended() == sent) world.send("back " + std::to_string(sent++), "x", turned);
    return world.adapter->servers()[1].addresses[0].answers;
  }));
}

TEST_CASE("devices of one server do not wait for another's") {
  World world;
  ScriptedServer away(world.io);
  ScriptedServer good(world.io);
  away.script = [](const auto&) { return Answer{.silence = true}; };
  Options options;
  options.servers = {World::server("m5s-1", {away.root()}), World::server("m5s-2", {good.root()})};
  options.servers[0].http.max_streams = 2;
  world.start(options);
  const auto other = world.add_device({"m5s-1", "m5s-2"});
  auto device = world.messages.request("m", "x", 0);
  for (std::uint32_t from = 0; from < 3; ++from) world.send("a" + std::to_string(from), "x", from);
  world.turns();
  CHECK(away.requests.size() == 2);
  world.send("waits too", "x", other);  // its first server serves, as far as anybody knows
  world.turns();
  CHECK(good.requests.empty());
  CHECK(world.adapter->servers()[0].under_way == 2);
  CHECK_FALSE(world.adapter->idle());
}

TEST_CASE("the next of a device goes when the one before has its answer, others do not wait") {
  World world;
  ScriptedServer server(world.io);
  server.script = [](const auto& request) {
    return Answer{.silence = request.message_id() == "a"};
  };
  world.start(server);
  world.send("a");
  world.send("b");
  world.send("of another", "x", 1);
  REQUIRE(world.until_ended(1));
  world.turns();
  CHECK(server.asked() == Names{"a", "of another"});
}

TEST_CASE("a message that a server fails on while others pass ends, after a while") {
  World world;
  ScriptedServer server(world.io);
  server.script = [](const auto& request) {
    return request.message_id() == "bad" ? Answer{500, "", ""} : Answer{};
  };
  world.start(server);
  world.send("bad");
  world.send("behind it");
  const auto times = [&](const std::string& id) { return std::ranges::count(server.asked(), id); };
  std::size_t others = 0;
  const auto pass_other = [&](base::Duration ahead) {
    world.send("other " + std::to_string(others++), "x", 1);
    return world.until([&] {
      world.turns(ahead, 1);
      return times("other " + std::to_string(others - 1)) > 0;
    });
  };
  // Eight tries in a row would be no time for a server to recover.
  for (int i = 0; i < 20; ++i) REQUIRE(pass_other({}));
  CHECK(times("bad") < 8);
  CHECK(world.failed("INTERNAL_ERROR") == 0);
  while (world.failed("INTERNAL_ERROR") < 1) REQUIRE(pass_other(std::chrono::seconds{31}));
  CHECK(times("bad") == 8);
  CHECK(world.until([&] { return times("behind it") == 1; }));
}

TEST_CASE("a process that starts again sends what had no answer, with its msgId") {
  World world;
  ScriptedServer server(world.io);
  server.script = nth(1, {.silence = true});
  world.start(server);
  world.send("m1");
  world.send("m2");
  REQUIRE(world.until([&] { return server.requests.size() == 1; }));
  world.restart();
  REQUIRE(world.until_ended(2));
  CHECK(server.asked() == Names{"m1", "m1", "m2"});
}

TEST_CASE("content that no payload can hold ends its message, by the encoding of its application") {
  World world;
  ScriptedServer server(world.io);
  Options options;
  options.servers = {World::server("m5s-1", {server.root()})};
  options.base64_apps = {"binary"};
  options.store_and_forward = false;
  world.start(options);
  world.send("bad", "\xff");
  auto request = world.messages.request("good", "\xff");
  request.application = "binary";
  world.send(request);
  REQUIRE(world.until_ended(2));
  CHECK(world.failed("UNSUPPORTED_CONTENT") == 1);
  REQUIRE(server.asked() == Names{"good"});
  CHECK(server.requests[0].body.at("payload") == "/w==");
  CHECK(server.requests[0].body.at("stoAndFwInd") == false);
  CHECK_FALSE(server.requests[0].body.contains("stoAndFwParams"));
}

TEST_CASE("what is sent while the process ends has its answer, and nothing new goes") {
  World world;
  ScriptedServer server(world.io);
  world.start(server);
  world.send("a");
  world.send("b");
  REQUIRE(world.until([&] { return !world.adapter->idle(); }));
  world.adapter->stop();
  REQUIRE(world.until([&] { return world.adapter->idle(); }));
  world.turns();
  CHECK(server.asked() == Names{"a"});
  CHECK(world.ended() == 1);
}

}  // namespace
}  // namespace msggw::msgin5g
