// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <boost/asio/ip/udp.hpp>
#include <string>
#include <string_view>

#include "adapters/wire/coap/codec.h"
#include "adapters/wire/coap/option_values.h"
#include "adapters/wire/coap/test_loop.h"

namespace msggw::coap::test {

/// A datagram as a test reads and writes it.
struct RawMessage {
  MessageType type = MessageType::confirmable;
  std::uint8_t code = 0;
  std::uint16_t mid = 0;
  std::string token;
  std::vector<std::pair<std::uint16_t, std::string>> options;  ///< ascending
  std::string payload;

  std::string option(std::uint16_t number) const {
    for (const auto& [its, value] : options)
      if (its == number) return value;
    return "none";
  }
};

inline std::string encode(const RawMessage& message) {
  OptionWriter options;
  for (const auto& [number, value] : message.options) options.add(number, value);
  std::string out;
  append_datagram(out, message.type, message.mid, message.code, message.token, options.octets(),
                  message.payload);
  return out;
}

inline RawMessage decode(std::string_view octets) {
  const Datagram datagram = read_datagram(octets);
  REQUIRE(datagram.status == Datagram::Status::whole);
  RawMessage message{datagram.type, datagram.message.code, datagram.mid, {}, {}, {}};
  message.token = datagram.message.token.view();
  OptionCursor options(datagram.message.rest);
  while (options.next()) message.options.emplace_back(options.number(), options.value());
  REQUIRE(!options.malformed());
  message.payload = options.payload();
  return message;
}

/// A UDP socket that says what the test likes, as a device or as a server.
class RawPeer {
 public:
  /// 0: whoever says something first is spoken to.
  explicit RawPeer(Loop& loop, std::uint16_t to = 0)
      : loop_(loop),
        socket_(loop.io, {boost::asio::ip::address_v4::loopback(), 0}),
        to_(boost::asio::ip::address_v4::loopback(), to) {
    socket_.non_blocking(true);
  }

  std::string uri() const {
    return "coap://127.0.0.1:" + std::to_string(socket_.local_endpoint().port()) + "/x";
  }
  void send(std::string_view octets) {
    socket_.send_to(boost::asio::buffer(octets.data(), octets.size()), to_);
  }
  void send(const RawMessage& message) { send(encode(message)); }
  bool poll(RawMessage& into) {
    char octets[65'536];
    boost::system::error_code error;
    const auto size = socket_.receive_from(boost::asio::buffer(octets), to_, 0, error);
    if (!error) into = decode({octets, size});
    return !error;
  }
  RawMessage receive() {
    RawMessage message;
    REQUIRE(loop_.until([&] { return poll(message); }));
    return message;
  }
  RawMessage ask(const RawMessage& message) {
    send(message);
    return receive();
  }

 private:
  Loop& loop_;
  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint to_;
};

}  // namespace msggw::coap::test
