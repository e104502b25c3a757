// SPDX-License-Identifier: Apache-2.0
#include "provisioning/client/client.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "adapters/wire/http/test_peers.h"
#include "provisioning/client/test_world.h"

namespace msggw::client::test::client_test {

using namespace std::chrono_literals;

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
  CHECK(world.why_failed.starts_with("HTTP 429"));
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
  options.http.version = http::Version::http2;
  options.bulk_most = 1;
  world.start(options, {function.root()});
  function.script = [](const Request&) { return Fault{.hold = true}; };
  world.ask("before");
  REQUIRE(world.until([&] { return function.requests.size() == 1; }));

  const auto own = options.http.tls.certificate;
  const std::filesystem::path kept = own.string() + ".kept";
  std::filesystem::rename(own, kept);
  CHECK_FALSE(world.client->reconfigure(options, {function.root()}));
  std::ofstream(own) << "no certificate";
  CHECK_FALSE(world.client->reconfigure(options, {function.root()}));
  world.ask("with the old ones");
  REQUIRE(world.until([&] { return function.requests.size() == 2; }));
  std::filesystem::rename(kept, own);
  std::ofstream(own, std::ios::app) << "\n";  // another file
  CHECK(function.has_connections(1));
  CHECK(world.client->reconfigure(options, {function.root()}));
  world.ask("with the new ones");
  REQUIRE(world.until([&] { return function.requests.size() == 3; }));
  CHECK(function.has_connections(2));
  function.release();
  REQUIRE(world.until_done());
  CHECK(world.provisioned.size() == 3);
  CHECK(function.requests.size() == 3);
}

TEST_CASE("connections stay unless what they are made with is other") {
  World world;
  ScriptedFunction function(world.io);
  function.script = [](const Request&) { return Fault{.hold = true}; };
  Options options = one_by_one(hasty());
  options.http.version = http::Version::http2;
  world.start(options, {function.root()});
  std::size_t asked = 0;
  const auto asks = [&] {
    world.ask("d" + std::to_string(++asked));
    REQUIRE(world.until([&] { return function.asked() == asked; }));
  };
  asks();
  REQUIRE(world.client->reconfigure(options, {function.root()}));
  options.rate = 1'000;
  options.max_queue = 7;
  REQUIRE(world.client->reconfigure(options, {function.root()}));
  asks();
  CHECK(function.has_connections(1));
  options.token = "another";
  REQUIRE(world.client->reconfigure(options, {function.root()}));
  asks();
  CHECK(function.has_connections(2));
  function.release();
  REQUIRE(world.until_done());
  CHECK(world.provisioned.size() == 3);
}

TEST_CASE("what waits goes to the new address, what is under way ends at the old one") {
  World world;
  ScriptedFunction before(world.io);
  ScriptedFunction after(world.io);
  const base::Uri nobody{base::Scheme::http, base::Host(boost::asio::ip::address_v4::loopback()),
                         1};
  before.script = [](const Request&) { return Fault{.hold = true}; };
  Options options = one_by_one(hasty());
  options.http.max_connections = 1;
  world.start(options, {before.root()});
  world.ask("under-way");
  REQUIRE(world.until([&] { return before.asked() == 1; }));
  world.ask("waits");
  options.rate = 100;
  REQUIRE(world.client->reconfigure(options, {after.root()}));
  REQUIRE(world.until([&] { return world.provisioned.contains("waits"); }));
  before.release();
  REQUIRE(world.until_done());
  CHECK(world.provisioned.size() == 2);
  CHECK(before.asked() == 1);
  CHECK(after.asked() == 1);
  CHECK(world.client->answering().size() == 1);
  // Once more while nothing is under way, and to one that is not there and back.
  before.script = [](const Request&) { return std::nullopt; };
  REQUIRE(world.client->reconfigure(options, {nobody, before.root()}));
  world.ask_many(3, "third");
  REQUIRE(world.until_done());
  CHECK(world.provisioned.size() == 5);
  options.http.tls.ca = "/absent";
  CHECK_FALSE(world.client->reconfigure(options, {after.root()}));
  CHECK(world.client->answering().size() == 2);
}

TEST_CASE("an address that was left says nothing of those that are asked now") {
  World world;
  ScriptedFunction after(world.io);
  const auto shows = [&](const std::string& line) {
    return base::metrics::expose(world.metrics).find("\n" + line + "\n") != std::string::npos;
  };
  const base::Uri nobody{base::Scheme::http, base::Host(boost::asio::ip::address_v4::loopback()),
                         1};
  world.start(one_by_one(hasty()), {nobody});
  world.ask("waits");
  REQUIRE(world.until([&] { return shows("msggw_pf_up 0"); }));
  REQUIRE(world.client->reconfigure(one_by_one(hasty()), {after.root()}));
  CHECK(shows("msggw_pf_up 1"));
  REQUIRE(world.until_done());
  for (int i = 0; i < 20; ++i) world.turns({}, 1);
  CHECK(shows("msggw_pf_address_up{url=\"" + base::to_string(nobody) + "\"} Nan"));
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

}  // namespace msggw::client::test::client_test
