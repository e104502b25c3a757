// SPDX-License-Identifier: Apache-2.0
// The broker goes away and comes back; so does the gateway.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "adapters/mqtt/fake_broker.h"
#include "adapters/wire/tls/test_certificates.h"
#include "tests/support/events.h"

namespace msggw::mqtt::test {

namespace {

using namespace std::string_literals;

void bring_back(Site& site) {
  site.broker.start();
  REQUIRE(site.world.until([&] { return site.world.adapter->is_connected(); }));
}

void take_away(Site& site, int signal) {
  site.broker.end(signal);
  REQUIRE(site.world.until([&] { return !site.world.adapter->is_connected(); }));
}

}  // namespace

TEST_CASE("the newest reason is the one that is told") {
  Site site(quick());
  const auto reason_becomes = [&](const std::string& wanted) {
    return site.world.until([&] { return site.world.adapter->reason() == wanted; });
  };
  site.broker.end(SIGTERM);
  CHECK(reason_becomes("cannot connect: Connection refused"));
  site.broker.start();
  CHECK(site.world.until([&] { return site.world.adapter->is_connected(); }));
}

TEST_CASE("where TLS is wanted and its files are gone nothing is said in cleartext") {
  Site site(quick());
  REQUIRE(site.world.until([&] { return site.world.adapter->is_connected(); }));
  site.world.options.ca = "/no/such";
  site.world.options.password = "secret";
  site.world.adapter->reconfigure();
  REQUIRE(site.world.until(
      [&] { return site.world.adapter->reason().find("the files of TLS cannot be used") == 0; }));
  CHECK_FALSE(site.world.adapter->is_connected());
  site.world.options.ca.clear();
  site.world.adapter->reconfigure();
  CHECK(site.world.until([&] { return site.world.adapter->is_connected(); }));
}

TEST_CASE("the event of an outage comes once, and again when its reason changes") {
  const msggw::test::Events events;
  FakeSite site;
  const auto is_refused = [&](char reason) {
    tcp::socket peer = site.broker.accept(site.world);
    FakeBroker::say(peer, "\x20\3\0"s + reason + "\0"s);
    char octet = 0;
    boost::system::error_code error;
    peer.non_blocking(true);
    REQUIRE(site.world.until([&] {
      peer.read_some(boost::asio::buffer(&octet, 1), error);
      return error && error != boost::asio::error::would_block;
    }));
    return events.count("broker_lost ");
  };
  CHECK(is_refused('\x87') == 1);
  CHECK(is_refused('\x87') == 1);
  CHECK(events.count("reason=\"refused by the broker: not authorized") == 1);
  CHECK(is_refused('\x88') == 2);
  CHECK(events.count("reason=\"refused by the broker: server unavailable") == 1);
  CHECK(is_refused('\x87') == 3);
  {
    const tcp::socket peer = site.connect();
  }
  REQUIRE(site.world.until([&] { return !site.world.adapter->is_connected(); }));
  CHECK(events.count("broker_lost ") == 4);
}

TEST_CASE(
    "of a gateway that is gone a broker keeps the session long, of one in a group it does not") {
  const auto expiry = [](const std::string& group) {
    FakeSite site([&](Options& options) { options.shared_group = group; });
    site.broker.accept(site.world);
    const std::string& packet = site.broker.connect_packet;
    const auto at = packet.find('\x11');
    REQUIRE(at + 4 < packet.size());
    return packet.substr(at + 1, 4);
  };
  CHECK(expiry("") == "\0\0\x0E\x10"s);   // an hour
  CHECK(expiry("gws") == "\0\0\0\x14"s);  // 20 seconds
}

TEST_CASE("the gateway starts before its broker, and outlives it") {
  const TempFolder folder;
  std::uint16_t port = 0;
  {
    port = Broker({folder.path(), boost::asio::ip::address_v4::loopback(), 0, {}}).port();
  }
  Options options = quick();
  options.port = port;
  World world(options);
  world.adapter->start();
  for (int i = 0; i < 50; ++i) world.turn();
  CHECK_FALSE(world.adapter->is_connected());
  Broker broker({folder.path(), boost::asio::ip::address_v4::loopback(), port, {}});
  CHECK(world.until([&] { return world.adapter->is_connected(); }));
}

TEST_CASE("after a broker that was killed the gateway subscribes again") {
  Site site(quick());
  for (const int signal : {SIGKILL, SIGTERM}) {
    take_away(site, signal);
    CHECK(site.world.metric("msggw_mqtt_connected") == 0);
    bring_back(site);
    const std::string id = "dev" + std::to_string(signal);
    Ear ear(site.world, site.port, on("msgin5g/" + id + "/registration"));
    site.publish("msgin5g/" + id + "/register", "");
    CHECK(ear.hear_with("\"serviceId\"") != "");
  }
  CHECK(site.world.metric("msggw_mqtt_reconnects_total") == 2);
}

TEST_CASE("what happens while the broker is away is told when it is back") {
  core::Limits limits;
  limits.answer_within = base::Duration{20};
  Site site(quick(), limits);
  site.world.provisioning = World::Provisioning::away;
  {
    Ear ear(site.world, site.port, on("msgin5g/+/registration"));
    site.publish("msgin5g/00-1B-63-84-45-E6/register", "");
    site.publish("msgin5g/y/register", "");
    REQUIRE(ear.hear_with("y/registration 0  {\"privateId\":\"y\",\"state\":\"pending\"") != "");
    REQUIRE(ear.hear_with("00-1B-63-84-45-E6/registration 0") != "");
  }
  take_away(site, SIGKILL);
  site.world.provisioning = World::Provisioning::answers;
  REQUIRE(site.world.until([&] { return site.world.gateway.tables().on_their_way() == 0; }));
  bring_back(site);
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  CHECK(ear.hear_with("msgin5g/00-1B-63-84-45-E6/registration").find("sid-0") != std::string::npos);
  CHECK(ear.hear_with("msgin5g/y/registration").find("sid-1") != std::string::npos);
}

TEST_CASE("a device is not told what is not durable, also when it is told late") {
  core::Limits limits;
  limits.answer_within = base::Duration{50};
  Site site(quick(), limits);
  site.world.provisioning = World::Provisioning::away;
  site.publish("msgin5g/x/register", "");
  REQUIRE(site.world.until([&] { return site.world.gateway.tables().devices() == 1; }));
  take_away(site, SIGKILL);
  REQUIRE(site.world.until(
      [&] { return site.world.metric("msggw_mqtt_devices_owed") == 1; }));  // "pending"
  site.world.commits = false;
  site.world.provisioning = World::Provisioning::answers;
  bring_back(site);
  site.publish("msgin5g/y/status", "?");  // goes out beside it
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  site.publish("msgin5g/y/status", "?");
  REQUIRE(ear.hear_with("msgin5g/y/registration") != "");
  for (const auto& message : ear.messages()) CHECK(message.find("sid-") == std::string::npos);
  site.world.commits = true;
  CHECK(ear.hear_with("sid-0") != "");
  CHECK(site.world.metric("msggw_mqtt_devices_owed") == 0);
}

TEST_CASE("requests that arrive while the gateway is away are delivered to the next one") {
  Site site(quick());
  site.world.adapter->stop();
  site.world.adapter.reset();
  site.publish("msgin5g/x/register", "");
  site.world.adapter =
      std::make_unique<MqttAdapter>(site.world.context, site.world.options, site.world.doors());
  Ear ear(site.world, site.port, on("msgin5g/x/registration"));
  site.world.adapter->start();
  CHECK(ear.hear_with("sid-0") != "");
}

TEST_CASE("a stopped adapter takes nothing more, and still answers") {
  Site site(quick());
  site.world.commits = false;
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  site.publish("msgin5g/x/register", "");
  REQUIRE(site.world.until([&] { return site.world.gateway.tables().devices() == 1; }));
  site.world.adapter->stop();
  site.publish("msgin5g/y/register", "");
  site.world.adapter->receive({"msgin5g/z/register", "", "", ""});
  site.world.commits = true;
  CHECK(ear.hear_with("sid-0") != "");
  CHECK(site.world.gateway.tables().devices() == 1);
  site.world.adapter.reset();
  site.world.adapter =
      std::make_unique<MqttAdapter>(site.world.context, site.world.options, site.world.doors());
  site.world.adapter->start();
  CHECK(ear.hear_with("msgin5g/y/registration 0  {\"privateId\":\"y\",\"serviceId\":\"sid-1\"") !=
        "");
}

TEST_CASE("many answers at once go out, however small the windows") {
  Options options = quick();
  options.max_outgoing = 10;
  Site site(options, {}, "max_inflight_messages 5\n");
  site.world.commits = false;
  constexpr int kDevices = 1'500;
  for (int i = 0; i < kDevices; ++i) {
    const std::string topic = "msgin5g/dev" + std::to_string(i) + "/register";
    site.world.adapter->receive({topic, "", "", ""});
  }
  site.world.commits = true;
  CHECK(site.world.until(
      [&] { return site.world.metric("msggw_mqtt_devices_owed") > kDevices / 5; }));
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  CHECK(site.world.until([&] { return ear.messages().size() >= kDevices; }));
  CHECK(site.world.metric("msggw_mqtt_devices_owed") == 0);
  for (const auto& message : ear.messages()) CHECK(message.find("sid-") != std::string::npos);
  CHECK(site.world.metric("msggw_mqtt_refused_total{reason=\"backlog\"}") == 0);
}

TEST_CASE("who is known does not wait behind those who waited for a commit") {
  Site site(quick());
  Ear ear(site.world, site.port, on("msgin5g/+/registration"));
  const auto registers = [&](const std::string& id) {
    const std::string topic = "msgin5g/" + id;
    const std::string request = topic + "/register";
    const std::string answer = topic + "/answer";
    site.world.adapter->receive({request, "", answer, "c"});
  };
  registers("known");
  REQUIRE(ear.hear_with("msgin5g/known/registration") != "");
  site.world.commits = false;
  constexpr int kDevices = 1'000;
  for (int i = 0; i < kDevices; ++i) registers("new" + std::to_string(i));
  kill(site.broker.pid(), SIGSTOP);
  site.world.commits = true;
  REQUIRE(site.world.until(
      [&] { return site.world.metric("msggw_mqtt_devices_owed") > kDevices / 2; }));
  registers("known");
  kill(site.broker.pid(), SIGCONT);
  REQUIRE(site.world.until([&] { return ear.messages().size() == kDevices + 2; }));
  const auto messages = ear.messages();
  const auto again = std::find_if(messages.begin() + 1, messages.end(), [](const auto& message) {
    return message.find("msgin5g/known/") != std::string::npos;
  });
  CHECK(again - messages.begin() < kDevices / 2);
  CHECK(site.world.until([&] {
    return site.world.metric("msggw_mqtt_published_total{kind=\"response\"}") == kDevices + 2;
  }));
}

TEST_CASE("TLS: the broker's certificate and name are checked, ours is shown") {
  const TempFolder folder;
  msggw::tls::test::Certificates files;
  const auto over = std::filesystem::copy_options::overwrite_existing;
  const auto file = [&](const char* name) { return (folder.path() / name).string(); };
  const auto show = [&](const std::string& name) {  // of the broker
    std::filesystem::copy_file(files.pem(name), file("broker.pem"), over);
    std::filesystem::copy_file(files.key(name), file("broker.key"), over);
  };
  show("server");
  Broker plain({folder.path(), boost::asio::ip::address_v4::loopback(), 0, {}});
  const std::uint16_t port = plain.port();
  plain.end(SIGTERM);
  Broker broker({folder.path(), boost::asio::ip::address_v4::loopback(), port,
                 "cafile " + files.pem("ca").string() + "\ncertfile " + file("broker.pem") +
                     "\nkeyfile " + file("broker.key") + "\nrequire_certificate true\n"});
  Options options = quick();
  options.port = port;
  options.host = parse_broker_host("localhost").value();
  options.ca = files.pem("ca");
  options.certificate = files.pem("client");
  options.key = files.key("client");

  SUBCASE("good") {
    World world(options);
    world.adapter->start();
    REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
    Ear ear(world, port,
            {"-t", "msgin5g/+/registration", "--cafile", options.ca, "--cert", options.certificate,
             "--key", options.key, "--insecure"});
    for (int i = 0; i < 200; ++i)
      world.adapter->receive({"msgin5g/d" + std::to_string(i) + "/register", "", "", ""});
    CHECK(world.until([&] { return ear.messages().size() == 200; }));
    broker.end(SIGKILL);
    REQUIRE(world.until([&] { return !world.adapter->is_connected(); }));
    broker.start();
    CHECK(world.until([&] { return world.adapter->is_connected(); }));
  }
  const auto fails_with = [&](const std::string& reason) {
    World world(options);
    world.adapter->start();
    CHECK_MESSAGE(
        world.until([&] { return world.adapter->reason().find(reason) != std::string::npos; }),
        world.adapter->reason());
    CHECK_FALSE(world.adapter->is_connected());
  };
  const auto broker_shows = [&](const std::string& name) {
    broker.end(SIGTERM);
    show(name);
    broker.start();
  };
  SUBCASE("another name than the certificate's") {
    broker_shows("named");
    fails_with("TLS: the peer's certificate does not name the host");
    options.host = parse_broker_host("127.0.0.1").value();
    fails_with("TLS: the peer's certificate does not name the host");
  }
  SUBCASE("one that has expired") {
    broker_shows("expired");
    fails_with("TLS: the peer's certificate, or a CA above it, has expired");
  }
  SUBCASE("another authority") {
    options.ca = files.pem("stranger-ca");
    fails_with("TLS: the peer's certificate is signed by a CA that is not trusted");
  }
  SUBCASE("without our certificate") {
    options.certificate.clear();
    options.key.clear();
    fails_with("TLS: the peer refused: certificate required");
  }
  SUBCASE("files that cannot be used are a configuration error") {
    const auto refuses = [&](const std::filesystem::path& key, const char* reason) {
      options.key = key;
      CHECK_THROWS_WITH_AS(World world(options), doctest::Contains(reason), std::runtime_error);
    };
    refuses(file("missing"), "mqtt.key: ");
    refuses(files.key("server"), "mqtt.key: ");
    refuses(files.encrypt_key("client", true), "the key is encrypted");
  }
  SUBCASE("they are read again for the next connection, and kept if they are no good") {
    const std::string used = file("used.pem");
    std::filesystem::copy_file(files.pem("stranger-ca"), used);
    options.ca = used;
    World world(options);
    world.adapter->start();
    REQUIRE(world.until([&] { return world.adapter->reason().find("TLS: ") == 0; }));
    std::filesystem::copy_file(files.pem("ca"), used, over);
    world.adapter->reconfigure();
    REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
    std::filesystem::remove(used);
    world.adapter->reconfigure();
    CHECK(world.adapter->is_connected());
    broker.end(SIGKILL);
    REQUIRE(world.until([&] { return !world.adapter->is_connected(); }));
    broker.start();
    CHECK(world.until([&] { return world.adapter->is_connected(); }));
  }
}

}  // namespace msggw::mqtt::test
