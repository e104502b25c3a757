// SPDX-License-Identifier: Apache-2.0
// What devices must not be able to do.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fstream>

#include "adapters/mqtt/test_world.h"

namespace msggw::mqtt::test::hostile_test {

namespace {

using namespace std::string_literals;
using tcp = boost::asio::ip::tcp;

double refused(const World& world, const std::string& reason) {
  return world.metric("msggw_mqtt_refused_total{reason=\"" + reason + "\"}");
}

/// A device that speaks octets of its own.
struct RawDevice {
  explicit RawDevice(std::uint16_t port, int version = 4) : socket(io) {
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), port});
    send(version == 4 ? "\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01r"s
                      : "\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01r"s);
    char connack[4];
    boost::asio::read(socket, boost::asio::buffer(connack));
  }
  void send(const std::string& octets) {
    boost::system::error_code ignored;
    boost::asio::write(socket, boost::asio::buffer(octets), ignored);
  }
  void publish(const std::string& topic, const std::string& body) {
    const std::size_t size = 2 + topic.size() + body.size();
    std::string packet("\x30");
    for (std::size_t rest = size;; rest >>= 7) {
      packet.push_back(static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
      if (rest <= 0x7f) break;
    }
    packet.push_back(static_cast<char>(topic.size() >> 8));
    packet.push_back(static_cast<char>(topic.size()));
    send(packet + topic + body);
  }

  boost::asio::io_context io;
  tcp::socket socket;
};

}  // namespace

TEST_CASE("each wrong request gets a clear refusal, not retained, and is counted") {
  struct Case {
    std::string topic;
    std::string body;
    std::string cause;
    std::string detail;
    std::string reason;
  };
  const std::vector<Case> cases{
      {"x/register", "not json", "INVALID_MSG_FORMAT", "", "malformed"},
      {"x/register", "[1]", "INVALID_MSG_FORMAT", "", "malformed"},
      {"x/register", "{\"a\":1,\"a\":2}", "INVALID_MSG_FORMAT", "", "malformed"},
      {"x/register", "{\"a\":\"\xff\"}", "INVALID_MSG_FORMAT", "", "malformed"},
      {"x/register", "{\"a\":\"" + std::string(1000, 'a') + "\"}", "PAYLOAD_TOO_LARGE", "",
       "too_large"},
      {"x/register", std::string(5000, ' '), "PAYLOAD_TOO_LARGE", "more than 4096 octets",
       "too_large"},
      {std::string(129, 'x') + "/register", "", "PAYLOAD_TOO_LARGE", "", "too_large"},
      {"/register", "", "MANDATORY_IE_MISSING", "Private ID", "missing"},
      {"/status", "online", "MANDATORY_IE_MISSING", "Private ID", "missing"},
      {"x/status", "ONLINE", "MANDATORY_IE_INCORRECT", "online or offline", "incorrect"},
      {"nobody/deregister", "", "CONTEXT_NOT_FOUND", "", "unknown_device"},
  };
  Site site;
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  for (const Case& wrong : cases) {
    CAPTURE(wrong.topic);
    CAPTURE(wrong.body);
    const double before = refused(site.world, wrong.reason);
    const std::size_t heard = ear.messages().size();
    site.publish("msgin5g/" + wrong.topic, wrong.body);
    REQUIRE(site.world.until([&] { return ear.messages().size() > heard; }));
    const std::string message = ear.messages().back();
    CAPTURE(message);
    const std::string id = wrong.topic.substr(0, wrong.topic.find('/'));
    CHECK(message.starts_with("msgin5g/" + id +
                              "/registration 0  {\"state\":\"refused\",\"cause\":\"" + wrong.cause +
                              "\",\"detail\":\""));
    CHECK(message.find(wrong.detail) != std::string::npos);
    CHECK(refused(site.world, wrong.reason) == before + 1);
  }
  CHECK(site.world.gateway.tables().devices() == 0);
  site.publish("marker", "1", "mqttv5", "1", {"-r"});
  Ear later(site.world, site.port, on("#"));
  REQUIRE(later.hear_with("marker") != "");
  CHECK(later.messages().size() == 1);  // nothing was retained
}

