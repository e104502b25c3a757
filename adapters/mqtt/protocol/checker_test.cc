// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/protocol/checker.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "adapters/mqtt/protocol/reasons.h"

namespace msggw::mqtt::protocol {

namespace {

using base::Errc;
using namespace std::string_literals;

std::string counted(std::string_view text) {
  return std::string{static_cast<char>(text.size() >> 8), static_cast<char>(text.size())}.append(
      text);
}

/// A packet of up to 16,383 octets.
std::string packet(int first, const std::string& body) {
  std::string out(1, static_cast<char>(first));
  if (body.size() > 127) {
    out.push_back(static_cast<char>((body.size() & 0x7F) | 0x80));
    return out + static_cast<char>(body.size() >> 7) + body;
  }
  return out + static_cast<char>(body.size()) + body;
}

std::string properties(const std::string& list) {
  return std::string(1, static_cast<char>(list.size())) + list;
}

const std::string kConnack = packet(0x20, "\0\0\0"s);

std::string connack(const std::string& list) {
  return packet(0x20, "\0\0"s + properties(list));
}
std::string publish(const std::string& topic, const std::string& list = {}) {
  return packet(0x32, counted(topic) + "\0\1"s + properties(list) + "payload");
}

base::Result<Packet> check(Checker& checker, std::string_view octets) {
  const auto header = read_header(octets, 1'000);
  if (!header) return tl::unexpected(header.error());
  REQUIRE(*header);
  REQUIRE((*header)->total() == octets.size());
  return checker.check(**header, octets);
}

/// Judged as the second packet of a connection, but for CONNACK, which is the first.
base::Result<Packet> check(std::string_view octets) {
  Checker checker;
  checker.begin(Version::mqtt5);
  if ((octets[0] & 0xF0) != 0x20) REQUIRE(check(checker, kConnack));
  return check(checker, octets);
}

void is_wrong(const std::vector<std::string>& packets, Errc code, const std::string& detail) {
  for (const std::string& octets : packets) {
    const auto result = check(octets);
    CAPTURE(octets);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == code);
    CHECK_MESSAGE(result.error().detail.find(detail) != std::string::npos, result.error().detail);
  }
}

}  // namespace

TEST_CASE("what a good broker sends passes") {
  const std::string user = "\x26"s + counted("name") + counted("value");
  const std::vector<std::string> good{
      kConnack,
      packet(0x20, "\1\0\0"s),
      connack("\x11\0\0\0\1"s + "\x12" + counted("id") + "\x13\0\x3C"s + "\x1A" + counted("info") +
              "\x1C" + counted("other") + "\x1F" + counted("why") + "\x21\0\5"s + "\x22\0\5"s +
              "\x24\1" + "\x25\0"s + user + user + "\x27\0\0\1\0"s + "\x28\1\x29\1\x2A\1"),
      publish("a/b"),
      publish("\xC3\xBC"),
      publish("a", "\1\1\2\0\0\0\5"s + "\3" + counted("text/plain") + "\x08" + counted("reply/to") +
                       "\x09" + counted("\0\xFF"s) + "\x0B\5" + user + user),
      packet(0x30, counted("a") + "\0"s),
      packet(0x31, counted("a") + "\0x"s),
      packet(0x3A, counted("a") + "\0\1\0x"s),
      packet(0x40, "\0\1"s),
      packet(0x40, "\0\1\0"s),
      packet(0x40, "\0\1\x10"s),
      packet(0x40, "\0\1\x97"s + properties("\x1F" + counted("too many") + user)),
      packet(0x90, "\0\1\0\0\1\2\x87"s),
      packet(0x90, "\0\1"s + properties("\x1F" + counted("why")) + "\x80"),
      packet(0xD0, ""),
      packet(0xB0, "\0\1\0\0\x11"s),
  };
  for (const std::string& octets : good) {
    CAPTURE(octets);
    const auto result = check(octets);
    REQUIRE_MESSAGE(result.has_value(), result.error().detail);
  }
}

TEST_CASE("the seven octets, and the same in every packet with properties") {
  is_wrong({"\x20\x05\0\0\x02\x7f\0"s, packet(0x32, counted("a") + "\0\1\2\x7F\0"s),
            packet(0x40, "\0\1\0\2\x7F\0"s), packet(0x90, "\0\1\2\x7F\0\0"s),
            packet(0xE0, "\0\2\x7F\0"s)},
           Errc::malformed, "with a property (127) that does not belong there");
}

TEST_CASE("properties") {
  SUBCASE("in the wrong packet") {
    is_wrong({connack("\1\1"), connack("\x17\1"), connack("\x18\0\0\0\1"s),
              publish("a", "\x21\0\1"s), publish("a", "\x1F" + counted("why")),
              packet(0xE0, "\0\5\x11\0\0\0\1"s), packet(0x40, "\0\1\0\3\x21\0\1"s)},
             Errc::malformed, "does not belong there");
  }
  SUBCASE("twice") {
    is_wrong({connack("\x21\0\1\x21\0\1"s)}, Errc::malformed, "is given twice");
  }
  SUBCASE("longer or shorter than they say") {
    is_wrong({connack("\x21\0"), connack("\x12\0\5abc"s), publish("a", "\2\0\0"s),
              publish("a", "\x26" + counted("n")), publish("a", "\x0B\x80")},
             Errc::malformed, "is cut short");
    is_wrong({packet(0x20, "\0\0\5\x21\0\1"s), packet(0x32, counted("a") + "\0\1\x7F"s),
              packet(0x32, counted("a") + "\0\1"s), packet(0x90, "\0\1\x85\0"s)},
             Errc::malformed, "do not end within it");
    is_wrong({packet(0x20, "\0\0\0x"s), packet(0x40, "\0\1\0\0x"s), packet(0xE0, "\0\0x"s)},
             Errc::malformed, "behind its end");
  }
  SUBCASE("with values that are not allowed") {
    is_wrong({connack("\x21\0\0"s), connack("\x27\0\0\0\0"s), publish("a", "\x0B\0"s)},
             Errc::malformed, "is 0");
    is_wrong({connack("\x24\2"), connack("\x25\2")}, Errc::malformed, "neither 0 nor 1");
    is_wrong({connack("\x12" + counted("\xFF"))}, Errc::malformed, "is not UTF-8");
  }
  SUBCASE("of the publisher, wrong: left out, and no fault of the broker") {
    const std::string topic = "\x08" + counted("r");
    for (const std::string& wrong :
         {"\1\2"s, "\1\1\1\1"s, "\3" + counted("a\0b"s), "\x08" + counted("a/+/b"),
          "\x08" + counted("#"), "\x08" + counted(""), "\x08" + counted("\xFF"),
          "\x26" + counted("a") + counted("\xED\xA0\x80")}) {
      CAPTURE(wrong);
      const std::string octets = publish("a", wrong + "\x09" + counted("c"));
      const auto result = check(octets);
      REQUIRE_MESSAGE(result.has_value(), result.error().detail);
      CHECK(result->properties.faulty);
      CHECK(result->properties.response_topic.empty());
      CHECK(result->properties.correlation == "c");
    }
    CHECK(check(publish("a", topic + topic))->properties.faulty);
    CHECK_FALSE(check(publish("a", topic))->properties.faulty);
  }
  SUBCASE("that were not asked for") {
    is_wrong({connack("\x15" + counted("SCRAM")), connack("\x16" + counted("x")),
              publish("a", "\x23\0\1"s), publish("a", "\x23\0\0"s)},
             Errc::incorrect, "was not asked for");
  }
}

TEST_CASE("the fixed header") {
  CHECK_FALSE(read_header("", 10)->has_value());
  CHECK_FALSE(read_header("\x30", 10)->has_value());
  CHECK_FALSE(read_header("\x30\x80\x80\x80", 10)->has_value());
  CHECK((*read_header("\x30\x80\x01", 200))->total() == 131);
  CHECK(read_header("\x30\xFF\xFF\xFF\xFF", 1U << 30).error().code == Errc::malformed);
  CHECK(read_header("\x30\x80\0"s, 10).error().code == Errc::malformed);
  CHECK(read_header("\0\0"s, 10).error().code == Errc::malformed);
  CHECK(read_header("\x30\x08", 10)->has_value());
  CHECK(read_header("\x30\x09", 10).error().detail ==
        "PUBLISH of 11 octets; at most 10 were asked for");
  is_wrong({packet(0x21, "\0\0\0"s), packet(0x41, "\0\1"s), packet(0x92, "\0\1\0\0"s),
            packet(0xD1, ""), packet(0xE2, "")},
           Errc::malformed, "with wrong flags");
}

TEST_CASE("PUBLISH") {
  is_wrong({packet(0x36, counted("a") + "\0\1\0"s)}, Errc::malformed, "of QoS 3");
  is_wrong({packet(0x34, counted("a") + "\0\1\0"s)}, Errc::incorrect, "of QoS 2");
  is_wrong({packet(0x38, counted("a") + "\0"s)}, Errc::malformed, "is a duplicate");
  is_wrong({publish("")}, Errc::incorrect, "without a topic");
  for (const std::string& topic : {"a/#"s, "+"s, "\xFF"s, "a\0b"s, "\xC0\x80"s}) {
    CAPTURE(topic);  // no fault of the broker
    const std::string octets = publish(topic);
    const auto result = check(octets);
    REQUIRE(result.has_value());
    CHECK(result->properties.faulty);
  }
  is_wrong({packet(0x32, counted("a") + "\0\0\0"s)}, Errc::malformed, "packet identifier 0");
  is_wrong({packet(0x32, ""), packet(0x32, "\0\5abc"s), packet(0x32, counted("a") + "\0"s)},
           Errc::malformed, "is cut short");
}

TEST_CASE("acknowledgements") {
  is_wrong({packet(0x40, ""), packet(0x40, "\0"s), packet(0x90, "\0"s)}, Errc::malformed,
           "is cut short");
  is_wrong({packet(0x40, "\0\0"s), packet(0x90, "\0\0\0\0"s)}, Errc::malformed,
           "packet identifier 0");
  is_wrong({packet(0x40, "\0\1\x01"s), packet(0x40, "\0\1\x92"s), packet(0x90, "\0\1\0\3"s),
            packet(0x90, "\0\1\0\0\x10"s), packet(0xE0, "\1"), packet(0xE0, "\x04"),
            packet(0x20, "\0\xFF\0"s)},
           Errc::malformed, "a reason code");
  is_wrong({packet(0x90, "\0\1\0"s)}, Errc::malformed, "without a reason code");
  is_wrong({packet(0x50, "\0\1"s), packet(0x62, "\0\1"s), packet(0x70, "\0\1"s)}, Errc::incorrect,
           "nothing of QoS 2");
  is_wrong({packet(0xD0, "x")}, Errc::malformed, "behind its end");
}

TEST_CASE("what a server may not send, and not now") {
  is_wrong({packet(0x10, counted("MQTT")), packet(0x82, "\0\1\0"s), packet(0xA2, "\0\1\0"s),
            packet(0xC0, "")},
           Errc::incorrect, "which only a client may send");
  is_wrong({packet(0xF0, ""), packet(0xF0, "\x18\0"s)}, Errc::incorrect, "not asked for");
  Checker checker;
  checker.begin(Version::mqtt5);
  for (const auto& early :
       {packet(0xD0, ""), publish("a"), packet(0xE0, ""), packet(0x40, "\0\1"s)})
    CHECK(check(checker, early).error().detail.find("before CONNACK") != std::string::npos);
  REQUIRE(check(checker, kConnack));
  CHECK(check(checker, kConnack).error().detail == "CONNACK for the second time");
  checker.begin(Version::mqtt5);
  CHECK(check(checker, kConnack));
}

TEST_CASE("the broker's no is an end with its name") {
  const auto says = [](const std::string& octets, Errc code, const char* detail) {
    const auto result = check(octets);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == code);
    CHECK(result.error().detail == detail);
  };
  says(packet(0x20, "\0\x87\0"s), Errc::refused, "refused by the broker: not authorized");
  says(packet(0x20, "\0\x86"s + properties("\x1F" + counted("since\nnoon"))), Errc::refused,
       "refused by the broker: bad user name or password (since\\x0anoon)");
  says("\x20\2\0\1"s, Errc::unsupported, "refused by the broker: unacceptable protocol version");
  says(packet(0x20, "\0\x84\0"s), Errc::unsupported,
       "refused by the broker: unsupported protocol version");
  says("\x20\2\0\0"s, Errc::unsupported, "the broker does not speak MQTT 5");
  says("\x20\2\0\5"s, Errc::refused, "refused by the broker: not authorized");
  says(packet(0xE0, ""), Errc::unavailable, "closed by the broker");
  says(packet(0xE0, "\x8E"), Errc::unavailable, "closed by the broker: session taken over");
  says(packet(0xE0, "\x8B"s + properties("\x1F" + counted("maintenance"))), Errc::unavailable,
       "closed by the broker: server shutting down (maintenance)");
  is_wrong({"\x20\2\0\6"s}, Errc::malformed, "an unknown return code");
  is_wrong({packet(0x20, ""), packet(0x20, "\0"s)}, Errc::malformed, "is cut short");
  is_wrong({packet(0x20, "\2\0\0"s)}, Errc::malformed, "reserved flags");
}

