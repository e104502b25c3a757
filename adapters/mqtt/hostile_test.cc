// What devices, and brokers, must not be able to do.
#include <doctest/doctest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fstream>

#include "adapters/mqtt/test_world.h"

namespace msggw::mqtt::test {

namespace {

using tcp = boost::asio::ip::tcp;

double refused(const World& world, const std::string& reason) {
  return world.metric("msggw_mqtt_refused_total{reason=\"" + reason + "\"}");
}

/// A device that speaks octets of its own.
struct RawDevice {
  explicit RawDevice(std::uint16_t port) : socket(io) {
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), port});
    send(std::string("\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01r", 15));
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
      {"x/register", std::string(5000, ' '), "PAYLOAD_TOO_LARGE", "5000 octets", "too_large"},
      {std::string(129, 'x') + "/register", "", "PAYLOAD_TOO_LARGE", "", "too_large"},
      {"/register", "", "MANDATORY_IE_MISSING", "Private ID", "missing"},
      {"/status", "online", "MANDATORY_IE_MISSING", "Private ID", "missing"},
      {"x/status", "ONLINE", "MANDATORY_IE_INCORRECT", "online or offline", "incorrect"},
      {"x/status", "", "MANDATORY_IE_INCORRECT", "online or offline", "incorrect"},
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
  CHECK(ear.hear_with("\"PAYLOAD_TOO_LARGE\",\"detail\":\"the message has 1048576 octets") != "");
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
  for (const char* topic :
       {"msgin5g/victim/registration", "msgin5g/x/register", "msgin5g/x/status"}) {
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
  CHECK(site.world.metric("msggw_mqtt_received_total{kind=\"register\"}") == 5);
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

/// A broker that says what it is told to.
struct FakeBroker {
  FakeBroker() : acceptor(io, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
    acceptor.non_blocking(true);
  }
  Options options() const {
    Options options;
    options.port = acceptor.local_endpoint().port();
    options.reconnect_first = base::Duration{5};
    options.reconnect_most = base::Duration{20};
    return options;
  }
  /// The next connection of the gateway, whose CONNECT has come.
  tcp::socket accept(World& world) {
    tcp::socket peer(io);
    const bool connected = world.until([&] {
      boost::system::error_code error;
      acceptor.accept(peer, error);
      return !error;
    });
    if (!connected || !world.until([&] { return peer.available() > 0; }))
      throw std::runtime_error("the gateway does not connect");
    peer.non_blocking(false);
    read(peer);
    return peer;
  }
  /// What has come.
  static std::string read(tcp::socket& peer) {
    std::string octets(peer.available(), '\0');
    boost::asio::read(peer, boost::asio::buffer(octets));
    return octets;
  }
  static void say(tcp::socket& peer, const std::string& octets) {
    boost::asio::write(peer, boost::asio::buffer(octets));
  }

  boost::asio::io_context io;
  tcp::acceptor acceptor;
};

const std::string kConnack("\x20\x03\x00\x00\x00", 5);

std::string publication(const std::string& topic, int id, const std::string& properties = {}) {
  std::string body{0, static_cast<char>(topic.size())};
  body += topic;
  body += {static_cast<char>(id >> 8), static_cast<char>(id), static_cast<char>(properties.size())};
  body += properties;
  return std::string("\x32") + static_cast<char>(body.size()) + body;
}

/// A gateway at such a broker.
struct FakeSite {
  FakeSite() : world(broker.options()) { world.adapter->start(); }

  /// CONNACK, and a SUBACK with those codes for the SUBSCRIBE that follows.
  void open(tcp::socket& peer, const std::string& connack = kConnack,
            const std::string& codes = "\1\1\1") {
    FakeBroker::say(peer, connack);
    if (!world.until([&] { return peer.available() > 0; }))
      throw std::runtime_error("the gateway does not subscribe");
    const std::string subscribe = FakeBroker::read(peer);
    const std::string body = subscribe.substr(2, 2) + std::string(1, '\0') + codes;
    FakeBroker::say(peer, "\x90" + std::string(1, static_cast<char>(body.size())) + body);
  }
  tcp::socket connect(const std::string& connack = kConnack) {
    tcp::socket peer = broker.accept(world);
    open(peer, connack);
    if (!world.until([&] { return world.adapter->is_connected(); }))
      throw std::runtime_error("the gateway does not connect");
    return peer;
  }
  bool reason_becomes(const std::string& wanted) {
    return world.until([&] { return world.adapter->reason().starts_with(wanted); });
  }

  FakeBroker broker;
  World world;
};

TEST_CASE("a broker that refuses or talks rubbish does not stop the loop, and it is told why") {
  struct Case {
    std::string octets;
    std::string reason;
  };
  using namespace std::string_literals;
  const std::vector<Case> cases{
      {"\x20\x03\x00\x87\x00"s, "refused by the broker: not authorized"},
      {"\x20\x02\x00\x01"s, "refused by the broker: unacceptable protocol version"},
      {"\x20\x03\x00\x84\x00"s, "refused by the broker: unsupported protocol version"},
      {kConnack + "\xe0\x01\x8e"s, "closed by the broker: session taken over"},
      {"\xff\xff\xff\xff\xff\xff"s, "AUTH with a length of over four octets"},
      {"HTTP/1.1 400 Bad Request\r\n\r\n" + std::string(80, ' '), "PUBACK with wrong flags"},
      {"\x20\x05\x00\x00\x02\x7f\x00"s, "CONNACK with a property (127)"},
      {kConnack + publication("msgin5g/a/register", 1, "\x7f\x00"s),
       "PUBLISH with a property (127)"},
      {kConnack + "\x30\xff\xff\xff\x7f"s, "PUBLISH of 268435460 octets"},
  };
  FakeSite site;
  for (const Case& wrong : cases) {
    CAPTURE(wrong.reason);
    tcp::socket peer = site.broker.accept(site.world);
    site.broker.say(peer, wrong.octets);
    CHECK_MESSAGE(site.reason_becomes(wrong.reason), site.world.adapter->reason());
    CHECK_FALSE(site.world.adapter->is_connected());
  }
  CHECK(site.world.metric("msggw_mqtt_connected") == 0);
  CHECK(site.world.metric("msggw_mqtt_wrong_packets_total") == 5);
  {
    tcp::socket peer = site.broker.accept(site.world);
    site.broker.say(peer, kConnack + std::string("\x30\x05\x00\x01", 4));  // cut short
    peer.close();
    CHECK(site.reason_becomes("closed by the broker"));
  }
  {
    tcp::socket peer = site.broker.accept(site.world);
    site.open(peer, kConnack, "\1\x87\1");
    CHECK(site.reason_becomes(
        "the broker refuses the subscription to msgin5g/+/deregister: Not auth"));
  }
  {
    tcp::socket peer = site.broker.accept(site.world);
    site.open(peer, kConnack, "\1");
    CHECK(site.reason_becomes("SUBACK for what was not subscribed to"));
  }
  site.connect();
}

TEST_CASE("a broker that hangs before CONNACK or SUBACK does not stop the loop") {
  FakeSite site;
  tcp::socket peer = site.broker.accept(site.world);
  for (int i = 0; i < 20; ++i) site.world.turn();
  site.broker.say(peer, kConnack);
  for (int i = 0; i < 20; ++i) site.world.turn();
  CHECK_FALSE(site.world.adapter->is_connected());
}

TEST_CASE("a broker that sent a wrong packet is told so") {
  FakeSite site;
  tcp::socket peer = site.connect();
  site.broker.say(peer, std::string("\xc0\x00", 2));  // PINGREQ
  REQUIRE(site.reason_becomes("PINGREQ which only a client may send"));
  CHECK(FakeBroker::read(peer) == "\xe0\x01\x82");
}

TEST_CASE("a broker that takes small packets only does not end the gateway") {
  FakeSite site;
  const auto publish_state_of = [&](const std::string& id) {
    const auto published = [&] {
      return site.world.metric("msggw_mqtt_published_total{kind=\"registration\"}");
    };
    const double before = published();
    site.world.adapter->receive({"msgin5g/" + id + "/register", "", "", ""});
    REQUIRE(site.world.until([&] { return published() > before; }));
  };
  std::size_t size = 0;
  {
    tcp::socket peer = site.connect();
    publish_state_of("a");
    REQUIRE(site.world.until([&] { return peer.available() > 0; }));
    size = FakeBroker::read(peer).size();
  }
  REQUIRE(site.reason_becomes("closed by the broker"));
  REQUIRE(size < 256);
  // That one is sent again, and then another one just as long: each an octet too long.
  const tcp::socket peer = site.connect(std::string("\x20\x08\x01\x00\x05\x27\x00\x00\x00", 9) +
                                        static_cast<char>(size - 1));
  publish_state_of("b");
  CHECK(site.world.until([&] { return refused(site.world, "denied_by_broker") == 2; }));
  CHECK(site.world.adapter->is_connected());
}

TEST_CASE("a publication that the MQTT library cannot take stops nothing") {
  FakeSite site;
  tcp::socket peer = site.connect();
  site.broker.say(peer,
                  publication("msgin5g/a\1/register", 7) + publication("msgin5g/b/register", 8));
  CHECK(site.world.until([&] { return site.world.gateway.tables().devices() == 1; }));
  CHECK(site.world.adapter->is_connected());
  CHECK(refused(site.world, "unusable") == 1);
  REQUIRE(site.world.until([&] { return peer.available() > 0; }));
  const std::string octets = FakeBroker::read(peer);
  CHECK(octets.find(std::string("\x40\x03\x00\x07\x83", 5)) != std::string::npos);
}

TEST_CASE("a broker that reads nothing is not read from either") {
  FakeSite site;
  tcp::socket peer = site.connect();
  peer.non_blocking(true);
  std::string flood = publication("msgin5g//register", 1);
  for (int i = 0; i < 5'000; ++i) flood += publication("\1", 2);  // acknowledged at once
  const auto taken = [&] { return refused(site.world, "unusable"); };
  std::size_t written = 0;
  for (int quiet = 0; quiet < 20;) {  // until neither side moves any more
    boost::system::error_code full;
    const double before = taken();
    written += peer.write_some(boost::asio::buffer(flood), full);
    for (int i = 0; i < 3; ++i) site.world.turn();
    quiet = full && taken() == before ? quiet + 1 : 0;
    REQUIRE(written < (64U << 20));
  }
  CHECK(site.world.adapter->is_connected());
  const double before = taken();
  CHECK(site.world.until([&] {
    FakeBroker::read(peer);
    return taken() > before;
  }));
}

TEST_CASE("a broker that says nothing costs nothing, with TLS too") {
  boost::asio::io_context io;
  const tcp::acceptor silent(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const Folder folder;
  Options options;
  options.port = silent.local_endpoint().port();
  SUBCASE("plain") {}
  SUBCASE("TLS") {
    options.ca = new_authority(folder);
  }
  World world(options);
  world.adapter->start();
  CHECK(world.io.run_for(std::chrono::milliseconds(200)) < 20);
}

TEST_CASE("TLS towards a port that nobody listens on fails at once, again and again") {
  std::uint16_t port = 0;
  {
    boost::asio::io_context io;
    port =
        tcp::acceptor(io, {boost::asio::ip::make_address("127.0.0.1"), 0}).local_endpoint().port();
  }
  const Folder folder;
  Options options;
  options.port = port;
  options.ca = new_authority(folder);
  options.reconnect_first = options.reconnect_most = base::Duration{20};
  World world(options);
  world.adapter->start();
  std::size_t handlers = 0;
  for (int i = 0; i < 1000 && handlers < 10; ++i)
    handlers += world.io.run_for(std::chrono::milliseconds(20));
  CHECK(handlers >= 10);
  CHECK(handlers < 500);
}

TEST_CASE("a TLS handshake that begins late, or never, does not spin the loop") {
  boost::asio::io_context io;
  tcp::acceptor full(io);
  full.open(tcp::v4());
  full.bind({boost::asio::ip::make_address("127.0.0.1"), 0});
  full.listen(0);
  tcp::socket first(io);  // fills the queue, so that the next SYN is dropped and sent again
  first.connect(full.local_endpoint());
  const Folder folder;
  Options options;
  options.port = full.local_endpoint().port();
  options.ca = new_authority(folder);
  World world(options);
  world.adapter->start();
  CHECK(world.io.run_for(std::chrono::milliseconds(50)) < 20);
  SUBCASE("it begins") {
    full.accept();
    tcp::socket peer(io);
    full.non_blocking(true);
    REQUIRE(world.until([&] {
      boost::system::error_code error;
      full.accept(peer, error);
      return !error;
    }));
    peer.non_blocking(false);
    char hello;
    boost::asio::read(peer, boost::asio::buffer(&hello, 1));
    CHECK(hello == 0x16);  // a TLS handshake record
    CHECK(world.io.run_for(std::chrono::milliseconds(300)) < 20);
  }
  SUBCASE("the port closes") {
    full.close();
    CHECK(world.io.run_for(std::chrono::milliseconds(1500)) < 200);
  }
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
  says("mqtt.host", [](Options& o) { o.host.clear(); });
  says("mqtt.host", [](Options& o) { o.host = "/" + std::string(108, 'x'); });
  says("mqtt.port", [](Options& o) { o.port = 0; });
  says("mqtt.client_id", [](Options& o) { o.client_id.clear(); });
  says("mqtt.client_id", [](Options& o) { o.client_id = "\xff"; });
  says("mqtt.topic_prefix", [](Options& o) { o.topic_prefix = "a/#"; });
  says("mqtt.ca", [](Options& o) { o.ca = "/nonexistent"; });
}

}  // namespace msggw::mqtt::test
