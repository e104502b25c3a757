// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/adapter.h"

#include <doctest/doctest.h>

#include "adapters/mqtt/test_world.h"

namespace msggw::mqtt::test {

TEST_CASE("a device registers and gets its Service ID, retained; every version and QoS") {
  Site site;
  int number = 0;
  for (const char* version : {"mqttv31", "mqttv311", "mqttv5"}) {
    for (const char* qos : {"0", "1", "2"}) {
      CAPTURE(version);
      CAPTURE(qos);
      const std::string id = "dev-" + std::to_string(number);
      Ear ear(site.world, site.port, on("msgin5g/" + id + "/registration", version));
      site.publish("msgin5g/" + id + "/register", R"({"vendor":"Acme"})", version, qos);
      CHECK(ear.hear_with("\"serviceId\":\"sid-" + std::to_string(number) + "\"") != "");
      ++number;
      Ear later(site.world, site.port, on("msgin5g/" + id + "/registration"));
      CHECK(later.hear_with("/registration 1  {") != "");  // retained
    }
  }
  CHECK(site.world.metric("msggw_mqtt_received_total{kind=\"register\"}") == number);
  CHECK(site.world.until([&] {
    return site.world.metric("msggw_mqtt_published_total{kind=\"registration\"}") == number;
  }));
  CHECK(site.world.metric("msggw_mqtt_connected") == 1);
}

TEST_CASE("what a device says of itself reaches the provisioning request") {
  Site site;
  site.world.provisioning = World::Provisioning::away;
  site.publish("msgin5g/x/register", R"({ "iccid" : 89490200001234567890 })");
  std::optional<core::ProvisioningAsk> ask;
  REQUIRE(site.world.until([&] {
    ask = site.world.gateway.journey().next_ask();
    return ask.has_value();
  }));
  CHECK(ask->info == R"({"iccid":89490200001234567890})");
}

TEST_CASE("the registration says what the device needs, on the topic that it wrote") {
  Site site;
  Ear ear(site.world, site.port, on("msgin5g/#"));
  site.publish("msgin5g/00-1B-63-84-45-E6/register", "");
  const auto message = ear.hear_with("/registration 0");
  CHECK(message ==
        "msgin5g/00-1B-63-84-45-E6/registration 0  "
        R"({"privateId":"001b638445e6","serviceId":"sid-0","serverServiceIds":["server-1"],)"
        R"("serviceInfo":{"segmentSize":2048},"state":"provisioned"})");
  site.publish("msgin5g/00:1b:63:84:45:e6/register", "{}");
  CHECK(ear.hear_with("00:1b:63:84:45:e6/registration 0  {\"privateId\":\"001b638445e6\","
                      "\"serviceId\":\"sid-0\"") != "");
}

TEST_CASE("a device that must wait is told pending, and later the end, also under its spelling") {
  core::Limits limits;
  limits.answer_within = base::Duration{50};
  Site site({}, limits);
  site.world.provisioning = World::Provisioning::away;
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  site.publish("msgin5g/00-1B-63-84-45-E6/register", "");
  CHECK(ear.hear_with("00-1B-63-84-45-E6/registration 0  {\"privateId\":\"001b638445e6\","
                      "\"state\":\"pending\",\"retryAfter\":10}") != "");
  Ear early(site.world, site.port, on("msgin5g/+/registration"));
  CHECK(early.hear_with("00-1B-63-84-45-E6/registration 1") != "");  // pending is retained

  site.world.provisioning = World::Provisioning::answers;
  CHECK(ear.hear_with("00-1B-63-84-45-E6/registration 0  {\"privateId\":\"001b638445e6\","
                      "\"serviceId\":\"sid-0\"") != "");
  Ear later(site.world, site.port, on("msgin5g/00-1B-63-84-45-E6/registration"));
  CHECK(later.hear_with("registration 1").find("sid-0") != std::string::npos);
}

TEST_CASE("a device that listens by an alias is told there, until the alias is taken away") {
  Site site;
  auto& gateway = site.world.gateway;
  const std::vector<std::string> aliases{"meter-42", "+15551234567"};
  const auto added = gateway.operations().add_device(
      {core::UeType::non_3gpp, "00-1B-63-84-45-E6", {}, aliases}, {});
  REQUIRE(added);
  Ear ear(site.world, site.port, on("msgin5g/meter-42/registration"));
  site.publish("msgin5g/meter-42/register", "");
  CHECK(ear.hear_with("0  {\"privateId\":\"001b638445e6\",\"serviceId\":\"sid-0\"") != "");
  REQUIRE(gateway.operations().suspend(added->device, site.world.clock.now()));
  CHECK(ear.hear_with("SUSPENDED") != "");
  REQUIRE(gateway.operations().resume(added->device));
  const auto is_empty = [](const std::string& message) { return message.ends_with(" 0  "); };
  SUBCASE("at once") {
    CHECK(gateway.operations().remove_alias(added->device, "meter-42") == true);
    CHECK(ear.hear(is_empty) != "");
    Ear later(site.world, site.port, on("msgin5g/#"));
    site.publish("msgin5g/x/register", "");
    CHECK(later.hear_with("msgin5g/x/registration") != "");
    for (const std::string& message : later.messages())
      CHECK(message.find("meter-42/registration 1") == std::string::npos);
  }
  SUBCASE("but not what stands there for the next device of that name") {
    CHECK(gateway.operations().remove_alias(added->device, "meter-42") == true);
    const auto other =
        gateway.operations().add_device({core::UeType::non_3gpp, "meter-42", {}}, {});
    REQUIRE(other);
    site.publish("msgin5g/meter-42/register", "");
    CHECK(ear.hear_with("\"serviceId\":\"sid-1\"") != "");
    Ear later(site.world, site.port, on("msgin5g/meter-42/registration"));
    CHECK(later.hear_with("registration 1").find("sid-1") != std::string::npos);
    // What was cleared stood there for the first one.
    const auto heard = ear.messages();
    REQUIRE_FALSE(heard.empty());
    CHECK(heard.back().find("sid-1") != std::string::npos);
  }
}

TEST_CASE("a device that waits by an alias is not told by it when it has another owner") {
  core::Limits limits;
  limits.answer_within = base::Duration{50};
  Site site({}, limits);
  auto& gateway = site.world.gateway;
  site.world.provisioning = World::Provisioning::away;
  const std::vector<std::string> aliases{"meter-42"};
  const auto added =
      gateway.operations().add_device({core::UeType::non_3gpp, "first", {}, aliases}, {});
  REQUIRE(added);
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  site.publish("msgin5g/meter-42/register", "");
  CHECK(ear.hear_with("meter-42/registration 0  {\"privateId\":\"first\",\"state\":\"pending\"") !=
        "");
  CHECK(gateway.operations().remove_alias(added->device, "meter-42") == true);
  REQUIRE(gateway.operations().add_device({core::UeType::non_3gpp, "meter-42", {}}, {}));
  site.world.until([&] { return !gateway.tables().durable_with(); });
  site.world.provisioning = World::Provisioning::answers;
  // What was posted for the first one went with its name.
  CHECK(ear.hear([](const std::string& message) {
    return message == "msgin5g/meter-42/registration 0  ";
  }) != "");
  for (const std::string& message : ear.messages()) {
    const bool of_the_other = message.find("msgin5g/meter-42/") != std::string::npos;
    CHECK_FALSE((of_the_other && message.find("sid-0") != std::string::npos));
  }
}

TEST_CASE("a refusal by policy is told, retained") {
  Site site;
  site.world.provisioning = World::Provisioning::refuses;
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  site.publish("msgin5g/x/register", "");
  const std::string refused =
      R"({"privateId":"x","state":"refused","cause":"POLICY_DENIED","detail":"not this one"})";
  CHECK(ear.hear_with("msgin5g/x/registration 0  " + refused) != "");
  Ear later(site.world, site.port, on("msgin5g/x/registration"));
  CHECK(later.hear_with("registration 1  " + refused) != "");
}

TEST_CASE("MQTT 5: the response topic gets the answer with its correlation data, not retained") {
  Options options;
  options.response_topics_beyond_prefix = true;
  Site site(options);
  Ear ear(site.world, site.port, on("answers/#"));
  const std::vector<std::string> rr{"-D", "publish", "response-topic",   "answers/7",
                                    "-D", "publish", "correlation-data", "abc-1"};
  site.publish("msgin5g/x/register", "", "mqttv5", "1", rr);
  CHECK(ear.hear_with("answers/7 0 abc-1 {\"privateId\":\"x\",\"serviceId\":\"sid-0\"") != "");
  Ear state(site.world, site.port, on("#"));
  CHECK(state.hear_with("msgin5g/x/registration 1  {\"privateId\":\"x\"") != "");
  site.publish("msgin5g/x/register", "not json", "mqttv5", "1", rr);
  CHECK(ear.hear_with(
            "answers/7 0 abc-1 {\"state\":\"refused\",\"cause\":\"INVALID_MSG_FORMAT\"") != "");
  site.publish("msgin5g/x/deregister", "", "mqttv5", "1", rr);
  CHECK(ear.hear_with("answers/7 0 abc-1 {\"privateId\":\"x\",\"state\":\"deregistered\"}") != "");
  for (const auto& message : state.messages()) {
    CAPTURE(message);
    CHECK(message.find("registration 0  {\"state\":\"refused\"") == std::string::npos);
    CHECK(message.find("answers/7 1") == std::string::npos);
  }
}

TEST_CASE("deregistering is answered and clears the retained registration") {
  Site site;
  Ear ear(site.world, site.port, on("msgin5g/x/registration"));
  site.publish("msgin5g/x/register", "");
  REQUIRE(ear.hear_with("sid-0") != "");
  site.publish("msgin5g/x/deregister", "", "mqttv311", "2");
  CHECK(ear.hear_with("registration 0  {\"privateId\":\"x\",\"state\":\"deregistered\"}") != "");
  CHECK(ear.hear([](const auto& message) { return message == "msgin5g/x/registration 0  "; }) !=
        "");
  site.publish("marker", "1", "mqttv5", "1", {"-r"});
  Ear later(site.world, site.port,
            {"-V", "mqttv5", "-t", "msgin5g/x/registration", "-t", "marker"});
  CHECK(later.hear_with("marker") != "");
  CHECK(later.messages().size() == 1);

  site.publish("msgin5g/x/deregister", "");
  CHECK(ear.hear_with("\"cause\":\"CONTEXT_NOT_FOUND\"") != "");
  site.publish("msgin5g/x/register", "");
  CHECK(ear.hear([n = 0](const auto& message) mutable {
    return message.find("sid-0") != std::string::npos && ++n == 2;
  }) != "");  // the same Service ID for ever
}

TEST_CASE(
    "a device that leaves before its answer leaves nothing behind, and each request is answered") {
  Site site;
  site.world.commits = false;
  Ear ear(site.world, site.port, on("#"));
  site.world.adapter->receive({"msgin5g/x/register", "", "msgin5g/x/a1", ""});
  site.world.adapter->receive({"msgin5g/x/deregister", "", "msgin5g/x/a2", ""});
  site.world.commits = true;
  CHECK(ear.hear_with("msgin5g/x/a1 0  {\"privateId\":\"x\",\"state\":\"deregistered\"}") != "");
  CHECK(ear.hear_with("msgin5g/x/a2 0  {\"privateId\":\"x\",\"state\":\"deregistered\"}") != "");
  Ear later(site.world, site.port, on("#"));
  site.publish("marker", "1");
  REQUIRE(later.hear_with("marker") != "");
  CHECK(later.messages().size() == 1);
}

TEST_CASE("status is tracked per device, also when it comes before the registration") {
  Site site;
  auto& world = site.world;
  site.publish("msgin5g/x/status", "online");
  site.publish("msgin5g/x/register", "");
  REQUIRE(world.until([&] { return world.gateway.tables().find_private_id("x").has_value(); }));
  const auto device = *world.gateway.tables().find_private_id("x");
  CHECK(world.until([&] { return world.adapter->is_online(device); }));
  CHECK(world.metric("msggw_mqtt_devices_online") == 1);

  {  // a device with a Last Will is cut off
    const Ear cut(world, site.port,
                  {"-V", "mqttv311", "-t", "none", "--will-topic", "msgin5g/x/status",
                   "--will-payload", "offline", "--will-qos", "1"});
  }
  CHECK(world.until([&] { return !world.adapter->is_online(device); }));
  CHECK(world.metric("msggw_mqtt_devices_online") == 0);
}

TEST_CASE("a request that was retained before is no act of the device, and clearing one is none") {
  const TempFolder folder;
  Broker broker({folder.path(), boost::asio::ip::address_v4::loopback(), 0, {}});
  Options options;
  options.port = broker.port();
  World world(options);
  const auto retain = [&](const char* topic, std::vector<std::string> body) {
    std::vector<std::string> words{
        "mosquitto_pub", "-p", std::to_string(broker.port()), "-q", "1", "-r", "-t", topic};
    words.insert(words.end(), body.begin(), body.end());
    REQUIRE(world.run(std::move(words)) == 0);
  };
  const auto received = [&](const std::string& kind) {
    return world.metric("msggw_mqtt_received_total{kind=\"" + kind + "\"}");
  };
  retain("msgin5g/old/register", {"-m", "{}"});
  retain("msgin5g/x/deregister", {"-m", "x"});
  retain("msgin5g/x/status", {"-m", "online"});  // that is how it stands, and no act
  Ear ear(world, broker.port(), on("msgin5g/+/registration"));
  world.adapter->start();
  REQUIRE(world.until([&] { return received("status") == 1; }));
  // One that is retained now is an act now, from any version.
  retain("msgin5g/x/register", {"-m", "{}"});
  CHECK(ear.hear_with("msgin5g/x/registration 0  {\"privateId\":\"x\",\"serviceId\"") != "");
  CHECK(received("register") == 1);
  CHECK(received("deregister") == 0);
  const auto device = *world.gateway.tables().find_private_id("x");
  CHECK(world.adapter->is_online(device));
  for (const char* topic :
       {"msgin5g/old/register", "msgin5g/x/register", "msgin5g/x/deregister", "msgin5g/x/status"}) {
    retain(topic, {"-n"});
  }
  CHECK(world.until([&] { return received("clearing") == 4; }));
  CHECK(received("register") == 1);
  CHECK(received("deregister") == 0);
  CHECK(world.adapter->is_online(device));
  CHECK(world.gateway.tables().devices() == 1);
}

TEST_CASE("what the gateway publishes is never read back as a request") {
  Site site;
  site.publish("msgin5g/x/register", "");
  REQUIRE(site.world.until(
      [&] { return site.world.metric("msggw_mqtt_published_total{kind=\"registration\"}") == 1; }));
  site.publish("msgin5g/x/deregister", "");
  REQUIRE(site.world.until(
      [&] { return site.world.metric("msggw_mqtt_published_total{kind=\"clear\"}") == 1; }));
  CHECK(site.world.metric("msggw_mqtt_received_total{kind=\"other\"}") == 0);
  CHECK(site.world.metric("msggw_mqtt_received_total{kind=\"register\"}") == 1);
}

TEST_CASE("two gateways with a shared group serve each device once, and both work") {
  Options first;
  first.shared_group = "gws";
  first.client_id = "gw-1";
  Site site(first);
  Options second = first;
  second.client_id = "gw-2";
  second.port = site.port;
  World other(second);
  other.adapter->start();
  REQUIRE(other.until([&] { return other.adapter->is_connected(); }));
  std::vector<std::string> words{"sh", "-c",
                                 "for i in 1 2 3 4 5 6 7 8; do mosquitto_pub -q 1 -p " +
                                     std::to_string(site.port) +
                                     " -t msgin5g/dev$i/register -n; done"};
  const std::string received = "msggw_mqtt_received_total{kind=\"register\"}";
  Program devices(std::move(words));
  CHECK(site.world.until([&] {
    other.turn();
    return site.world.metric(received) + other.metric(received) == 8;
  }));
  CHECK(site.world.metric(received) > 0);
  CHECK(other.metric(received) > 0);
}

TEST_CASE("what comes by the broker is one source, whose first contacts are limited") {
  core::Limits limits;
  limits.first_contacts_per_broker = 1;
  World world({}, limits);
  for (int i = 0; i < 50; ++i)
    world.adapter->receive({"msgin5g/d" + std::to_string(i) + "/register", "", "", ""});
  const auto known = world.gateway.tables().devices();
  CHECK(known >= 10);
  CHECK(known < 50);
  CHECK(world.metric("msggw_first_contacts_limited_total{bearer=\"mqtt\"}") == 50 - known);
  const auto device = world.gateway.tables().find_private_id("d0");
  REQUIRE(device);
  CHECK(world.gateway.operations().is_selected(*device, {{}, {}, base::broker_source()}));
}

TEST_CASE("the broker may be a unix socket") {
  const TempFolder folder;
  const std::string path = (folder.path() / "s").string();
  Options options;
  options.host = parse_broker_host(path).value();
  Site site(options, {}, "listener 0 " + path + "\n");
  Ear ear(site.world, site.port, on("msgin5g/x/registration"));
  site.publish("msgin5g/x/register", "");
  CHECK(ear.hear_with("sid-0") != "");
}

TEST_CASE("the broker may have a name") {
  Options options;
  options.host = parse_broker_host("localhost").value();
  Site site(options);
  CHECK(site.world.metric("msggw_mqtt_connected") == 1);
}

}  // namespace msggw::mqtt::test
