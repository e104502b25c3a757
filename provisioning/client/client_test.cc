// SPDX-License-Identifier: Apache-2.0
#include "provisioning/client/client.h"

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>

#include "adapters/wire/http/test_peers.h"
#include "provisioning/client/test_world.h"
#include "tests/support/events.h"

namespace msggw::client::test {

namespace {

using namespace std::chrono_literals;
using Fault = ScriptedFunction::Fault;
using Request = ScriptedFunction::Request;

Options hasty() {
  Options options;
  options.probe_first = options.probe_most = 20ms;
  return options;
}

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
  world.client->end_turn(world.clock.now() + 30s);
  REQUIRE(world.until_done());
  CHECK(first.requests.size() == probes + 1);
  CHECK(first.requests.back().private_ids.size() == 1);
  CHECK(world.provisioned.size() == 105);
}

TEST_CASE("an ask without an answer while others get theirs is handed back after three tries") {
  World world;
  ScriptedFunction function(world.io);
  function.script = [](const Request& request) -> std::optional<Fault> {
    if (!request.has("odd")) return std::nullopt;
    return Fault{.status = 504, .content_type = ""};
  };
  world.start({}, {function.root()});
  world.ask("odd");
  REQUIRE(world.until([&] { return !function.requests.empty(); }));
  for (int i = 0; i < 20 && world.failed.empty(); ++i) {
    world.ask("even" + std::to_string(i));
    REQUIRE(world.until([&] { return world.provisioned.size() > static_cast<std::size_t>(i); }));
  }
  CHECK(world.failed.count("odd") == 1);
  CHECK(world.client->available());
}

TEST_CASE("an answer about another device is dropped, and its device asked for again") {
  World world;
  ScriptedFunction function(world.io);
  bool astray = true;
  function.script = [&astray](const Request& request) -> std::optional<Fault> {
    if (!request.has("b") || !std::exchange(astray, false)) return std::nullopt;
    return Fault{.body = R"({"privateId":"a","serviceId":"s-a","serverServiceIds":["m5s"]})"};
  };
  world.start(one_by_one(hasty()), {function.root()});
  world.ask_many(1, "a");
  world.ask("b");
  REQUIRE(world.until_done());
  CHECK(world.provisioned.at("b") == "s-b");
  CHECK(function.asked() == 3);
  CHECK(base::metrics::expose(world.metrics).find("msggw_pf_answers_astray_total 1\n") !=
        std::string::npos);
}

TEST_CASE("answers given twice on a connection give no device another's Service ID") {
  for (const std::size_t bulk_most : {std::size_t{1}, std::size_t{8}}) {
    World world;
    ScriptedFunction function(world.io);
    unsigned requests = 0;
    function.script = [&requests](const Request&) -> std::optional<Fault> {
      if (++requests % 3 != 0) return std::nullopt;
      return Fault{.twice = true};
    };
    Options options = hasty();
    options.bulk_most = bulk_most;
    world.start(options, {function.root()});
    world.ask_many(200);
    REQUIRE(world.until_done());
    for (const auto& [private_id, service_id] : world.provisioned)
      CHECK(service_id == "s-" + private_id);
    CHECK(world.provisioned.size() == 200);
  }
}

TEST_CASE("a Service ID is released by itself, between what is asked before and after") {
  World world;
  ScriptedFunction function(world.io);
  world.start({}, {function.root()});
  world.ask_many(10, "a");
  world.ask("gone/1", core::AskKind::release);
  world.ask_many(10, "b");
  REQUIRE(world.until_done());
  CHECK(world.released == std::vector<std::string>{"gone/1"});
  CHECK(world.provisioned.size() == 20);
  REQUIRE(function.requests.size() == 3);
  for (const Request& request : function.requests) {
    CHECK(request.release == request.has("gone%2F1"));
    CHECK(request.bulk != request.release);
  }
}

TEST_CASE("an answer that is no release is a refusal, which the operator sees") {
  World world;
  ScriptedFunction function(world.io);
  world.start({}, {function.root()});
  unsigned status = 0;
  SUBCASE("no such method") {
    status = 405;
  }
  SUBCASE("501") {
    status = 501;
  }
  SUBCASE("nobody's 404") {
    status = 404;
  }
  function.script = [&](const Request&) { return Fault{.status = status, .content_type = ""}; };
  world.ask("gone", core::AskKind::release);
  REQUIRE(world.until_done());
  CHECK(world.refused == std::map<std::string, std::string>{{"gone", "ANSWER_USELESS"}});
}

TEST_CASE("without releases a removed device is done with at once") {
  World world;
  ScriptedFunction function(world.io);
  Options options;
  options.release = false;
  world.start(options, {function.root()});
  world.ask("gone", core::AskKind::release);
  CHECK(world.released.empty());  // never from inside ask()
  REQUIRE(world.until_done());
  CHECK(world.released == std::vector<std::string>{"gone"});
  CHECK(function.requests.empty());
  CHECK(world.client->room() == options.max_queue);
}

TEST_CASE("the rate is kept, with its burst, whatever the requests") {
  World world;
  ScriptedFunction function(world.io);
  Options options;
  options.rate = 1'000;
  options.burst = 32;
  world.start(options, {function.root()});
  world.ask_many(400);
  const base::TimePoint start = world.clock.now();
  for (int ms = 0; function.asked() < 400 && ms < 2'000; ++ms) {
    world.client->end_turn(start + ms * 1ms);
    world.io.run_for(1ms);
    CHECK(function.asked() <= 32 + static_cast<std::size_t>(ms));
  }
  CHECK(function.asked() == 400);
  CHECK(function.bulks() > 0);
  REQUIRE(world.until_done());
  CHECK(world.provisioned.size() == 400);
  // And the client wakes up by itself.
  const auto began = std::chrono::steady_clock::now();
  world.ask_many(132, "e");
  REQUIRE(world.until_done());
  CHECK(std::chrono::steady_clock::now() - began >= 80ms);
  CHECK(base::metrics::expose(world.metrics).find("msggw_pf_held_back_seconds_total 0\n") ==
        std::string::npos);
}

TEST_CASE("what one device was told is kept, whatever becomes of others") {
  World world;
  ScriptedFunction function(world.io);
  world.start(one_by_one(), {function.root()});
  function.script = [](const Request& request) -> std::optional<Fault> {
    if (!request.has("busy")) return std::nullopt;
    return Fault{.status = 429, .headers = {{"retry-after", "30"}}};
  };
  world.ask("busy");
  world.ask_many(20);
  REQUIRE(world.until_done());
  CHECK(world.provisioned.size() == 20);
  CHECK(world.failed == std::map<std::string, base::Duration>{{"busy", 30s}});
  CHECK(function.asked() == 21);
  CHECK(world.client->available());
}

TEST_CASE("a wait of the address is kept though another request is answered meanwhile") {
  World world;
  ScriptedFunction function(world.io);
  world.start(one_by_one(), {function.root()});
  function.script = [](const Request& request) -> std::optional<Fault> {
    if (request.has("slow")) return Fault{.hold = true};
    if (request.has("told")) return Fault{.status = 503, .headers = {{"retry-after", "30"}}};
    return std::nullopt;
  };
  world.ask("slow");
  world.ask("told");
  REQUIRE(world.until([&] { return function.requests.size() == 2 && !world.client->available(); }));
  function.release();
  REQUIRE(world.until([&] { return world.provisioned.size() == 1; }));
  world.ask("other");
  world.turns(29s);
  CHECK(function.asked() == 2);
  function.script = [](const Request&) { return std::nullopt; };
  world.turns(31s);
  CHECK(function.asked() == 4);  // both that wait
}

TEST_CASE("certificates are read again; what is under way ends on the old ones") {
  const http::test::Certificates certificates;
  World world;
  ScriptedFunction function(world.io, 0, certificates.server(true));
  Options options;
  options.http.tls = certificates.client(true);
  world.start(options, {function.root()});
  function.script = [](const Request&) { return Fault{.hold = true}; };
  world.ask("before");
  REQUIRE(world.until([&] { return function.requests.size() == 1; }));

  const auto own = options.http.tls.certificate;
  const std::filesystem::path kept = own.string() + ".kept";
  std::filesystem::rename(own, kept);
  CHECK_FALSE(world.client->reload());
  std::ofstream(own) << "no certificate";
  CHECK_FALSE(world.client->reload());
  world.ask("with the old ones");
  REQUIRE(world.until([&] { return function.requests.size() == 2; }));
  std::filesystem::rename(kept, own);
  CHECK(world.client->reload());
  world.ask("with the new ones");
  REQUIRE(world.until([&] { return function.requests.size() == 3; }));
  function.release();
  REQUIRE(world.until_done());
  CHECK(world.provisioned.size() == 3);
  CHECK(function.requests.size() == 3);
}

TEST_CASE("certificates that cannot be used are told at once, with the file") {
  World world;
  Options options;
  options.http.tls.ca = "/nonexistent/ca.pem";
  std::string told;
  try {
    world.start(options, {base::parse_uri("https://localhost:1").value()});
  } catch (const std::runtime_error& error) {
    told = error.what();
  }
  CHECK(told.find("[provisioning.tls] ca: /nonexistent/ca.pem") != std::string::npos);
}

}  // namespace msggw::client::test
