// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/protocol/writer.h"

#include "adapters/mqtt/protocol/properties.h"

#include <doctest/doctest.h>

#include <string>

namespace msggw::mqtt::protocol {

namespace {

using namespace std::string_literals;

template <class Append, class... Arguments>
std::string written(Append append, const Arguments&... arguments) {
  std::string out;
  append(out, arguments...);
  return out;
}

}  // namespace

TEST_CASE("CONNECT continues the session, in each version as it has it") {
  const Connect connect{"id", "", "", 30, 3'600, 1'024, 2U << 20};
  CHECK(written(append_connect, Version::mqtt5, connect) ==
        "\x10\x1C\0\4MQTT\5\0\0\x1E\x0D\x11\0\0\x0E\x10\x21\4\0\x27\0\x20\0\0\0\2id"s);
  CHECK(written(append_connect, Version::mqtt311, connect) == "\x10\x0E\0\4MQTT\4\0\0\x1E\0\2id"s);
  const Connect named{"id", "u", "", 5, 0, 1, 1};
  CHECK(written(append_connect, Version::mqtt311, named) ==
        "\x10\x13\0\4MQTT\4\xC0\0\5\0\2id\0\1u\0\0"s);
}

TEST_CASE("SUBSCRIBE says what it wants of stored and of own messages") {
  const std::vector<Subscription> filters{
      {"a"}, {"b", Stored::for_new_session}, {"$"}, {"d", Stored::always, 0}};
  CHECK(written(append_subscribe, Version::mqtt5, std::uint16_t{258}, filters) ==
        "\x82\x13\1\2\0\0\1a\x2D\0\1b\x1D\0\1$\x29\0\1d\4"s);
  CHECK(written(append_subscribe, Version::mqtt311, std::uint16_t{1}, filters) ==
        "\x82\x12\0\1\0\1a\1\0\1b\1\0\1$\1\0\1d\0"s);
  CHECK(written(append_unsubscribe, Version::mqtt5, std::uint16_t{1}, "a") == "\xA2\6\0\1\0\0\1a"s);
  CHECK(written(append_unsubscribe, Version::mqtt311, std::uint16_t{1}, "a") == "\xA2\5\0\1\0\1a"s);
}

TEST_CASE("PUBLISH, and how long it is") {
  const Publication plain{"t", "body", "", true, 7, false};
  CHECK(written(append_publish, Version::mqtt5, plain) == "\x33\x0A\0\1t\0\7\0body"s);
  CHECK(written(append_publish, Version::mqtt311, plain) == "\x33\x09\0\1t\0\7body"s);
  const Publication answer{"t", "x", std::string_view("\0c", 2), false, 7, true};
  CHECK(written(append_publish, Version::mqtt5, answer) == "\x3A\x0C\0\1t\0\7\5\x09\0\2\0cx"s);
  CHECK(written(append_publish, Version::mqtt311, answer) == "\x3A\6\0\1t\0\7x"s);
  const Publication light{"t", "x", "", false, 0, false};
  CHECK(written(append_publish, Version::mqtt311, light) == "\x30\4\0\1tx"s);
  for (const std::size_t size : {0U, 100U, 120U, 121U, 200U, 16'370U, 16'390U, 2'097'150U}) {
    const std::string payload(size, 'x');
    for (const std::string& correlation : {""s, std::string(9, 'c'), std::string(200, 'c')}) {
      for (const Version version : {Version::mqtt5, Version::mqtt311}) {
        const Publication publication{"topic", payload, correlation, false, 1, false};
        const std::string octets = written(append_publish, version, publication);
        CHECK(octets.size() == octets_of(version, publication));
        CHECK((*read_header(octets, 1U << 30))->total() == octets.size());
      }
    }
  }
}

TEST_CASE("the short ones") {
  CHECK(written(append_puback, std::uint16_t{513}) == "\x40\2\2\1"s);
  CHECK(written(append_pingreq) == "\xC0\0"s);
  CHECK(written(append_disconnect, Version::mqtt5, std::uint8_t{0x82}, false) == "\xE0\1\x82"s);
  CHECK(written(append_disconnect, Version::mqtt5, std::uint8_t{0}, false) == "\xE0\0"s);
  CHECK(written(append_disconnect, Version::mqtt5, std::uint8_t{0}, true) ==
        "\xE0\7\0\5\x11\0\0\0\0"s);
  CHECK(written(append_disconnect, Version::mqtt311, std::uint8_t{0x82}, true) == "\xE0\0"s);
}

TEST_CASE("properties of a message are written where MQTT 5 has them, and can be read again") {
  std::string list;
  append_message_expiry(list, 30);
  append_content_type(list, "application/json");
  append_user_property(list, "msgId", "m1");
  append_user_property(list, "msgId", "m2");
  append_user_property(list, "bad", "a\nb");
  append_user_property(list, "long", std::string(65'536, 'x'));
  CHECK(list ==
        "\x02\0\0\0\x1E\x03\0\x10"
        "application/json\x26\0\5msgId\0\2m1\x26\0\5msgId\0\2m2"s);
  CHECK(user_property(list, "msgId") == "m1");
  CHECK_FALSE(user_property(list, "bad"));
  CHECK_FALSE(user_property(list.substr(0, list.size() - 1), "other"));
  CHECK_FALSE(user_property("\x26\0\1a\0\1\xFF"s, "a"));
  const Publication publication{"t", "p", "c", false, 1, false, list};
  for (const Version version : {Version::mqtt311, Version::mqtt5}) {
    std::string packet;
    append_publish(packet, version, publication);
    CHECK(packet.size() == octets_of(version, publication));
    CHECK((packet.find(list) != std::string::npos) == (version == Version::mqtt5));
  }
}

}  // namespace msggw::mqtt::protocol
