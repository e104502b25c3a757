// SPDX-License-Identifier: Apache-2.0
// What the gateway puts on the topics of devices, at a broker that takes its time.
#include <doctest/doctest.h>

#include <algorithm>

#include "adapters/mqtt/test_scene.h"

namespace msggw::mqtt::test {

namespace {

using namespace std::string_literals;

/// One publication of QoS 1 of the gateway.
struct Published {
  std::string topic;
  std::string id;
  bool is_empty;
};

/// What there is in whole packets; small ones, as they are here.
std::vector<Published> published(const std::string& octets) {
  std::vector<Published> found;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(octets.at(i)); };
  for (std::size_t begin = 0; begin + 2 <= octets.size();) {
    std::size_t body = begin + 2;
    std::size_t length = at(begin + 1);
    if (length >= 0x80) length = (length & 0x7F) | at(body++) << 7;
    if (octets.size() < body + length) break;
    if ((at(begin) & 0xF2) == 0x32) {
      const std::size_t topic = at(body + 1);
      const std::size_t behind = body + 2 + topic + 2;
      found.push_back({octets.substr(body + 2, topic), octets.substr(behind - 2, 2),
                       behind + 1 + at(behind) == body + length});
    }
    begin = body + length;
  }
  return found;
}

/// A gateway at a broker that acknowledges when it is told to.
struct Slow : FakeSite {
  void ask(const std::string& id, const std::string& what) {
    world.adapter->receive({"msgin5g/" + id + "/" + what, "", "", ""});
  }
  /// Reads until the last on the topic of `id` is one that clears, or is not.
  bool hears(tcp::socket& peer, const std::string& id, bool is_empty) {
    return world.until([&] {
      heard += FakeBroker::read(peer);
      const auto all = published(heard);
      const auto last = std::find_if(all.rbegin(), all.rend(), [&](const Published& each) {
        return each.topic == "msgin5g/" + id + "/registration";
      });
      return last != all.rend() && last->is_empty == is_empty;
    });
  }
  void acknowledge(tcp::socket& peer) {
    for (const Published& each : published(heard)) FakeBroker::say(peer, "\x40\2"s + each.id);
  }

  std::string heard;
};

}  // namespace

TEST_CASE("a clearing that something else followed does not end the posting") {
  const std::string one = "00-00-00-00-00-0A";
  const std::string other = "00:00:00:00:00:0a";
  Slow site;
  {
    tcp::socket peer = site.connect();
    site.ask(one, "register");
    site.ask(other, "register");
    REQUIRE(site.hears(peer, other, false));
    site.ask(one, "deregister");
    REQUIRE(site.hears(peer, other, true));
    site.ask(one, "register");
    REQUIRE(site.hears(peer, other, false));
  }
  REQUIRE(site.world.until([&] { return !site.world.adapter->is_connected(); }));
  site.ask(one, "deregister");
  const auto device = *site.world.gateway.tables().find_private_id(one);
  REQUIRE(site.world.until([&] {
    return !site.world.gateway.tables().device(device).binding(core::Bearer::mqtt).alive();
  }));
  // What is not durable is not said, so the new clearing is still to come when the old is answered.
  site.world.commits = false;
  core::RegisterRequest request;
  request.bearer = core::Bearer::coap;
  request.private_id = one;
  site.world.gateway.registrations().register_device(request, site.world.clock.now());
  site.heard.clear();
  tcp::socket peer = site.broker.accept(site.world);
  site.open(peer);
  REQUIRE(site.hears(peer, other, false));
  site.acknowledge(peer);
  REQUIRE(site.world.until(
      [&] { return site.world.metric("msggw_mqtt_published_total{kind=\"registration\"}") >= 4; }));
  site.heard.clear();
  site.world.commits = true;
  CHECK(site.hears(peer, other, true));
  CHECK(site.world.gateway.tables().is_posted(device, other));
  site.acknowledge(peer);
  CHECK(site.world.until([&] { return site.world.gateway.tables().postings(device).empty(); }));
}

