// SPDX-License-Identifier: Apache-2.0
// Access tokens for MSGin5G Servers: fetched, renewed, refused, and what becomes of messages
// meanwhile.
#include <doctest/doctest.h>

#include <algorithm>

#include "adapters/msgin5g/test_world.h"
#include "tests/support/events.h"

namespace msggw::msgin5g::token_test {
namespace {

using std::chrono::seconds;
using test::ScriptedServer;
using test::World;
using Answer = ScriptedServer::Answer;
using Names = std::vector<std::string>;

/// A token endpoint, which grants t1, t2, ... for an hour unless it is told to answer otherwise.
class Endpoint {
 public:
  explicit Endpoint(boost::asio::io_context& io) {
    http::ServerOptions options;
    options.name = "tokens";
    server_.emplace(base::Context{io, clock_, metrics_}, options,
                    [this](const http::Request& request, const http::Responder& responder) {
                      bodies.emplace_back(request.body);
                      if (is_silent) return;
                      if (other) return responder.respond(*other);
                      const std::string token = "t" + std::to_string(++granted);
                      responder.respond({200,
                                         "application/json",
                                         R"({"token_type":"Bearer","access_token":")" + token +
                                             R"(","expires_in":)" + lifetime + "}",
                                         {}});
                    });
  }
  TokenOptions options() const {
    TokenOptions token;
    token.endpoint.uri =
        base::parse_uri("http://127.0.0.1:" + std::to_string(server_->port()) + "/token").value();
    token.client_id = "gw-1";
    return token;
  }

  std::vector<std::string> bodies;
  std::optional<http::Response> other;
  bool is_silent = false;
  int granted = 0;
  std::string lifetime = "3600";

 private:
  base::Clock clock_;
  base::metrics::Registry metrics_;
  std::optional<http::Server> server_;
};

/// A gateway with one server, which wants a token.
struct Guarded {
  Guarded() {
    server.script = [this](const auto& request) {
      shown.push_back(request.authorization);
      return is_good(request.authorization) ? Answer{} : Answer{401, "", ""};
    };
  }
  Options options() {
    Options options;
    options.servers = {World::server("m5s-1", {server.root()})};
    options.servers[0].token = endpoint.options();
    options.probe_first = base::Duration{1};
    options.probe_most = base::Duration{20};
    return options;
  }
  double count(const std::string& name) { return world.metric(name); }
  double outcome(const std::string& name) {
    return count("msggw_server_token_requests_total{outcome=\"" + name + "\",server=\"m5s-1\"}");
  }

  World world;
  Endpoint endpoint{world.io};
  ScriptedServer server{world.io};
  Names shown;
  std::function<bool(const std::string&)> is_good = [](const auto&) { return true; };
};

TEST_CASE("a token is fetched before the first message, and shown with all") {
  Guarded far;
  far.world.start(far.options());
  far.world.send("m1");
  far.world.send("m2");
  far.world.send("of another", "x", 1);
  REQUIRE(far.world.until_ended(3));
  CHECK(far.shown == Names(3, "Bearer t1"));
  CHECK(far.endpoint.bodies ==
        Names{"grant_type=client_credentials&scope=msgs-msgdelivery&client_id=gw-1"});
  CHECK(far.outcome("granted") == 1);
}

TEST_CASE("registrations show it too") {
  Guarded far;
  far.server.script = [&](const auto& request) {
    far.shown.push_back(request.authorization);
    return Answer{204, "", ""};
  };
  far.world.register_devices();
  far.world.start(far.options());
  REQUIRE(far.world.until([&] { return far.world.state(0) == core::DeviceState::registered; }));
  CHECK(std::ranges::count(far.shown, "Bearer t1") == std::ssize(far.shown));
}

