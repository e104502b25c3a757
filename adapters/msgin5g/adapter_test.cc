// SPDX-License-Identifier: Apache-2.0
// What MSGin5G Servers are answered, and who may call.
#include "adapters/msgin5g/adapter.h"

#include <doctest/doctest.h>

#include "adapters/msgin5g/test_world.h"
#include "adapters/wire/tls/test_certificates.h"
#include "tests/support/events.h"

namespace msggw::msgin5g {
namespace {

using test::ScriptedServer;
using test::World;

constexpr const char* kMessage = "/msgg-n3gdelivery/v1/deliver-message";
constexpr const char* kReport = "/msgg-n3gdelivery/v1/deliver-report";

std::string message_to(const std::string& device, const std::string& id = "m1",
                       const std::string& payload = "READ") {
  return R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"destAddr":{"addrType":"UE","addr":")" +
         device + R"("},"msgId":")" + id + R"(","payload":")" + payload + "\"}";
}

std::string report_to(const std::string& device) {
  return R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"destAddr":{"addrType":"UE","addr":")" +
         device + R"("},"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})";
}

Options options_for(const ScriptedServer& server) {
  Options options;
  options.servers = {World::server("m5s-1", {server.root()})};
  return options;
}

/// The status, and the cause if there is one.
std::string answered(World& world, std::size_t number) {
  REQUIRE(world.until([&] { return world.answers[number].has_value(); }));
  const auto& answer = *world.answers[number];
  if (answer.body.empty()) return std::to_string(answer.status);
  const auto problem = boost::json::parse(answer.body).as_object();
  const auto* const cause = problem.if_contains("cause");
  return std::to_string(answer.status) +
         (cause == nullptr ? "" : " " + std::string(cause->as_string()));
}

TEST_CASE("204 says that the message is durable, and the device gets it") {
  World world;
  const ScriptedServer server(world.io);
  world.start(options_for(server));
  world.commits = false;
  const auto number = world.post(kMessage, message_to("svc-d0"));
  const auto report = world.post(kReport, report_to("svc-d0"));
  REQUIRE(world.until([&] { return world.metric("msggw_server_open_requests") == 2; }));
  world.turns();
  CHECK_FALSE(world.answers[number]);
  CHECK_FALSE(world.adapter->idle());
  world.commits = true;
  CHECK(answered(world, number) == "204");
  CHECK(answered(world, report) == "204");
  CHECK(world.adapter->idle());
  world.messages.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const auto down = world.messages.next_down();
  REQUIRE(down);
  CHECK(scenario::message_of(down->carried).content == "READ");
}

TEST_CASE("a message that comes again is answered as the first was, and goes once") {
  World world;
  const ScriptedServer server(world.io);
  world.start(options_for(server));
  for (int i = 0; i < 2; ++i)
    CHECK(answered(world, world.post(kMessage, message_to("svc-d0"))) == "204");
  CHECK(world.messages.metric("msggw_messages_repeated_total") == 1);
}

TEST_CASE("what is refused, with status and cause") {
  messages::Limits limits;
  limits.max_messages_per_device = 1;
  limits.max_content_octets = 100;
  World world(limits);
  const ScriptedServer server(world.io);
  world.start(options_for(server));
  const auto ask = [&](const std::string& path, const std::string& body) {
    return answered(world, world.post(path, body));
  };
  CHECK(ask(kMessage, message_to("nobody")) == "404 RECIPIENT_NOT_FOUND");
  CHECK(ask(kReport, report_to("nobody")) == "404 RECIPIENT_NOT_FOUND");
  CHECK(ask("/msgg-l3gdelivery/v1/deliver-message", message_to("svc-d0")) ==
        "404 RECIPIENT_NOT_FOUND");
  CHECK(ask(kMessage, message_to("svc-d0", "m1", std::string(101, 'x'))) ==
        "413 PAYLOAD_TOO_LARGE");
  CHECK(ask(kMessage, "{}") == "400 MANDATORY_IE_MISSING");
  CHECK(ask(kMessage, message_to("svc-d0")) == "204");
  CHECK(ask(kMessage, message_to("svc-d0", "m2")) == "429 NF_CONGESTION_RISK");
  CHECK(world.answers.back()->retry_after == limits.retry_after);
  world.messages.devices().gateway().turn().set_store_in_place(false);
  CHECK(ask(kMessage, message_to("svc-d1")) == "503 NF_CONGESTION");
  CHECK(world.answers.back()->retry_after == limits.retry_after);
}

TEST_CASE("limits of the gateway: messages, open requests, and the end of the process") {
  messages::Limits limits;
  limits.max_messages = 1;
  World world(limits);
  const ScriptedServer server(world.io);
  Options options = options_for(server);
  options.max_open_requests = 1;
  world.start(options);
  world.commits = false;
  const auto first = world.post(kMessage, message_to("svc-d0"));
  REQUIRE(world.until([&] { return world.metric("msggw_server_open_requests") == 1; }));
  CHECK(answered(world, world.post(kMessage, message_to("svc-d1"))) == "503 NF_CONGESTION");
  world.commits = true;
  CHECK(answered(world, first) == "204");
  CHECK(answered(world, world.post(kMessage, message_to("svc-d1"))) == "503 NF_CONGESTION");
  CHECK(world.answers.back()->retry_after == limits.retry_after);
  world.adapter->stop();
  CHECK(answered(world, world.post(kReport, report_to("svc-d1"))) == "503 NF_CONGESTION");
}

TEST_CASE("an answer for nobody is nobody's") {
  World world;
  const ScriptedServer server(world.io);
  world.start(options_for(server));
  world.adapter->answer({core::Ticket{77}, "m1", {}});
}

TEST_CASE("content is read by the encoding of its application") {
  World world;
  const ScriptedServer server(world.io);
  Options options = options_for(server);
  options.content_encoding = PayloadEncoding::base64;
  world.start(options);
  CHECK(answered(world, world.post(kMessage, message_to("svc-d0", "m1", "!"))) ==
        "400 OPTIONAL_IE_INCORRECT");
  CHECK(answered(world, world.post(kMessage, message_to("svc-d0", "m1", "aGk="))) == "204");
  world.messages.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  CHECK(scenario::message_of(world.messages.next_down()->carried).content == "hi");
  options.text_apps = {"chat"};
  CHECK(Encodings(options).of("chat") == PayloadEncoding::text);
  CHECK(Encodings(options).of("") == PayloadEncoding::base64);
}

TEST_CASE("a token that is set must be shown") {
  World world;
  const ScriptedServer server(world.io);
  Options options = options_for(server);
  options.token = "secret";
  world.start(options);
  const auto with = [&](const std::string& authorization) {
    return answered(world, world.post(kMessage, message_to("svc-d0"), authorization));
  };
  CHECK(with("") == "401");
  CHECK(with("Bearer other") == "401");
  CHECK(with("Basic secret") == "401");
  CHECK(with("Bearer secret") == "204");
}

std::string start_error(const Options& options) {
  World world;
  try {
    world.start(options);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("nobody listens to a network that may say anything") {
  Options options;
  options.address = boost::asio::ip::address_v4::any();
  CHECK(start_error(options).starts_with(
      "[msgin5g] address: '0.0.0.0' is open to the network, and whoever reaches it could pass"));
  options.token = "secret";
  CHECK(start_error(options).starts_with(
      "[msgin5g] address: '0.0.0.0' is open to the network in cleartext"));
  options.allow_cleartext = true;
  CHECK(start_error(options).empty());
  const tls::test::Certificates certificates;
  options.token.clear();
  options.tls.client_ca = certificates.pem("ca");
  CHECK_FALSE(start_error(options).empty());  // it is of no use without a certificate of ours
  options = {};
  options.address = boost::asio::ip::address_v4::any();
  options.tls = {certificates.pem("server"), certificates.key("server"), {}};
  CHECK_FALSE(start_error(options).empty());  // a certificate of ours says nothing of who calls
  options.tls.client_ca = certificates.pem("ca");
  CHECK(start_error(options).empty());
  options.tls.key = "/no/such";
  CHECK_FALSE(start_error(options).empty());
  options = {};
  ServerOptions far = World::server("far", {});
  far.http.tls.ca = "/no/such";
  options.servers = {far};
  CHECK(start_error(options).starts_with("the MSGin5G Server far: "));
}

TEST_CASE("certificates are read again, and bad ones leave the old") {
  const tls::test::Certificates certificates;
  World world;
  const ScriptedServer server(world.io);
  Options options = options_for(server);
  options.tls = {certificates.pem("server"), certificates.key("server"), {}};
  options.servers[0].http.tls.ca = certificates.pem("ca");
  world.start(options);
  {
    const msggw::test::Events events;
    world.reload(options);
    CHECK(events.count("server_reloaded") == 1);
  }
  Options other = options;
  other.token.clear();
  other.tls.certificate = certificates.write("own.pem", "none");
  CHECK_THROWS_AS(world.reload(other), std::runtime_error);
  certificates.write("ca.pem", "none");
  const msggw::test::Events events;
  world.reload(options);
  CHECK(events.count("server_reload_failed") == 1);
  CHECK(events.count("server_reloaded") == 0);
  world.send("m1");
  REQUIRE(world.until_ended(1));
}

}  // namespace
}  // namespace msggw::msgin5g