TEST_CASE("what was on its way when the gateway was stopped is told by the next one") {
  constexpr std::size_t kDevices = 100;
  Slow site;
  auto& world = site.world;
  {
    tcp::socket peer = site.connect("\x20\6\0\0\3\x21\0\x0A"s);  // ten at a time
    for (std::size_t i = 0; i < kDevices; ++i) site.ask(std::to_string(i), "register");
    REQUIRE(site.hears(peer, "9", false));
    REQUIRE(world.until([&] { return world.gateway.tables().on_their_way() == 0; }));
    world.adapter->stop();
    for (int i = 0; i < 5; ++i) world.turn();
    site.acknowledge(peer);  // too late
    CHECK(published(site.heard + FakeBroker::read(peer)).size() == 10);
    world.adapter.reset();
  }
  world.adapter = std::make_unique<MqttAdapter>(world.context, world.options, world.doors());
  world.adapter->start();
  tcp::socket peer = site.broker.accept(world);
  site.open(peer);
  REQUIRE(world.until([&] { return peer.available() > 0; }));
  site.heard = FakeBroker::read(peer);
  REQUIRE(site.heard.front() == '\x82');  // it asks what is retained: nothing is
  FakeBroker::say(peer, "\x90\4"s + site.heard.substr(2, 2) + "\0\1"s);
  CHECK(world.until([&] {
    site.heard += FakeBroker::read(peer);
    const auto all = published(site.heard);
    return all.size() == kDevices &&
           std::none_of(all.begin(), all.end(),
                        [](const Published& each) { return each.is_empty; });
  }));
}

namespace {

/// Whose device has sent what waits for its Service ID, which the broker has been told is taken.
struct Waiting : Scene {
  explicit Waiting(const std::function<void(Options&)>& change = {}) : Scene(change) {
    world.provisioning = World::Provisioning::away;
    world.message_limits.answer_within = base::Duration{60'000};
    restart();
    publish("d/register", "");
    REQUIRE(world.until([&] { return world.gateway.tables().on_their_way() == 1; }));
    world.clock.skip(world.limits.answer_within);
    hear("d/registration");  // pending
  }
  /// The Service ID comes while the broker is away, and what was sent is durable then.
  void lose_broker(double messages) {
    peer.close();
    REQUIRE(world.until([&] { return !world.adapter->is_connected(); }));
    world.provisioning = World::Provisioning::answers;
    world.adapter->receive({"msgin5g/d/register", "", "msgin5g/d/stands", "r"});
    const std::string accepted = "msggw_messages_accepted_total{kind=\"message_up\"}";
    REQUIRE(world.until([&] { return world.metric(accepted) == messages; }));
    for (int turns = 0; turns < 20; ++turns) world.turn();
  }
  double waits() const { return world.metric("msggw_mqtt_answers_waiting"); }
  double dropped() const { return world.metric("msggw_mqtt_refused_total{reason=\"backlog\"}"); }
};

}  // namespace

TEST_CASE("what became of a message while the broker was away is told when it is back") {
  Waiting scene;
  const int sent = scene.publish("d/send", R"({"msgId":"1","payload":"a"})");
  const std::string answers = "\x08\0\x11msgin5g/d/answers\x09\0\1c"s;
  REQUIRE(scene.acknowledges(sent));
  REQUIRE(scene.acknowledges(scene.publish("d/up", "b", answers)));
  scene.lose_broker(2);
  CHECK(scene.waits() == 3);
  scene.connect();
  const std::string accepted = R"({"msgId":"1","state":"accepted"})";
  CHECK(scene.hear("d/ack").payload == accepted);
  CHECK(scene.hear("d/ack").payload.ends_with(R"("state":"accepted"})"));
  const Sent response = scene.hear("d/answers");
  CHECK(response.payload.ends_with(R"("state":"accepted"})"));
  CHECK(response.properties.find("\x09\0\1c"s) != std::string::npos);
  CHECK(scene.is_silent("d/ack"));
  CHECK(scene.waits() == 0);
  // How it stood is not said: it is told how it stands now.
  CHECK(scene.is_silent("d/stands"));
  CHECK(scene.dropped() == 1);
}

TEST_CASE("of what waits for the broker no device has more than it leaves free") {
  Waiting scene([](Options& options) { options.max_outgoing = 4; });
  constexpr int kMessages = 5;
  for (int i = 0; i < kMessages; ++i) {
    const std::string body = R"({"payload":"x","msgId":")" + std::to_string(i) + "\"}";
    REQUIRE(scene.acknowledges(scene.publish("d/send", body)));
  }
  const double before = scene.dropped();
  scene.lose_broker(kMessages);
  CHECK(scene.waits() == 2);
  CHECK(scene.dropped() - before == kMessages - 2 + 1);  // and the answer to its registration
  scene.connect();
  for (const char* const id : {"0", "1"})
    CHECK(scene.hear("d/ack").payload == R"({"msgId":")"s + id + R"(","state":"accepted"})");
  // Who hears nothing asks again, and is told.
  scene.publish("d/send", R"({"payload":"x","msgId":"2"})");
  CHECK(scene.hear("d/ack").payload == R"({"msgId":"2","state":"accepted"})");
}

}  // namespace msggw::mqtt::test
