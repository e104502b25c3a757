// SPDX-License-Identifier: Apache-2.0
// Devices at MSGin5G Servers: registered, renewed, taken off, and what servers make of that.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "adapters/msgin5g/test_world.h"

namespace msggw::msgin5g {
namespace {

using core::DeviceState;
using test::problem;
using test::ScriptedServer;
using test::World;
using Answer = ScriptedServer::Answer;
using Request = ScriptedServer::Request;
using std::chrono::hours;
using std::chrono::seconds;

constexpr std::string_view kRoot = "/msgs-ueregistration/v1/registrations/";

/// What a MSGin5G Server knows of devices (docs/msgs-ueregistration.yaml); `fault` may answer
/// first.
struct Registry {
  Answer operator()(const Request& request) {
    if (const auto other = fault ? fault(request) : std::nullopt) return *other;
    if (!request.path.starts_with(kRoot)) return message(request);
    const std::string id = request.path.substr(kRoot.size());
    if (request.method == "DELETE")
      return devices.erase(id) > 0 ? Answer{204, "", ""} : problem(404, "CONTEXT_NOT_FOUND");
    if (request.method == "PUT") return {put(id, request.body), "", ""};
    boost::json::array results;
    largest = std::max(largest, request.body.at("registrations").as_array().size());
    for (const auto& one : request.body.at("registrations").as_array()) {
      const std::string id(one.at("ueSvcId").as_string());
      boost::json::object result{{"ueSvcId", id}};
      if (refused.contains(id)) {
        result["status"] = refused.at(id);
        result["cause"] = "NOT_ALLOWED";
      } else {
        result["status"] = put(id, one.as_object());
      }
      results.push_back(std::move(result));
    }
    return {200, boost::json::serialize(boost::json::object{{"results", results}})};
  }
  Answer message(const Request& request) const {
    const std::string from(request.body.at("oriAddr").at("addr").as_string());
    return devices.contains(from) ? Answer{} : problem(404, "ORIGINATOR_NOT_REGISTERED");
  }
  unsigned put(const std::string& id, const boost::json::object& body) {
    ++puts;
    return devices.insert_or_assign(id, body).second ? 201 : 204;
  }

  std::function<std::optional<Answer>(const Request&)> fault;
  std::map<std::string, boost::json::object> devices;
  std::map<std::string, int> refused;  ///< with this status, in bulk requests
  std::size_t puts = 0;
  std::size_t largest = 0;  ///< bulk request
};

/// One gateway and one server, which a test may end and begin again.
struct Pair {
  Pair() {
    world.register_devices();
    server.emplace(world.io);
    server->script = std::ref(registry);
  }
  void start(Options options = {}) {
    options.servers = {World::server("m5s-1", {server->root()})};
    options.probe_first = base::Duration{1};
    options.probe_most = base::Duration{20};
    world.start(options);
  }
  /// Of first contacts.
  void serve_any_number() {
    core::Limits& limits = world.messages.devices().limits();
    limits.first_contacts_per_address = 0;
    world.messages.devices().restart();
    world.messages.restart();
  }
  void server_returns() {
    const std::uint16_t port = server_port;
    server.emplace(world.io, port);
    server->script = std::ref(registry);
  }
  void server_goes() {
    server_port = server->port();
    server.reset();
  }
  bool all(DeviceState state, std::uint32_t devices = 3) {
    for (std::uint32_t no = 0; no < devices; ++no) {
      if (world.state(no) != state) return false;
    }
    return true;
  }
  bool until_registered(std::uint32_t devices = 3) {
    return world.until([&] { return all(DeviceState::registered, devices); });
  }
  void leave(const char* id) {
    static_cast<void>(world.messages.devices().gateway().registrations().deregister(
        id, core::Bearer::coap, core::Ticket{9}, world.messages.devices().now()));
  }
  double outcome(const std::string& name) {
    return world.metric("msggw_server_registrations_total{outcome=\"" + name +
                        "\",server=\"m5s-1\"}");
  }

