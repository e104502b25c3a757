// SPDX-License-Identifier: Apache-2.0
// The adapter and the MSGin5G Server double, which share no code of TS 29.538, over HTTP/2.
#include <doctest/doctest.h>

#include "adapters/msgin5g/test_world.h"
#include "tests/sim/m5s/test_double.h"

namespace msggw::msgin5g {
namespace {

using test::World;

m5s::Options options_of_double() {
  m5s::Options options;
  options.own_server = "as-1";
  options.relay.open = true;
  options.seed = 1;
  return options;
}

/// A gateway at a double, where its three devices are registered.
struct Pair {
  Pair() {
    Options options;
    options.servers = {World::server(
        "m5s-1", {base::parse_uri("http://127.0.0.1:" + std::to_string(far.port())).value()})};
    options.probe_first = base::Duration{1};
    options.probe_most = base::Duration{20};
    world.start(options);
    for (const char* const id : {"svc-d0", "svc-d1", "svc-d2"})
      REQUIRE(far.put_device(id, world.adapter->port()) == 201);
  }
  boost::json::array inbox() {
    return far.control("GET", "/inbox?as=as-1").json().at("entries").as_array();
  }

  m5s::TestDouble far{options_of_double()};
  World world;
};

TEST_CASE("what a device sends is in the inbox of the Application Server") {
  Pair pair;
  const auto device = pair.world.add_device({"m5s-1"});
  auto request = pair.world.messages.request("m1", "\xC3\xA4 \"hello\"\n");
  request.application = "metering";
  request.wants_report = true;
  pair.world.send(request);
  pair.world.send("m2", "abcdefghi", device);  // in segments of 4
  REQUIRE(pair.world.until([&] { return pair.inbox().size() == 4; }));
  REQUIRE(pair.world.until_ended(2));
  const auto entries = pair.inbox();
  const auto& first = entries[0].at("message").as_object();
  CHECK(first.at("payload") == "\xC3\xA4 \"hello\"\n");
  CHECK(first.at("appId") == "metering");
  CHECK(first.at("oriAddr").at("addr") == "svc-d0");
  std::string joined;
  for (std::size_t i = 1; i < 4; ++i) joined += entries[i].at("message").at("payload").as_string();
  CHECK(joined == "abcdefghi");
  CHECK(pair.world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}") == 2);
}

TEST_CASE("what the double sends comes to the device, and the report of it goes back") {
  Pair pair;
  const auto sent =
      pair.far.control("POST", "/send", R"({"to":"svc-d1","text":"READ","report":true})");
  REQUIRE(sent.status == 202);
  const auto number = sent.json().at("messages").at(0).to_number<int>();
  auto& device_side = pair.world.messages.device_side();
  REQUIRE(pair.world.until(
      [&] { return device_side.reachable(core::DeviceNo{1}, core::Bearer::coap); }));
  const auto down = pair.world.messages.next_down(core::Bearer::coap);
  REQUIRE(down);
  CHECK(scenario::message_of(down->carried).content == "READ");
  device_side.proven(down->no, pair.world.messages.now());
  REQUIRE(pair.world.until([&] {
    const auto seen = pair.far.control("GET", "/messages/" + std::to_string(number)).json();
    const auto* const report = seen.as_object().if_contains("report");
    return report != nullptr && report->is_object() && report->at("delivSt") == "REPT_DELY_SUCCESS";
  }));
}

/// A gateway that registers its three devices at a double, which takes nothing of others.
struct Registering {
  Registering() {
    m5s::Options options = options_of_double();
    options.relay.open = false;
    far.emplace(options);
    Options own;
    own.servers = {World::server(
        "m5s-1", {base::parse_uri("http://127.0.0.1:" + std::to_string(far->port())).value()})};
    own.probe_first = base::Duration{1};
    own.probe_most = base::Duration{20};
    world.register_devices();
    world.start(own);
  }
  std::size_t registered() {
    std::size_t count = 0;
    const auto shown = far->control("GET", "/registrations").json();
    for (const auto& device : shown.at("devices").as_array())
      count += device.at("registered").as_bool() ? 1 : 0;
    return count;
  }
  bool until_all(core::DeviceState state) {
    return world.until([&] {
      return world.state(0) == state && world.state(1) == state && world.state(2) == state;
    });
  }

