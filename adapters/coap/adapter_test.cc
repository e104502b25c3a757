// SPDX-License-Identifier: Apache-2.0
// Registration, refresh, reading and leaving, over real datagrams.
#include "adapters/coap/adapter.h"

#include <doctest/doctest.h>

#include "adapters/coap/test_world.h"

namespace msggw::coap_adapter::test {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The handle path of a new registration ("rd/p3fGZ0vUQ6m1h0eZbq8yTA").
std::string enrolled(Device& device, std::string_view private_id, int mid) {
  const Message answer = device.ask(request(kPost, "rd?ep=" + std::string(private_id), mid));
  REQUIRE(answer.code_text() == "2.01");
  return answer.location().substr(1);
}

TEST_CASE("a new device gets its Service ID on the acknowledgement, once its row is durable") {
  World world;
  Device device(world);
  world.commits = false;
  device.send(request(kPost, "rd?ep=00-1B-63-84-45-E6", 1));
  REQUIRE(world.until([&] { return world.gateway.tables().devices() == 1; }));
  CHECK(device.nothing_comes());
  world.commits = true;

  const Message answer = device.receive();
  CHECK(answer.type == kAck);
  CHECK(answer.mid == 1);
  CHECK(answer.token == "T1");
  CHECK(answer.code_text() == "2.01");
  CHECK(answer.uint_option(kContentFormat) == 50);
  CHECK(contains(answer.location(), "/rd/"));
  CHECK(contains(answer.payload, R"("serviceId":"sid-0")"));
  CHECK(contains(answer.payload, R"("segmentSize":2048)"));
  CHECK(world.metric("msggw_coap_open_exchanges") == 0);
  CHECK(world.metric("msggw_coap_requests_total{method=\"POST\"}") == 1);
  CHECK(world.metric("msggw_coap_responses_total{code=\"2.01\"}") == 1);
}

TEST_CASE("a known device is asked for once, whatever spelling it uses") {
  World world;
  Device device(world);
  const std::string handle = enrolled(device, "00-1B-63-84-45-E6", 1);
  const Message again = device.ask(request(kPost, "rd?ep=00:1b:63:84:45:e6", 2));
  CHECK(again.code_text() == "2.01");
  CHECK(again.location() != "/" + handle);
  CHECK(device.ask(request(kGet, handle, 3)).code_text() == "4.04");
  CHECK(world.asks == 1);
}

TEST_CASE("the lifetime that was asked for is in the answer") {
  World world;
  Device device(world);
  const Message answer = device.ask(request(kPost, "rd?ep=a&lt=600&d=&base=coap://x", 1));
  CHECK(contains(answer.payload, R"("lifetime":600)"));
}

TEST_CASE("a registration is read, refreshed and ended by its handle") {
  World world;
  Device device(world);
  const std::string handle = enrolled(device, "meter-7", 1);

  const Message read = device.ask(request(kGet, handle, 2));
  CHECK(read.code_text() == "2.05");
  CHECK(contains(read.payload, R"("serviceId":"sid-0")"));

  const Message refreshed = device.ask(request(kPost, handle + "?lt=700", 3));
  CHECK(refreshed.code_text() == "2.04");
  CHECK(contains(refreshed.payload, R"("lifetime":700)"));

  const Message ended = device.ask(request(kDelete, handle, 4));
  CHECK(ended.code_text() == "2.02");
  CHECK(ended.payload.empty());
  CHECK(device.ask(request(kGet, handle, 5)).code_text() == "4.04");
  CHECK(device.ask(request(kPost, handle, 6)).code_text() == "4.04");
  CHECK(device.ask(request(kDelete, handle, 7)).code_text() == "4.04");

  CHECK(enrolled(device, "meter-7", 8) != handle);
  CHECK(world.asks == 1);
}

TEST_CASE("who asks for registrations that there are not is slowed down, for these alone") {
  Options options;
  options.wrong_handles_per_address = 1;
  World world(options);
  Device device(world);
  int mid = 0;
  const std::string good = enrolled(device, "a", ++mid);
  std::map<std::string, int> codes;
  const char* const wrong = "rd/AAAAAAAAAAAAAAAAAAAAAA";
  for (int i = 0; i < 5; ++i) {
    for (const int method : {kGet, kPost, kDelete})
      ++codes[device.ask(request(method, wrong, ++mid)).code_text()];
  }
  CHECK(codes["4.04"] == 10);  // ten seconds' worth
  CHECK(codes["4.29"] == 5);
  CHECK(world.metric("msggw_coap_refused_total{reason=\"wrong_handles\"}") == 5);
  CHECK(device.ask(request(kGet, good, ++mid)).code_text() == "2.05");
  CHECK(device.ask(request(kPost, "rd?ep=b", ++mid)).code_text() == "2.01");
}

TEST_CASE("the answer is CBOR for a CBOR body or an Accept, JSON otherwise") {
  World world;
  Device device(world);
  Message cbor = request(kPost, "rd?ep=a", 1,
                         "\xA1\x66vendor\x64"
                         "Acme");
  cbor.options.emplace_back(kContentFormat, uint_value(60));
  const Message answer = device.ask(cbor);
  CHECK(answer.code_text() == "2.01");
  CHECK(answer.uint_option(kContentFormat) == 60);
  CHECK((static_cast<unsigned char>(answer.payload[0]) & 0xE0) == 0xA0);

  Message both = request(kPost, "rd?ep=b", 2, R"({"vendor":"Acme"})");
  both.options.emplace_back(kContentFormat, uint_value(50));
  both.options.emplace_back(kAccept, uint_value(60));
  CHECK(device.ask(both).uint_option(kContentFormat) == 60);

  CHECK(device.ask(request(kPost, "rd?ep=c", 3, "{}")).uint_option(kContentFormat) == 50);
  // An RFC 9176 endpoint without links: link-format, and nothing in it.
  Message links = request(kPost, "rd?ep=d", 4);
  links.options.emplace_back(kContentFormat, uint_value(40));
  CHECK(device.ask(links).code_text() == "2.01");
}

TEST_CASE("an endpoint of RFC 9176 or LwM2M registers with its links") {
  World world;
  Device device(world);
  const auto with_links = [&](const std::string& target, const std::string& body, int mid) {
    Message links = request(kPost, target, mid, body);
    links.options.emplace_back(kContentFormat, uint_value(40));
    return device.ask(links);
  };
  const Message answer = with_links("rd?ep=node-1", R"(</sensors/temp>;rt="temperature-c")", 1);
  CHECK(answer.code_text() == "2.01");
  CHECK(answer.uint_option(kContentFormat) == 50);
  const auto no = *world.gateway.tables().find_private_id("node-1");
  CHECK(world.gateway.tables().info(no) == R"({"links":"</sensors/temp>;rt=\"temperature-c\""})");
  CHECK(with_links("rd?ep=node-2&lwm2m=1.1&b=U", "</1/0>,</3/0>", 2).code_text() == "2.01");
  CHECK(with_links("rd?ep=node-3", "<" + std::string(900, 'x') + ">", 3).code_text() == "2.01");
  CHECK(with_links("rd?ep=node-4", "no link", 4).code_text() == "4.00");
  CHECK(with_links("rd?ep=node-4", "<\xff>", 5).code_text() == "4.00");
}