  World world;
  Registry registry;
  std::optional<ScriptedServer> server;
  std::uint16_t server_port = 0;
};

TEST_CASE("one device goes by itself, and is registered as it is reached") {
  Pair pair;
  pair.start();
  REQUIRE(pair.until_registered());
  pair.server->requests.clear();
  const auto device = pair.world.add_device({"m5s-1"});
  REQUIRE(pair.world.until([&] { return pair.world.state(device) == DeviceState::registered; }));
  REQUIRE(pair.server->requests.size() == 1);
  const Request& request = pair.server->requests[0];
  CHECK(request.method == "PUT");
  CHECK(request.path == std::string(kRoot) + "svc-d3");
  CHECK(request.body ==
        boost::json::object{
            {"gwType", "N3G"},
            {"targetUri", "http://127.0.0.1:" + std::to_string(pair.world.adapter->port())},
            {"lifetime", 3'600},
            {"segSize", 16'384}});
  CHECK(pair.outcome("registered") == 4);
}

TEST_CASE("servers are told another address of the gateway, if it has one") {
  Pair pair;
  Options options;
  options.target_uri.root = base::parse_uri("https://gw-1.example/x").value();
  options.registration_lifetime = hours{24};
  pair.start(options);
  REQUIRE(pair.until_registered());
  CHECK(pair.registry.devices.at("svc-d0").at("targetUri") == "https://gw-1.example/x");
  CHECK(pair.registry.devices.at("svc-d0").at("lifetime") == 86'400);
}

TEST_CASE("many go together, and those that are refused do not touch the others") {
  Pair pair;
  for (int i = 3; i < 40; ++i) pair.world.add_device({"m5s-1"});
  pair.registry.refused = {{"svc-d7", 403}, {"svc-d11", 400}};
  pair.start();
  REQUIRE(pair.world.until([&] { return pair.outcome("registered") == 38; }));
  CHECK(pair.server->requests.size() == 1);
  CHECK(pair.world.state(7) == DeviceState::provisioned);
  CHECK(pair.world.state(39) == DeviceState::registered);
  CHECK(pair.outcome("refused") == 2);
  pair.world.turns(seconds{100});
  CHECK(pair.server->requests.size() == 1);  // refused in its turn, and not at once
}

TEST_CASE("a device that leaves is taken off; that the server knows nothing of it is the same") {
  Pair pair;
  pair.start();
  REQUIRE(pair.until_registered());
  pair.leave("d0");
  REQUIRE(pair.world.until([&] { return pair.registry.devices.size() == 2; }));
  CHECK(pair.server->requests.back().method == "DELETE");
  CHECK(pair.server->requests.back().path == std::string(kRoot) + "svc-d0");
  pair.registry.devices.clear();
  pair.leave("d1");
  REQUIRE(pair.world.until([&] { return pair.outcome("deregistered") == 2; }));
  CHECK(pair.world.state(1) == DeviceState::provisioned);
  pair.world.turns();
  CHECK(pair.server->requests.size() == 3);
}

TEST_CASE("what is said of one device overtakes nothing said before") {
  Pair pair;
  bool silent = true;
  pair.registry.fault = [&](const Request&) -> std::optional<Answer> {
    if (!silent) return std::nullopt;
    return Answer{.silence = true};
  };
  Options options;
  pair.start(options);
  REQUIRE(pair.world.until([&] { return pair.server->requests.size() == 1; }));
  pair.leave("d0");
  pair.world.turns();
  CHECK(pair.server->requests.size() == 1);
  silent = false;
  pair.server_goes();  // the bulk has no answer
  pair.server_returns();
  REQUIRE(pair.world.until([&] { return pair.registry.devices.size() == 2; }));
  CHECK_FALSE(pair.registry.devices.contains("svc-d0"));
}

TEST_CASE("after a restart all are registered once more, which changes nothing") {
  Pair pair;
  pair.start();
  REQUIRE(pair.until_registered());
  const auto before = pair.registry.puts;
  pair.world.restart();
  CHECK(pair.all(DeviceState::registered));
  REQUIRE(pair.world.until([&] { return pair.registry.puts == before + 3; }));
  pair.world.turns();
  CHECK(pair.all(DeviceState::registered));
  CHECK_FALSE(pair.world.messages.devices().gateway().tables().has_changes());
}

TEST_CASE("registrations are renewed, sooner where the server grants less") {
  Pair pair;
  std::size_t requests = 0;
  SUBCASE("as asked") {
    requests = 0;
  }
  SUBCASE("less") {
    pair.registry.fault = [](const Request& request) -> std::optional<Answer> {
      if (request.method != "PUT") return std::nullopt;
      return Answer{200, R"({"lifetime":60})"};
    };
    requests = 1;
  }
  pair.start();
  REQUIRE(pair.until_registered());
  pair.world.add_device({"m5s-1"});
  REQUIRE(pair.until_registered(4));
  pair.server->requests.clear();
  for (int second = 0; second <= 60; ++second) pair.world.turns(seconds{second}, 2);
  pair.world.turns(seconds{60});
  CHECK((pair.server->requests.size() >= requests));
  if (requests == 0) CHECK(pair.server->requests.empty());
  for (int minute = 0; minute <= 60; ++minute) pair.world.turns(std::chrono::minutes{minute}, 5);
  CHECK(pair.server->requests.size() >= 2);
}

TEST_CASE("a server that was away, and has lost all, gets all again") {
  Pair pair;
  pair.start();
  REQUIRE(pair.until_registered());
  pair.world.turns(seconds{11});
  pair.server_goes();
  pair.registry.devices.clear();
  const auto fresh = pair.world.add_device({"m5s-1"});
  pair.world.turns(seconds{11}, 100);
  CHECK(pair.world.state(fresh) == DeviceState::provisioned);
  pair.server_returns();
  REQUIRE(pair.world.until([&] {
    pair.world.turns(seconds{22}, 1);
    return pair.registry.devices.size() == 4;
  }));
  CHECK(pair.until_registered(4));
}

TEST_CASE("while a server is away the next one of its devices has them") {
  World world;
  world.register_devices();
  std::optional<ScriptedServer> first(std::in_place, world.io);
  ScriptedServer second(world.io);
  Registry registries[2];
  first->script = std::ref(registries[0]);
  second.script = std::ref(registries[1]);
  Options options;
  options.servers = {World::server("m5s-1", {first->root()}),
                     World::server("m5s-2", {second.root()})};
  options.probe_first = base::Duration{1};
  options.probe_most = base::Duration{20};
  world.start(options);
  for (int i = 0; i < 3; ++i) world.add_device({"m5s-1", "m5s-2"});
  REQUIRE(world.until([&] { return registries[0].devices.size() == 6; }));
  CHECK(registries[1].devices.empty());
  const auto port = first->port();
  first.reset();
  const auto fresh = world.add_device({"m5s-1", "m5s-2"});
  const auto other = world.add_device({"m5s-2"});
  REQUIRE(world.until([&] {
    world.turns(seconds{11}, 1);
    return registries[1].devices.size() == 5;  // those three, and both new ones
  }));
  CHECK(world.state(fresh) == DeviceState::registered);
  CHECK(world.state(other) == DeviceState::registered);
  const auto alone = world.add_device({"m5s-1"});
  world.turns(seconds{11}, 50);
  CHECK(world.state(alone) == DeviceState::provisioned);
  registries[0].devices.clear();
  first.emplace(world.io, port);
  first->script = std::ref(registries[0]);
  REQUIRE(world.until([&] {
    world.turns(seconds{22}, 1);
    return registries[0].devices.size() == 8;
  }));
  CHECK(world.state(alone) == DeviceState::registered);
}

TEST_CASE("a pause that the server asks for is kept, and the way goes on where it was") {
  Pair pair;
  for (int i = 3; i < 1'200; ++i) pair.world.add_device({"m5s-1"});
  std::size_t busy = 2;
  pair.registry.fault = [&](const Request&) -> std::optional<Answer> {
    if (busy == 0 || --busy > 0) return std::nullopt;
    Answer answer = problem(429, "NF_CONGESTION_RISK");
    answer.headers = {{"retry-after", "1"}};
    return answer;
  };
  pair.start();
  REQUIRE(pair.world.until([&] { return busy == 0; }));
  REQUIRE(pair.until_registered(1'200));
  CHECK(pair.registry.puts == 1'200);
}

TEST_CASE("a server without bulk requests gets devices one by one") {
  Pair pair;
  pair.registry.fault = [](const Request& request) -> std::optional<Answer> {
    if (!request.path.ends_with("/bulk")) return std::nullopt;
    return Answer{405, "", ""};
  };
  pair.start();
  REQUIRE(pair.until_registered());
  CHECK(pair.server->requests.size() == 4);
}

TEST_CASE("a device that a server stumbles over does not hold the others") {
  Pair pair;
  for (int i = 3; i < 20; ++i) pair.world.add_device({"m5s-1"});
  pair.registry.fault = [](const Request& request) -> std::optional<Answer> {
    const std::string body = boost::json::serialize(request.body);
    const bool is_it =
        body.find("\"svc-d5\"") != std::string::npos || request.path.ends_with("/svc-d5");
    if (!is_it) return std::nullopt;
    return Answer{500, "", ""};
  };
  pair.start();
  REQUIRE(pair.world.until([&] { return pair.registry.devices.size() == 19; }));
  CHECK(pair.world.state(5) == DeviceState::provisioned);
}

TEST_CASE("a server that knows no registrations still gets messages") {
  Pair pair;
  pair.registry.fault = [](const Request& request) -> std::optional<Answer> {
    if (request.path.starts_with(kRoot)) return problem(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND");
    return Answer{};
  };
  pair.start();
  REQUIRE(pair.world.until([&] { return pair.outcome("failed") >= 4; }));
  pair.world.send("m1");
  REQUIRE(pair.world.until_ended(1));
  CHECK(pair.world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}") == 1);
  CHECK(pair.world.adapter->servers()[0].addresses[0].answers);
  const auto asked = pair.server->requests.size();
  pair.world.turns();
  CHECK(pair.server->requests.size() == asked);  // it is left alone for a while
}

TEST_CASE("a device that the server has lost is registered again, and its message goes") {
  Pair pair;
  pair.start();
  REQUIRE(pair.until_registered());
  pair.registry.devices.clear();
  pair.world.send("m1");
  REQUIRE(pair.world.until_ended(1));
  CHECK(pair.world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}") == 1);
  CHECK(pair.registry.devices.size() == 1);
}

TEST_CASE("a server that forgets a device as soon as it has it, twice, gets its message") {
  Pair pair;
  pair.start();
  REQUIRE(pair.until_registered());
  std::size_t forgets = 2;
  pair.registry.fault = [&](const Request& request) -> std::optional<Answer> {
    if (!request.path.starts_with(kRoot) && forgets > 0) --forgets, pair.registry.devices.clear();
    return std::nullopt;
  };
  pair.world.send("m1");
  REQUIRE(pair.world.until_ended(1));
  CHECK(forgets == 0);
  CHECK(pair.world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}") == 1);
}

TEST_CASE("a server that registers devices and knows none ends each message, once") {
  Pair pair;
  pair.start();
  REQUIRE(pair.until_registered());
  pair.registry.fault = [&](const Request& request) -> std::optional<Answer> {
    if (!request.path.starts_with(kRoot)) pair.registry.devices.clear();
    return std::nullopt;
  };
  const auto before = pair.registry.puts;
  pair.world.send("m1");
  REQUIRE(pair.world.until_ended(1));
  pair.world.turns();
  CHECK(pair.world.failed("UNKNOWN_RECIPIENT") == 1);
  CHECK(pair.registry.puts == before + 2);
}

TEST_CASE("a device that is refused once it was lost does not let its message wait") {
  Pair pair;
  pair.start();
  REQUIRE(pair.until_registered());
  pair.registry.devices.clear();
  pair.registry.fault = [](const Request& request) -> std::optional<Answer> {
    if (request.method != "PUT") return std::nullopt;
    return problem(403, "NOT_ALLOWED");
  };
  pair.world.send("m1");
  REQUIRE(pair.world.until_ended(1));
  CHECK(pair.world.failed("UNKNOWN_RECIPIENT") == 1);
  CHECK(pair.outcome("refused") == 1);
}

TEST_CASE("ten thousand devices: few requests at a time, none of them large") {
  Pair pair;
  pair.serve_any_number();
  for (int i = 3; i < 10'000; ++i) pair.world.add_device({"m5s-1"});
  pair.start();
  REQUIRE(pair.until_registered(10'000));
  CHECK(pair.registry.puts == 10'000);
  CHECK(pair.registry.largest <= 500);
  CHECK(pair.server->requests.size() >= 20);
  CHECK(pair.server->requests.size() <= 200);
}

TEST_CASE("the end of the process: what is under way has its answer, and nothing new goes") {
  Pair pair;
  pair.start();
  REQUIRE(pair.world.until([&] { return !pair.world.adapter->idle(); }));
  pair.world.adapter->stop();
  pair.world.add_device({"m5s-1"});
  REQUIRE(pair.world.until([&] { return pair.world.adapter->idle(); }));
  pair.world.turns();
  CHECK(pair.registry.devices.size() == 3);
}

}  // namespace
}  // namespace msggw::msgin5g