TEST_CASE("MQTT 3.1.1 has no properties and fewer codes") {
  const auto check_old = [](const std::string& octets) {
    Checker checker;
    checker.begin(Version::mqtt311);
    if ((octets[0] & 0xF0) != 0x20) REQUIRE(check(checker, "\x20\2\1\0"s));
    return check(checker, octets);
  };
  CHECK(check_old("\x20\2\1\0"s)->session_present);
  CHECK(check_old(packet(0x33, counted("a") + "\0\7x"s))->payload == "x");
  CHECK(check_old(packet(0x33, counted("a") + "\0\7"s))->id == 7);
  CHECK(check_old(packet(0x40, "\0\1"s))->id == 1);
  CHECK(check_old(packet(0x90, "\0\1\0\1\2\x80"s))->codes.size() == 4);
  CHECK(check_old(packet(0xD0, "")));
  CHECK(check_old(packet(0xB0, "\0\1"s)));
  for (const std::string& octets :
       {kConnack, "\x20\2\0\6"s, packet(0x40, "\0\1\0"s), packet(0x90, "\0\1\x87"s),
        packet(0x90, "\0\1"s), packet(0x32, counted("a") + "\0"s), packet(0xB0, "\0\1\0"s)}) {
    CAPTURE(octets);
    const auto result = check_old(octets);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == Errc::malformed);
  }
  CHECK(check_old(packet(0xE0, "")).error().code == Errc::incorrect);
}

TEST_CASE("texts that a receiver may close the connection over are told apart from wrong ones") {
  CHECK(judge("") == Text::good);
  CHECK(judge("abc \xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80 \xEF\xBF\xBD") == Text::good);
  for (const char* text : {"\n", "\x7F", "\xC2\x85", "a\xEF\xBF\xBE", "\xEF\xBF\xBF",
                           "\xEF\xB7\x90", "\xF0\x9F\xBF\xBE", "\xF4\x8F\xBF\xBF"})
    CHECK(judge(text) == Text::discouraged);
  for (const std::string& text :
       {"\0"s, "\x80"s, "\xC0\x80"s, "\xED\xA0\x80"s, "\xF4\x90\x80\x80"s})
    CHECK(judge(text) == Text::bad);
  for (const auto& octets : {publish("a\nb"), publish("a", "\x26" + counted("n") + counted("\n")),
                             publish("a", "\x0B\1\x0B\2")})
    CHECK(check(octets));
}

}  // namespace msggw::mqtt::protocol