TEST_CASE("a flood of wrong requests is refused in silence, and others are answered") {
  Options options;
  options.refusals_per_second = 1;  // and nine that were saved up
  Site site(options);
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  RawDevice flood(site.port);
  constexpr int kRequests = 40;
  for (int i = 0; i < kRequests; ++i) flood.publish("msgin5g/x/register", "}");
  REQUIRE(site.world.until([&] { return refused(site.world, "malformed") == kRequests; }));
  site.publish("msgin5g/y/register", "");
  REQUIRE(ear.hear_with("msgin5g/y/registration 0  {\"privateId\":\"y\",\"serviceId\"") != "");
  const auto told =
      static_cast<double>(std::ranges::count_if(ear.messages(), [](const std::string& message) {
        return message.find("INVALID_MSG_FORMAT") != std::string::npos;
      }));
  CHECK(told >= 10);
  CHECK(told < kRequests);
  CHECK(site.world.metric("msggw_mqtt_refusals_untold_total") == kRequests - told);
}

TEST_CASE("what a device puts into a message cannot take the gateway from its broker") {
  Site site;
  RawDevice device(site.port, 5);
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  int number = 0;
  const auto with = [](const std::string& properties) {
    return static_cast<char>(properties.size()) + properties;
  };
  for (const std::string& wrong :
       {"\x01\x02"s, "\x08\x00\x00"s, "\x08\x00\x01#"s, "\x08\x00\x0cmsgin5g/x0/+"s}) {
    const std::string id = "x" + std::to_string(number++);
    device.publish("msgin5g/" + id + "/register", with(wrong));
    CHECK(ear.hear_with("msgin5g/" + id + "/registration 0  {\"privateId\"") != "");
  }
  CHECK(refused(site.world, "property") == number);
  CHECK(site.world.metric("msggw_mqtt_wrong_packets_total") == 0);
  CHECK(site.world.metric("msggw_mqtt_reconnects_total") == 0);
}

TEST_CASE("a bad request does not take the place of a good registration") {
  Site site;
  Ear ear(site.world, site.port, on("msgin5g/x/registration"));
  site.publish("msgin5g/x/register", "");
  REQUIRE(ear.hear_with("sid-0") != "");
  site.publish("msgin5g/x/register", "}");
  REQUIRE(ear.hear_with("refused") != "");
  Ear later(site.world, site.port, on("msgin5g/x/registration"));
  CHECK(later.hear_with("registration 1").find("sid-0") != std::string::npos);
}

TEST_CASE("payloads of a megabyte and more harm nobody") {
  Site site;
  const auto big = site.folder.path() / "big";
  const auto publish_file = [&](std::size_t octets) {
    std::ofstream(big) << std::string(octets, 'a');
    return site.world.run({"mosquitto_pub", "-p", std::to_string(site.port), "-q", "1", "-t",
                           "msgin5g/x/register", "-f", big.string()});
  };
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  CHECK(publish_file(1 << 20) == 0);
  CHECK(ear.hear_with("\"PAYLOAD_TOO_LARGE\",\"detail\":\"the message has more than 4096 octets") !=
        "");
  CHECK(publish_file(8 << 20) == 0);  // the broker keeps this one from us
  site.publish("msgin5g/y/register", "");
  CHECK(ear.hear_with("msgin5g/y/registration 0  {\"privateId\":\"y\",\"serviceId\"") != "");
  CHECK(refused(site.world, "too_large") == 1);
  CHECK(site.world.adapter->is_connected());
  CHECK(site.world.metric("msggw_mqtt_reconnects_total") == 0);
}

TEST_CASE("a response topic cannot make the gateway speak for others, or to itself") {
  Site site;
  Ear ear(site.world, site.port, on("#"));
  double count = 0;
  for (const char* topic : {"msgin5g/victim/registration", "msgin5g/x/register", "msgin5g/x/status",
                            "homeassistant/lock/front/set"}) {
    CAPTURE(topic);
    site.publish("msgin5g/x/register", "", "mqttv5", "1",
                 {"-D", "publish", "response-topic", topic});
    REQUIRE(site.world.until([&] { return refused(site.world, "response_topic") == count + 1; }));
    ++count;
  }
  site.publish("msgin5g/x/register", "", "mqttv5", "1",
               {"-D", "publish", "response-topic", "r", "-D", "publish", "correlation-data",
                std::string(Topics::kMostCorrelationOctets + 1, 'c')});
  REQUIRE(site.world.until([&] { return refused(site.world, "response_topic") == count + 1; }));
  site.publish("msgin5g/last/register", "");
  REQUIRE(ear.hear_with("msgin5g/last/registration") != "");
  for (const auto& message : ear.messages()) CHECK(message.find("victim") == std::string::npos);
  CHECK(site.world.metric("msggw_mqtt_received_total{kind=\"register\"}") == 6);
  CHECK(site.world.metric("msggw_mqtt_published_total{kind=\"response\"}") == 0);
}