TEST_CASE("two endpoints of one name in two sectors are not taken for one device") {
  World world;
  Device device(world);
  CHECK(device.ask(request(kPost, "rd?ep=node1&d=hall-a", 1)).code_text() == "4.00");
}

TEST_CASE("a refresh that names another device is refused") {
  World world;
  Device device(world);
  const std::string handle = enrolled(device, "00-1B-63-84-45-E6", 1);
  CHECK(device.ask(request(kPost, handle + "?ep=other", 2)).code_text() == "4.00");
  CHECK(device.ask(request(kPost, handle + "?ep=00:1b:63:84:45:e6", 3)).code_text() == "2.04");
}

TEST_CASE("what a device says of itself reaches the provisioning request") {
  World world;
  Device device(world);
  world.provisioning = World::Provisioning::away;
  device.send(
      request(kPost, "rd?ep=a", 1, R"({ "vendor" : "Acme", "iccid" : 89490200001234567890 })"));
  REQUIRE(world.until([&] { return world.batches > 0; }));
  const auto ask = world.gateway.journey().next_ask();
  REQUIRE(ask.has_value());
  CHECK(ask->info == R"({"vendor":"Acme","iccid":89490200001234567890})");
}

TEST_CASE("a device that waits too long is told to come again") {
  core::Limits limits;
  limits.answer_within = base::Duration{50};
  limits.pending_retry_after = base::Duration{7'200};
  World world({}, limits);
  world.provisioning = World::Provisioning::away;
  Device device(world);
  const Message pending = device.ask(request(kPost, "rd?ep=a", 1));
  CHECK(pending.type == kAck);
  CHECK(pending.code_text() == "5.03");
  CHECK(pending.uint_option(kMaxAge) == 8);
  CHECK(pending.uint_option(kContentFormat) == 50);
  CHECK(contains(pending.payload, R"("state":"pending")"));

  world.provisioning = World::Provisioning::answers;
  CHECK(device.ask(request(kPost, "rd?ep=a", 2)).code_text() == "2.01");
}

TEST_CASE("a refusal by the Provisioning Function is 4.03 with its cause") {
  World world;
  world.provisioning = World::Provisioning::refuses;
  Device device(world);
  const Message refused = device.ask(request(kPost, "rd?ep=a", 1));
  CHECK(refused.code_text() == "4.03");
  CHECK(refused.uint_option(kContentFormat) == 50);
  CHECK(contains(refused.payload, R"("cause":"POLICY_DENIED")"));
  CHECK(contains(refused.payload, R"("detail":"not this one")"));
  CHECK(device.ask(request(kPost, "rd?ep=a", 2)).code_text() == "4.03");
}

TEST_CASE("too many new devices get 5.03 with Max-Age") {
  core::Limits limits;
  limits.max_devices = 1;
  World world({}, limits);
  Device device(world);
  enrolled(device, "a", 1);
  const Message overloaded = device.ask(request(kPost, "rd?ep=b", 2));
  CHECK(overloaded.code_text() == "5.03");
  CHECK(overloaded.uint_option(kMaxAge) == 10);
  CHECK(contains(overloaded.payload, "max_devices"));
}

TEST_CASE("above the limit of open requests a request is refused at once") {
  Options options;
  options.max_open_exchanges = 1;
  World world(options);
  world.commits = false;
  Device device(world);
  device.send(request(kPost, "rd?ep=a", 1));
  const Message refused = device.ask(request(kPost, "rd?ep=b", 2));
  CHECK(refused.mid == 2);
  CHECK(refused.code_text() == "5.03");
  CHECK(refused.uint_option(kMaxAge).has_value());
  CHECK(world.metric("msggw_coap_refused_total{reason=\"too_many_open\"}") == 1);
  world.commits = true;
  CHECK(device.receive().mid == 1);
  CHECK(device.nothing_comes());
}

TEST_CASE("a stopped adapter takes nothing new and still answers what it had taken") {
  World world;
  world.commits = false;
  Device device(world);
  device.send(request(kPost, "rd?ep=a", 1));
  REQUIRE(world.until([&] { return world.gateway.tables().devices() == 1; }));
  world.adapter.stop();
  const Message refused = device.ask(request(kPost, "rd?ep=b", 2));
  CHECK(refused.mid == 2);
  CHECK(refused.code_text() == "5.03");
  world.commits = true;
  const Message answer = device.receive();
  CHECK(answer.mid == 1);
  CHECK(answer.code_text() == "2.01");
}

TEST_CASE("many devices at once are all answered") {
  World world;
  std::vector<Device> devices;
  for (int i = 0; i < 200; ++i) devices.emplace_back(world);
  for (int i = 0; i < 200; ++i)
    devices[static_cast<std::size_t>(i)].send(request(kPost, "rd?ep=n" + std::to_string(i), i));
  for (int i = 0; i < 200; ++i) {
    const Message answer = devices[static_cast<std::size_t>(i)].receive();
    CHECK(answer.code_text() == "2.01");
    const auto device = world.gateway.tables().find_private_id("n" + std::to_string(i));
    REQUIRE(device.has_value());
    CHECK(contains(answer.payload, '"' + world.gateway.tables().device(*device).service_id + '"'));
  }
  for (int i = 0; i < 200; ++i)
    CHECK(devices[static_cast<std::size_t>(i)]
              .ask(request(kPost, "rd?ep=n" + std::to_string(i), 1000 + i))
              .code_text() == "2.01");
  CHECK(world.metric("msggw_coap_sessions") == 0);  // nothing is kept of any
}

}  // namespace
}  // namespace msggw::coap_adapter::test
