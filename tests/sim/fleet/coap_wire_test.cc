// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/coap_wire.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

namespace msggw::fleet::coap {
namespace {

std::vector<std::uint8_t> octets(std::initializer_list<int> values) {
  std::vector<std::uint8_t> out;
  for (const int value : values) out.push_back(static_cast<std::uint8_t>(value));
  return out;
}

std::vector<std::uint8_t> encoded(const Registration& request) {
  std::array<std::uint8_t, 1500> room{};
  const std::size_t size = encode(request, room);
  return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST_CASE("a registration is the octets of RFC 7252 figure 7") {
  CHECK(encoded({.mid = 0x1234, .token = 0x0102030405060708, .ep = "ab"}) ==
        octets({0x48, 0x02, 0x12, 0x34, 1,   2,  3, 4, 5, 6, 7, 8,  // CON, POST, MID, token
                0xb2, 'r',  'd',                                    // Uri-Path
                0x45, 'e',  'p',  '=',  'a', 'b'}));                // Uri-Query, delta 4
}

TEST_CASE("lifetime and body") {
  CHECK(encoded({.mid = 1, .token = 2, .ep = "x", .lifetime = 90, .info = "{}"}) ==
        octets({0x48, 0x02, 0,   1,   0,   0,   0,    0,   0,   0,   0,   2,   0xb2, 'r', 'd', 0x11,
                50,   0x34, 'e', 'p', '=', 'x', 0x05, 'l', 't', '=', '9', '0', 0xff, '{', '}'}));
}

TEST_CASE("long endpoint names take extended option lengths") {
  const std::string ep20(20, 'e');  // 23 octets with "ep=": one extension octet
  const auto one = encoded({.ep = ep20});
  CHECK(one[15] == 0x4d);
  CHECK(one[16] == 23 - 13);
  const std::string ep400(400, 'e');
  const auto two = encoded({.ep = ep400});
  CHECK(two[15] == 0x4e);
  CHECK((two[16] << 8 | two[17]) == 403 - 269);
  CHECK(two.size() == 18 + 403);
}

TEST_CASE("a request below a registration has its options in their order") {
  std::array<std::uint8_t, 1500> room{};
  const std::size_t size = encode(Request{.code = kPost,
                                          .mid = 1,
                                          .token = 2,
                                          .handle = "h",
                                          .resource = "msg",
                                          .query = "q",
                                          .observe = true,
                                          .json = "{}",
                                          .echo = "e"},
                                  room);
  CHECK(std::vector<std::uint8_t>(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size)) ==
        octets({0x48, 0x02,          0,   1,    0,   0,    0,   0,   0,   0,    0,  2,    0x60,
                0x52, 'r',           'd', 0x01, 'h', 0x03, 'm', 's', 'g', 0x11, 50, 0x31, 'q',
                0xd1, 252 - 15 - 13, 'e', 0xff, '{', '}'}));
}

TEST_CASE("of an answer ETag and the last segment of Location-Path are read") {
  const auto answer = octets({0x60, 0x41, 0, 1, 0x42, 1, 2, 0x42, 'r', 'd', 0x01, 'h'});
  const auto message = decode(answer);
  REQUIRE(message);
  CHECK(message->etag == "\x01\x02");
  CHECK(message->location == "h");
}

TEST_CASE("what does not fit is not written") {
  std::array<std::uint8_t, 20> room{};
  CHECK(encode({.ep = "longer than the room"}, room) == 0);
}

TEST_CASE("a request decodes to what was encoded") {
  const std::string ep(300, 'q');
  const auto datagram = encoded({.mid = 7, .token = 0xfedcba9876543210, .ep = ep, .info = "{}"});
  const auto message = decode(datagram);
  REQUIRE(message);
  CHECK(message->type == Type::con);
  CHECK(message->code == kPost);
  CHECK(message->mid == 7);
  CHECK(message->token_octets == 8);
  CHECK(message->token == 0xfedcba9876543210);
  CHECK(message->payload == "{}");
  CHECK_FALSE(message->max_age);
}

TEST_CASE("an answer with Max-Age and payload") {
  const auto datagram =
      octets({0x61, 0xa3, 0, 9, 0x7f, 0xc1, 50, 0x22, 0x01, 0x00, 0xff, 'h', 'i'});
  const auto message = decode(datagram);
  REQUIRE(message);
  CHECK(message->type == Type::ack);
  CHECK(message->code == code(5, 3));
  CHECK(message->token == 0x7f);
  CHECK(message->max_age == 256u);
  CHECK(message->payload == "hi");
}

TEST_CASE("an Echo is written behind the queries, and read (RFC 9175)") {
  const auto datagram =
      encoded({.mid = 1, .token = 2, .ep = "x", .info = "{}", .echo = "\xff\x01\x7f"});
  CHECK(datagram == octets({0x48, 0x02, 0,    1,   0,    0,    0,    0,    0,   0,
                            0,    2,    0xb2, 'r', 'd',  0x11, 50,   0x34, 'e', 'p',
                            '=',  'x',  0xd3, 224, 0xff, 0x01, 0x7f, 0xff, '{', '}'}));
  const auto message = decode(datagram);
  REQUIRE(message);
  CHECK(message->echo == "\xff\x01\x7f");
  CHECK(message->payload == "{}");
  const std::string longest(40, 'e');
  CHECK(decode(encoded({.ep = "x", .echo = longest}))->echo == longest);
  CHECK(decode(encoded({.ep = "x", .echo = longest + "e"}))->echo.empty());
}

TEST_CASE("octets that are no CoAP message") {
  CHECK_FALSE(decode({}));
  CHECK_FALSE(decode(octets({0x40, 0, 0})));
  CHECK_FALSE(decode(octets({0x80, 0x45, 0, 1})));                             // version 2
  CHECK_FALSE(decode(octets({0x49, 0x45, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9})));  // token length 9
  CHECK_FALSE(decode(octets({0x44, 0x45, 0, 1, 1, 2})));                       // token cut off
  CHECK_FALSE(decode(octets({0x40, 0x45, 0, 1, 0xff})));                       // marker, no payload
  CHECK_FALSE(decode(octets({0x40, 0x45, 0, 1, 0xb5, 'r'})));                  // option cut off
  CHECK_FALSE(decode(octets({0x40, 0x45, 0, 1, 0xf0})));                       // delta 15
  CHECK_FALSE(decode(octets({0x40, 0x45, 0, 1, 0x0f})));                       // length 15
  CHECK_FALSE(decode(octets({0x40, 0x45, 0, 1, 0xe0, 0})));                    // extension cut off
  CHECK_FALSE(decode(octets({0x60, 0, 0, 1, 0})));  // empty message with more
}

TEST_CASE("empty messages") {
  std::array<std::uint8_t, kHeaderOctets> room{};
  encode_empty(Type::rst, 0xabcd, room);
  CHECK(room == std::array<std::uint8_t, 4>{0x70, 0, 0xab, 0xcd});
  const auto message = decode(room);
  REQUIRE(message);
  CHECK(message->type == Type::rst);
  CHECK(message->mid == 0xabcd);
}

TEST_CASE("a registration with a base, the push to it and the answer") {
  const auto registration = encoded({.mid = 1, .token = 2, .ep = "x", .base = "coap://a/7"});
  const std::string text(registration.begin(), registration.end());
  CHECK(
      text.ends_with(std::string("\x44"
                                 "ep=x"
                                 "\x0d\x02"
                                 "base=coap://a/7")));
  const auto push =
      octets({0x42, 0x02, 0x12, 0x34, 0xaa, 0xbb, 0xb1, '7', 0x03, 'm', 's', 'g', 0xff, '{'});
  const auto message = decode(push);
  REQUIRE(message);
  CHECK(message->path == "7");
  CHECK(message->resource == "msg");
  CHECK(message->payload == "{");
  std::array<std::uint8_t, 16> room{};
  const std::size_t size = encode_answer(*message, code(2, 4), room);
  CHECK(std::vector<std::uint8_t>(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size)) ==
        octets({0x62, 0x44, 0x12, 0x34, 0xaa, 0xbb}));
}

TEST_CASE("codes as text") {
  std::array<char, 5> room{};
  CHECK(name_of(code(4, 4), room) == "4.04");
  CHECK(name_of(code(2, 31), room) == "2.31");
}

}  // namespace
}  // namespace msggw::fleet::coap