TEST_CASE("a token is renewed before its end, and used on while that fails") {
  Guarded far;
  far.world.start(far.options());
  far.world.send("m1");
  REQUIRE(far.world.until_ended(1));
  far.world.clock.skip(seconds{3'530});
  far.endpoint.other = http::Response{503, "text/html", "<html>", {}};
  REQUIRE(far.world.until([&] { return far.endpoint.bodies.size() == 2; }));
  far.world.send("m2");
  REQUIRE(far.world.until_ended(2));
  CHECK(far.shown.back() == "Bearer t1");
  far.world.clock.skip(seconds{70});  // and now it is over
  far.world.turns();
  far.world.send("m3");
  far.world.turns();
  CHECK(far.shown.size() == 2);
  far.endpoint.other.reset();
  REQUIRE(far.world.until_ended(3));
  CHECK(far.shown.back() == "Bearer t2");
}

TEST_CASE("401 fetches a new token, once, and the message goes with it") {
  Guarded far;
  far.is_good = [](const std::string& shown) { return shown != "Bearer t1"; };
  far.world.start(far.options());
  for (std::uint32_t device = 0; device < 3; ++device) far.world.send("m", "x", device);
  REQUIRE(far.world.until_ended(3));
  CHECK(far.world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}") == 3);
  CHECK(far.endpoint.granted == 2);
  CHECK(std::ranges::count(far.shown, "Bearer t1") == 3);
  CHECK(std::ranges::count(far.shown, "Bearer t2") == 3);
  CHECK(far.count("msggw_server_tokens_rejected_total{server=\"m5s-1\"}") == 1);
  CHECK(far.world.adapter->servers()[0].addresses[0].answers);
}

TEST_CASE("a server that refuses every token is shown each one once, and nothing ends") {
  Guarded far;
  far.is_good = [](const std::string&) { return false; };
  far.world.start(far.options());
  far.world.send("m1");
  REQUIRE(far.world.until([&] { return far.shown.size() == 4; }));
  CHECK(far.shown == Names{"Bearer t1", "Bearer t2", "Bearer t3", "Bearer t4"});
  CHECK(far.world.ended() == 0);
  far.is_good = [](const std::string&) { return true; };
  REQUIRE(far.world.until_ended(1));
  CHECK(far.world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}") == 1);
}

TEST_CASE("without a token nothing is sent and nothing ends; that is told once") {
  Guarded far;
  bool tells_why = true;
  SUBCASE("the client is refused") {
    far.endpoint.other =
        http::Response{400, "application/json", R"({"error":"invalid_client"})", {}};
  }
  SUBCASE("a proxy's page") {
    far.endpoint.other = http::Response{404, "text/html", "<html>", {}};
  }
  SUBCASE("a page that says 200") {
    far.endpoint.other = http::Response{200, "text/html", "<html>", {}};
  }
  SUBCASE("silence") {
    far.endpoint.is_silent = true;
    tells_why = false;
  }
  msggw::test::Events events;
  far.world.start(far.options());
  far.world.send("m1");
  REQUIRE(far.world.until([&] { return far.endpoint.bodies.size() >= (tells_why ? 3u : 1u); }));
  far.world.turns();
  CHECK(far.server.requests.empty());
  CHECK(far.world.ended() == 0);
  if (tells_why) {
    CHECK(events.count("server_token_unavailable") == 1);
    const auto address = far.world.adapter->servers()[0].addresses[0];
    CHECK_FALSE(address.answers);
    CHECK(address.reason.starts_with("no access token: HTTP "));
    CHECK(far.count("msggw_server_token{server=\"m5s-1\"}") == 0);
    far.endpoint.other.reset();
    REQUIRE(far.world.until_ended(1));
    CHECK(events.count("server_token_available") == 1);
    CHECK(far.world.adapter->servers()[0].addresses[0].answers);
    CHECK(far.count("msggw_server_token{server=\"m5s-1\"}") == 1);
  }
}

TEST_CASE("a server whose token cannot be had is passed over for the next of its devices") {
  Guarded far;
  far.endpoint.other = http::Response{503, "", "", {}};
  ScriptedServer second(far.world.io);
  Options options = far.options();
  options.servers.push_back(World::server("m5s-2", {second.root()}));
  far.world.start(options);
  const auto device = far.world.add_device({"m5s-1", "m5s-2"});
  far.world.send("m1", "x", device);
  REQUIRE(far.world.until_ended(1));
  CHECK(second.asked() == Names{"m1"});
  CHECK(second.requests[0].authorization.empty());
  CHECK(far.server.requests.empty());
}

TEST_CASE("a pause that the endpoint asks for is kept") {
  Guarded far;
  far.endpoint.other = http::Response{429, "", "", {{"retry-after", "1000"}}};
  far.world.start(far.options());
  REQUIRE(far.world.until([&] { return far.outcome("failed") == 1; }));
  far.endpoint.other.reset();
  far.world.clock.skip(seconds{290});
  far.world.turns();
  CHECK(far.endpoint.bodies.size() == 1);
  far.world.clock.skip(seconds{20});  // it is cut to 5 minutes
  REQUIRE(far.world.until([&] { return far.endpoint.granted == 1; }));
}

}  // namespace
}  // namespace msggw::msgin5g::token_test