  std::optional<m5s::TestDouble> far;
  World world;
};

TEST_CASE("devices are registered at the double, once more after a restart, and taken off") {
  Registering pair;
  REQUIRE(pair.until_all(core::DeviceState::registered));
  CHECK(pair.registered() == 3);
  pair.world.restart();
  REQUIRE(pair.world.until([&] {
    const auto entries =
        pair.far->control("GET", "/journal?operation=register-bulk").json().at("entries");
    return entries.as_array().size() == 2;
  }));
  CHECK(pair.registered() == 3);
  const auto late = pair.world.add_device({"m5s-1"});
  REQUIRE(pair.world.until([&] { return pair.registered() == 4; }));
  static_cast<void>(pair.world.messages.devices().gateway().operations().suspend(
      core::DeviceNo{late}, pair.world.messages.devices().now()));
  REQUIRE(pair.world.until([&] { return pair.registered() == 3; }));
}

TEST_CASE("what the double cannot take, and what it loses on the way, comes again") {
  Registering pair;
  for (const char* const fault :
       {R"({"do":"lost_ack","when":{"nth":1}})", R"({"do":"status","status":503,"when":{"nth":2}})",
        R"({"do":"status","status":429,"retryAfter":1,"when":{"nth":3}})"})
    REQUIRE(pair.far->control("POST", "/faults", fault).status == 201);
  REQUIRE(pair.until_all(core::DeviceState::registered));
  CHECK(pair.registered() == 3);
}

TEST_CASE("a device that the double forgot is registered again, and its message goes") {
  Registering pair;
  REQUIRE(pair.until_all(core::DeviceState::registered));
  REQUIRE(pair.far->control("DELETE", "/registrations/svc-d0").status < 300);
  pair.world.send("m1");
  REQUIRE(pair.world.until_ended(1));
  CHECK(pair.world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}") == 1);
  CHECK(pair.registered() == 3);
}

TEST_CASE("whatever is lost on the way, each message is there once, and in order") {
  Pair pair;
  for (const char* const fault :
       {R"({"do":"lost_ack","when":{"probability":0.15,"seed":1}})",
        R"({"do":"status","status":503,"when":{"probability":0.15,"seed":2}})",
        R"({"do":"half","when":{"probability":0.1,"seed":3}})",
        R"({"do":"reset","when":{"probability":0.1,"seed":4}})",
        R"({"do":"status","status":429,"retryAfter":1,"when":{"nth":20}})"})
    REQUIRE(pair.far.control("POST", "/faults", fault).status == 201);
  constexpr std::size_t kEach = 15;
  for (std::size_t i = 1; i <= kEach; ++i) {
    for (std::uint32_t device = 0; device < 3; ++device)
      pair.world.send(std::to_string(i), "x", device);
  }
  REQUIRE(pair.world.until_ended(3 * kEach));
  CHECK(pair.world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}") == 3 * kEach);
  std::map<std::string, std::size_t> last;
  const auto is_whole = [&] { return pair.inbox().size() >= 3 * kEach; };
  REQUIRE(pair.world.until(is_whole));
  for (const auto& entry : pair.inbox()) {
    const auto& message = entry.at("message").as_object();
    const std::string from(message.at("oriAddr").at("addr").as_string());
    CHECK(std::stoul(std::string(message.at("msgId").as_string())) == ++last[from]);
  }
  CHECK(pair.inbox().size() == 3 * kEach);
}

}  // namespace
}  // namespace msggw::msgin5g
