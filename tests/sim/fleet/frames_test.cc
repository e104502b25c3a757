// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/frames.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "tests/sim/fleet/coap_wire.h"

namespace msggw::fleet::coap {
namespace {

std::vector<std::uint8_t> message_of(std::size_t payload) {
  std::vector<std::uint8_t> message{0x42, kPost, 0x12, 0x34, 'a', 'b'};
  if (payload > 0) message.push_back(0xff);
  message.insert(message.end(), payload, 'x');
  return message;
}

TEST_CASE("a message becomes a frame without its Message ID, and back") {
  for (const std::size_t payload : {0, 1, 11, 12, 200, 267, 268, 1'000}) {
    CAPTURE(payload);
    const auto message = message_of(payload);
    std::string stream;
    append_frame(message, stream);
    append_frame(message_of(1), stream);
    for (std::size_t size = 0; size + 8 < stream.size(); ++size) {
      const auto early = take_frame(std::string_view(stream).substr(0, size));
      if (early) CHECK(early->octets <= size);
    }
    const auto frame = take_frame(stream);
    REQUIRE(frame);
    CHECK(frame->code == kPost);
    CHECK_FALSE(frame->is_signal);
    CHECK(frame->message.substr(0, 4) == std::string("\x52\x02\0\0", 4));
    CHECK(frame->message.substr(4) == std::string(message.begin() + 4, message.end()));
    CHECK(take_frame(std::string_view(stream).substr(frame->octets)));
  }
}

TEST_CASE("lengths as RFC 8323 3.2 writes them") {
  const auto head = [](std::size_t payload) {
    std::string stream;
    append_frame(message_of(payload), stream);
    return stream.substr(0, 3);
  };
  CHECK(head(11) == std::string("\xc2\x02"
                                "a"));
  CHECK(head(12) == std::string("\xd2\0\x02", 3));
  CHECK(head(268) == std::string("\xe2\0\0", 3));
}

TEST_CASE("empty messages have no frames, and signals are told apart") {
  std::string stream;
  std::array<std::uint8_t, kHeaderOctets> ack;
  encode_empty(Type::ack, 7, ack);
  append_frame(ack, stream);
  CHECK(stream.empty());
  const auto first = take_frame(capabilities());
  REQUIRE(first);
  CHECK(first->is_signal);
  CHECK(first->octets == 2);
  const auto ping = take_frame(std::string("\x01\xe2t", 3));
  REQUIRE(ping);
  CHECK(pong(*ping) == std::string("\x01\xe3t", 3));
}

}  // namespace
}  // namespace msggw::fleet::coap
