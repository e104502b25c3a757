// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "adapters/mqtt/fake_broker.h"
#include "adapters/mqtt/protocol/packet.h"

namespace msggw::mqtt::test {

/// A packet that the gateway has sent.
struct Sent {
  protocol::Type type{};
  std::uint8_t flags = 0;
  std::string topic;  ///< PUBLISH
  std::uint16_t id = 0;
  std::string properties;
  std::string payload;
};

/// A variable byte integer.
inline std::string variable(std::size_t value) {
  std::string octets;
  for (; value > 0x7f; value >>= 7) octets.push_back(static_cast<char>((value & 0x7f) | 0x80));
  return octets + static_cast<char>(value);
}

/// A PUBLISH as a broker of MQTT 5 hands it on.
inline std::string handed(const std::string& topic, int id, const std::string& payload,
                          const std::string& properties = {}, int flags = 2) {
  std::string body{0, static_cast<char>(topic.size())};
  body += topic;
  if ((flags & 2) != 0) body += {static_cast<char>(id >> 8), static_cast<char>(id)};
  body += variable(properties.size()) + properties + payload;
  return std::string(1, static_cast<char>(0x30 | flags)) + variable(body.size()) + body;
}

/// A gateway with messages at a broker of MQTT 5 that the test plays. What the gateway says is
/// acknowledged, but for what it brings to devices: <id>/down and <id>/reports.
struct Scene {
  explicit Scene(const std::function<void(Options&)>& change = {})
      : site(
            [&](Options& options) {
              options.topics_prove = true;
              if (change) change(options);
            },
            true),
        world(site.world),
        peer(site.broker.io) {
    connect();
  }

  msggw::test::Messages& messages() { return *world.messages; }

  /// The device `id` publishes; the packet identifier is the next one unless it is given.
  int publish(const std::string& topic, const std::string& payload,
              const std::string& properties = {}, int flags = 2, int id = 0) {
    const int used = id != 0 ? id : ++last_id;
    FakeBroker::say(peer, handed("msgin5g/" + topic, used, payload, properties, flags));
    return used;
  }
  void read() {
    if (peer.available() > 0) octets += FakeBroker::read(peer);
    while (const auto header = protocol::read_header(octets, 1U << 24).value()) {
      if (header->total() > octets.size()) return;
      const std::string packet = octets.substr(0, header->total());
      octets.erase(0, header->total());
      take(*header, packet);
    }
  }
  /// What the gateway publishes next on that topic.
  Sent hear(const std::string& topic) {
    std::optional<Sent> heard;
    world.until([&] {
      read();
      const auto found = std::find_if(sent.begin(), sent.end(), [&](const Sent& one) {
        return one.topic == "msgin5g/" + topic;
      });
      if (found == sent.end()) return false;
      heard = std::move(*found);
      sent.erase(found);
      return true;
    });
    if (!heard) throw std::runtime_error("nothing is said on " + topic);
    return *heard;
  }
  bool acknowledges(int id) {
    return world.until([&] {
      read();
      return std::ranges::find(acknowledged, id) != acknowledged.end();
    });
  }
  /// Whether nothing came on that topic up to now, and some turns more.
  bool is_silent(const std::string& topic) {
    for (int turns = 0; turns < 20; ++turns) world.turn();
    read();
    return std::none_of(sent.begin(), sent.end(),
                        [&](const Sent& one) { return one.topic == "msgin5g/" + topic; });
  }
  void puback(const Sent& publication, std::uint8_t reason = 0) {
    std::string packet{0x40, 3, static_cast<char>(publication.id >> 8),
                       static_cast<char>(publication.id)};
    FakeBroker::say(peer, packet + static_cast<char>(reason));
  }
  void register_device(const std::string& id = "d", const std::string& body = {}) {
    publish(id + "/register", body);
    while (hear(id + "/registration").payload.find("serviceId") == std::string::npos) {
    }
  }
  /// Both return when the gateway has taken it.
  void online(const std::string& id = "d") { acknowledges(publish(id + "/status", "online")); }
  void offline(const std::string& id = "d") { acknowledges(publish(id + "/status", "offline")); }
  /// The gateway comes to the broker, which knows its session.
  void connect(const std::string& connack = std::string("\x20\x03\x01\x00\x00", 5)) {
    octets.clear();
    sent.clear();
    acknowledged.clear();
    peer = site.broker.accept(world);
    site.open(peer, connack);
    if (!world.until([&] { return world.adapter->is_connected(); }))
      throw std::runtime_error("the gateway does not connect");
  }
  /// The broker closes the connection, and the gateway comes back.
  void reconnect(const std::string& connack = std::string("\x20\x03\x01\x00\x00", 5)) {
    peer.close();
    world.until([&] { return !world.adapter->is_connected(); });
    connect(connack);
  }
  /// The gateway dies, and the next one comes.
  void restart() {
    peer.close();
    world.restart_messages();
    connect();
  }
  /// What the server gets next.
  messages::Carried up() {
    std::optional<messages::Carried> next;
    world.until([&] { return (next = messages().next_up()).has_value(); });
    if (!next) throw std::runtime_error("nothing goes up");
    return *next;
  }
  messages::Message up_message() { return std::get<messages::Message>(up()); }
  /// "m1 +" or "m1 CAUSE".
  std::string up_report() {
    const auto report = std::get<messages::Report>(up());
    return report.message_id + ' ' + (report.delivered ? "+" : report.failure_cause);
  }
  bool nothing_goes_up() {
    for (int turns = 0; turns < 20; ++turns) {
      world.turn();
      if (messages().next_up()) return false;
    }
    return true;
  }
  double brought(const std::string& outcome) const {
    return world.metric("msggw_mqtt_brought_total{outcome=\"" + outcome + "\"}");
  }

  FakeSite site;
  World& world;
  tcp::socket peer;
  std::string octets;
  std::deque<Sent> sent;
  std::deque<int> acknowledged;  ///< packet identifiers, in the order of their PUBACK
  int last_id = 0;

 private:
  void take(const protocol::Header& header, const std::string& packet) {
    protocol::Reader reader(std::string_view(packet).substr(header.size));
    Sent one;
    one.type = header.type;
    one.flags = header.flags;
    if (header.type == protocol::Type::puback) return acknowledged.push_back(reader.two());
    if (header.type == protocol::Type::pingreq) FakeBroker::say(peer, std::string("\xD0\0", 2));
    if (header.type != protocol::Type::publish) return;
    one.topic = reader.counted();
    if ((header.flags & 2) != 0) one.id = reader.two();
    one.properties = reader.take(reader.variable());
    one.payload = reader.rest();
    if (!one.topic.ends_with("/down") && !one.topic.ends_with("/reports")) puback(one);
    sent.push_back(std::move(one));
  }
};

}  // namespace msggw::mqtt::test