TEST_CASE("octets that no client library would send") {
  Site site;
  Ear ear(site.world, site.port, on("#"));
  const std::vector<std::string> topics{
      "msgin5g/\xff\xfe/register",
      "msgin5g/a\nb/register",
      std::string("msgin5g/a\0b/register", 20),
      "msgin5g/+/register",
      "msgin5g/#",
      "$share/g/msgin5g/x/register",
      "msgin5g/\xc2\x85/register",
      "msgin5g/x/y/register",
      "msgin5g//register",
      "/register",
      std::string(60'000, 'x'),
      "msgin5g/" + std::string(60'000, 'x') + "/register",
  };
  for (const auto& topic : topics) {
    RawDevice(site.port).publish(topic, "{}");
  }
  RawDevice(site.port).send(std::string("\x30\xff\xff\xff\xff\xff", 6));
  RawDevice(site.port).send(std::string("\x82\x01\x00", 3));
  {
    RawDevice flood(site.port);
    for (int i = 0; i < 2000; ++i) flood.publish("msgin5g//register", "x");
    flood.publish("msgin5g/good/register", "");
    CHECK(ear.hear_with("msgin5g/good/registration 0  {\"privateId\":\"good\",\"serviceId\"") !=
          "");
  }
  CHECK(site.world.gateway.tables().devices() == 1);
  CHECK(refused(site.world, "missing") >= 2000);
  CHECK(site.world.metric("msggw_mqtt_reconnects_total") == 0);
}

TEST_CASE("what a broker should have kept from us is refused by us") {
  Site site;
  const auto receive = [&](std::string_view topic, std::string_view body) {
    site.world.adapter->receive({topic, body, "a/+/b", "c"});
  };
  receive("msgin5g/a\nb/register", "");
  receive("msgin5g/\xff/register", "");
  receive("msgin5g/\xff/status", "online");
  receive("msgin5g/\xff/deregister", "");
  CHECK(refused(site.world, "malformed") == 4);
  CHECK(refused(site.world, "unpublishable") == 4);
  CHECK(refused(site.world, "response_topic") == 4);
  receive("msgin5g/x/registration", "{}");
  receive("", "");
  CHECK(site.world.metric("msggw_mqtt_received_total{kind=\"other\"}") == 2);
  CHECK(site.world.gateway.tables().devices() == 0);
  site.world.turn();
  CHECK(site.world.adapter->is_connected());
}

TEST_CASE("open requests have an end") {
  Options options;
  options.max_open_requests = 2;
  Site site(options);
  site.world.commits = false;
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  for (const char* id : {"a", "b", "c"})
    site.publish("msgin5g/" + std::string(id) + "/register", "");
  CHECK(ear.hear_with(
            "msgin5g/c/registration 0  {\"state\":\"refused\",\"cause\":\"NF_CONGESTION\"") != "");
  CHECK(site.world.gateway.tables().devices() == 2);
  site.world.commits = true;
  CHECK(ear.hear_with("msgin5g/b/registration 0  {\"privateId\":\"b\",\"serviceId\"") != "");
  site.publish("msgin5g/c/register", "");
  CHECK(ear.hear_with("msgin5g/c/registration 0  {\"privateId\":\"c\",\"serviceId\"") != "");
}

TEST_CASE("options that cannot work are configuration errors that name their key") {
  const auto says = [](const char* key, auto&& change) {
    Options options;
    change(options);
    CAPTURE(key);
    CHECK_THROWS_WITH_AS(World world(options), doctest::Contains(key), std::runtime_error);
  };
  says("mqtt.keep_alive", [](Options& o) { o.keep_alive = std::chrono::seconds(4); });
  says("mqtt.keep_alive", [](Options& o) { o.keep_alive = std::chrono::seconds(70'000); });
  CHECK_FALSE(parse_broker_host("").has_value());
  CHECK_FALSE(parse_broker_host("[::1]x").has_value());
  CHECK_FALSE(parse_broker_host("/" + std::string(107, 'x')).has_value());
  CHECK(to_string(parse_broker_host("/" + std::string(106, 'x')).value()).size() == 107);
  CHECK(to_string(parse_broker_host("[::1]").value()) == "::1");
  says("mqtt.port", [](Options& o) { o.port = 0; });
  says("mqtt.client_id", [](Options& o) { o.client_id.clear(); });
  says("mqtt.client_id", [](Options& o) { o.client_id = "\xff"; });
  says("mqtt.topic_prefix", [](Options& o) { o.topic_prefix = "a/#"; });
  says("mqtt.ca", [](Options& o) { o.ca = "/nonexistent"; });
}

}  // namespace msggw::mqtt::test::hostile_test
