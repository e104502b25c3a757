// SPDX-License-Identifier: Apache-2.0
// Devices at MSGin5G Servers: registered, renewed, taken off, and what servers make of that.
#include <doctest/doctest.h>

#include "adapters/msgin5g/test_registry.h"

namespace msggw::msgin5g {
namespace {

using core::DeviceState;
using test::kRegistrations;
using test::Pair;
using test::problem;
using Answer = test::ScriptedServer::Answer;
using Request = test::ScriptedServer::Request;
using std::chrono::hours;
using std::chrono::seconds;

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
  CHECK(request.path == std::string(kRegistrations) + "svc-d3");
  CHECK(request.body ==
        boost::json::object{
            {"gwType", "N3G"},
            {"targetUri", "http://127.0.0.1:" + std::to_string(pair.world.adapter->port())},
            {"lifetime", 3'600},
            {"segSize", 16'384}});
  CHECK(pair.outcome("registered") == 4);
}

TEST_CASE("servers are told the gateway's IPv6 address in brackets") {
  Pair pair;
  Options options;
  options.address = boost::asio::ip::make_address("::1");
  pair.start(options);
  REQUIRE(pair.until_registered());
  const std::string root = "http://[::1]:" + std::to_string(pair.world.adapter->port());
  CHECK(pair.registry.devices.at("svc-d0").at("targetUri").as_string() == root);
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
  CHECK(pair.server->requests.back().path == std::string(kRegistrations) + "svc-d0");
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

TEST_CASE("an end that had trouble does not take off a device that has come back since") {
  Pair pair;
  bool trouble = true;
  pair.registry.fault = [&](const Request& request) -> std::optional<Answer> {
    if (!trouble || request.method != "DELETE") return std::nullopt;
    return Answer{500, "", ""};
  };
  pair.start();
  REQUIRE(pair.until_registered());
  pair.leave("d0");
  REQUIRE(pair.world.until([&] { return pair.outcome("failed") >= 1; }));
  pair.world.messages.devices().show_up("d0", core::Bearer::coap, 11);
  REQUIRE(pair.until_registered());
  trouble = false;
  const auto before = pair.outcome("deregistered");
  pair.world.turns(seconds{120});
  CHECK(pair.outcome("deregistered") == before);
  CHECK(pair.registry.devices.contains("svc-d0"));
  CHECK(pair.all(DeviceState::registered));
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
    if (request.path.starts_with(kRegistrations))
      return problem(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND");
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
    if (!request.path.starts_with(kRegistrations) && forgets > 0)
      --forgets, pair.registry.devices.clear();
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
    if (!request.path.starts_with(kRegistrations)) pair.registry.devices.clear();
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
