// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "adapters/mqtt/test_world.h"

namespace msggw::mqtt::test {

using tcp = boost::asio::ip::tcp;

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
    connect_packet = read(peer);
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
  std::string connect_packet;  ///< the last
};

inline const std::string kConnack("\x20\x03\x00\x00\x00", 5);

inline std::string publication(const std::string& topic, int id,
                               const std::string& properties = {}) {
  std::string body{0, static_cast<char>(topic.size())};
  body += topic;
  body += {static_cast<char>(id >> 8), static_cast<char>(id), static_cast<char>(properties.size())};
  body += properties;
  return std::string("\x32") + static_cast<char>(body.size()) + body;
}

/// A gateway at such a broker.
struct FakeSite {
  explicit FakeSite(const std::function<void(Options&)>& change = {}, bool with_messages = false)
      : world(changed(broker.options(), change), {}, with_messages) {
    world.adapter->start();
  }
  static Options changed(Options options, const std::function<void(Options&)>& change) {
    if (change) change(options);
    return options;
  }

  /// CONNACK, and a SUBACK with those codes (none: all is granted) for the SUBSCRIBE that follows.
  void open(tcp::socket& peer, const std::string& connack = kConnack,
            const std::string& wanted_codes = {}) {
    const std::string codes =
        wanted_codes.empty() ? std::string(world.messages ? 6 : 3, '\1') : wanted_codes;
    FakeBroker::say(peer, connack);
    if (!world.until([&] { return peer.available() > 0; }))
      throw std::runtime_error("the gateway does not subscribe");
    const std::string subscribe = FakeBroker::read(peer);
    const std::string body = subscribe.substr(2, 2) + std::string(1, '\0') + codes;
    FakeBroker::say(peer, "\x90" + std::string(1, static_cast<char>(body.size())) + body);
  }
  /// Up to where the gateway asks what is retained.
  tcp::socket connect(const std::string& connack = kConnack) {
    tcp::socket peer = broker.accept(world);
    open(peer, connack);
    if (!world.until([&] { return world.adapter->is_connected() && peer.available() > 0; }))
      throw std::runtime_error("the gateway does not connect");
    FakeBroker::read(peer);
    return peer;
  }
  bool reason_becomes(const std::string& wanted) {
    return world.until([&] { return world.adapter->reason().starts_with(wanted); });
  }

  FakeBroker broker;
  World world;
};

}  // namespace msggw::mqtt::test
