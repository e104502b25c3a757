// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/session.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "adapters/mqtt/test_bench.h"

namespace msggw::mqtt::test::session_test {

using namespace std::chrono_literals;
using namespace std::string_literals;
using protocol::Version;

TEST_CASE("messages are dealt with however the stream is cut") {
  const std::string stream = publication(1) + "\xD0\0"s + publication(2) + puback(9);
  for (std::size_t cut = 1; cut <= stream.size(); ++cut) {
    Bench bench;
    bench.open();
    for (std::size_t at = 0; at < stream.size(); at += cut)
      bench.from_broker(std::string_view(stream).substr(at, cut));
    CHECK(bench.received.size() == 2);
    CHECK(bench.to_broker() == puback(1) + puback(2));
    CHECK(bench.is_ready());
  }
}

TEST_CASE("a turn has an end") {
  Bench bench;
  bench.open();
  const std::string octets = publication(1) + publication(2) + publication(3);
  std::copy(octets.begin(), octets.end(), bench.session.room().begin());
  bench.session.received(octets.size());
  CHECK(bench.session.deal(2, bench.now));
  CHECK(bench.received.size() == 2);
  CHECK_FALSE(bench.session.deal(2, bench.now));
  CHECK(bench.received.size() == 3);
}

TEST_CASE("a message is acknowledged when its receiver has it durable, in its order") {
  Bench bench;
  bench.open();
  bench.number = 5;
  bench.from_broker(publication(1));
  bench.number = 6;
  bench.from_broker(publication(2));
  bench.number = 0;
  bench.from_broker(publication(3) + "\x30\5\0\1a\0x"s);
  CHECK(bench.to_broker().empty());
  bench.session.settle(5);
  CHECK(bench.to_broker() == puback(1));
  bench.session.settle(6);
  CHECK(bench.to_broker() == puback(2) + puback(3));
  bench.number = Session::kNever;
  bench.from_broker(publication(4));
  bench.session.settle(1'000);
  CHECK(bench.to_broker().empty());
  bench.session.give_up({base::Errc::unavailable, "x"});
  bench.open(kContinued);
  bench.session.settle(1'001);
  CHECK(bench.to_broker().empty());  // of the connection before
}

TEST_CASE("a broker is heard while much is not acknowledged, also where it gives more than asked") {
  for (const Version version : {Version::mqtt5, Version::mqtt311}) {
    const bool old = version == Version::mqtt311;
    CAPTURE(old);
    Bench bench;
    bench.open(old ? kOldConnack : kNewSession, version);
    bench.number = 1;
    const std::string one = old ? "\x32\6\0\1a\0\1x"s : publication(1);
    std::string flood;
    for (std::size_t i = 0; i < 2 * Session::kReceiveMaximum; ++i) flood += one;
    bench.from_broker(flood);
    CHECK(bench.received.size() == 2 * Session::kReceiveMaximum);
    bench.session.tick(bench.now += 25s);
    CHECK(bench.to_broker() == "\xC0\0"s);
    bench.from_broker("\xD0\0"s);
    bench.session.tick(bench.now += 20s);
    bench.session.tick(bench.now += 20s);
    CHECK(bench.is_ready());
    while (flood.size() < Session::kMostUnacknowledged * one.size()) flood += one;
    bench.from_broker(flood);
    CHECK(bench.session.error().detail ==
          "more unacknowledged messages than there are packet identifiers");
  }
}

TEST_CASE("what was not acknowledged goes again, and says so where the session went on") {
  Bench bench;
  bench.open();
  REQUIRE(bench.publish("a", "x", "", true));
  REQUIRE(bench.publish("a", "x", "", false));
  CHECK(bench.to_broker() == publication(1, 3) + publication(2));
  bench.from_broker(puback(1));
  bench.session.give_up({base::Errc::unavailable, "x"});
  CHECK(bench.open(kContinued) == publication(2, 10));
  bench.session.give_up({base::Errc::unavailable, "x"});
  CHECK(bench.open(kNewSession) == publication(2));
  bench.from_broker(puback(2));
  CHECK(bench.open(kContinued).empty());
  CHECK(bench.denied.Value() == 0);
}

TEST_CASE("a publication that the broker refuses, or would, is counted and not sent again") {
  Bench bench;
  bench.open("\x20\x08\0\0\5\x27\0\0\0\x0A"s);
  REQUIRE(bench.publish("a", "x", "", false, 7));
  REQUIRE(bench.publish("a", "xxxx", "", false, 8));
  CHECK(bench.to_broker() == publication(1));
  CHECK(bench.denied.Value() == 1);
  bench.from_broker("\x40\3\0\1\x87"s + "\x40\3\0\1\x87"s);
  CHECK(bench.denied.Value() == 2);
  CHECK_FALSE(bench.publish("#", "", "", false, 9));
  CHECK(bench.answers ==
        std::vector<std::pair<std::uint64_t, int>>{{8, 0x95}, {7, 0x87}, {9, 0x83}});
  CHECK(bench.open(kContinued).empty());
}

TEST_CASE("topics that a broker could close the connection over are not published to") {
  Bench bench;
  bench.open();
  for (const std::string& topic :
       {""s, "a/+"s, "#"s, "a\nb"s, "\xFF"s, "a\0b"s, "\xEF\xBF\xBF"s, std::string(65'536, 'x')})
    CHECK_FALSE(bench.publish(topic, "x", "", false));
  CHECK_FALSE(bench.publish("t", "x", std::string(65'536, 'x'), false));
  CHECK(bench.to_broker().empty());
}

TEST_CASE("what the broker does not give is done without, and said") {
  Bench bench;
  SUBCASE("QoS 1") {
    bench.open("\x20\5\0\0\2\x24\0"s, Version::mqtt5, 0);
    CHECK_FALSE(bench.session.grants().qos_1);
    CHECK_FALSE(bench.session.grants().qos_1_requests);
    for (int i = 0; i < 3; ++i) REQUIRE(bench.publish("a", "x", "", true));
    const std::string one = "\x31\5\0\1a\0x"s;
    CHECK(bench.to_broker() == one + one + one);
    CHECK(bench.open(kNewSession).empty());
  }
  SUBCASE("retained messages") {
    bench.open("\x20\5\0\0\2\x25\0"s);
    CHECK_FALSE(bench.session.grants().retain);
    REQUIRE(bench.publish("a", "x", "", true));
    REQUIRE(bench.publish("a", "", "", true));
    CHECK(bench.to_broker() == publication(1));
  }
  SUBCASE("MQTT 5") {
    bench.open(kOldConnack, Version::mqtt311);
    CHECK(bench.session.grants().version == Version::mqtt311);
    REQUIRE(bench.publish("a", "x", "correlation", true));
    CHECK(bench.to_broker() == "\x33\6\0\1a\0\1x"s);
    bench.from_broker("\x31\4\0\1ax"s);
    CHECK(bench.received == std::vector{Incoming::Retained::before});
    bench.from_broker(puback(1));
    CHECK(bench.open(kContinued).empty());
  }
  SUBCASE("nothing") {
    bench.open();
    CHECK(bench.session.grants().qos_1);
    CHECK(bench.session.grants().qos_1_requests);
    CHECK(bench.session.grants().retain);
    bench.from_broker("\x31\5\0\1a\0x"s);
    CHECK(bench.received == std::vector{Incoming::Retained::now});
  }
}

TEST_CASE("a broker without what cannot be done without is left, with the reason") {
  const auto reason = [](const std::string& connack, bool shared,
                         Version version = Version::mqtt5) {
    Bench bench(1U << 20, shared);
    bench.session.begin(version, bench.now);
    bench.from_broker(connack);
    CHECK(bench.session.phase() == Session::Phase::closed);
    return bench.session.error().detail;
  };
  CHECK(reason("\x20\5\0\0\2\x28\0"s, false).starts_with("the broker has no wildcard"));
  CHECK(reason("\x20\5\0\0\2\x2A\0"s, true).starts_with("the broker has no shared"));
  CHECK(reason(kOldConnack, true, Version::mqtt311).starts_with("the broker speaks MQTT 3.1.1"));
}

TEST_CASE("who leaves a group leaves nothing behind; alone, the session waits for the next") {
  for (const bool shared : {false, true}) {
    Bench bench(1U << 20, shared);
    bench.open();
    bench.session.leave();
    CHECK(bench.to_broker() == (shared ? "\xE0\7\0\5\x11\0\0\0\0"s : "\xE0\0"s));
  }
}

TEST_CASE("what is retained can be looked at, again and again") {
  Bench bench;
  bench.open();
  const auto asks = [&](int code) {
    bench.session.watch("w");
    CHECK(bench.session.watched() == Session::Watch::asked);
    const std::string subscribe = bench.to_broker();
    CHECK(subscribe.substr(4) == "\0\0\1w\4"s);
    bench.from_broker("\x90\4"s + subscribe.substr(2, 2) + '\0' + static_cast<char>(code));
    return subscribe.substr(2, 2);
  };
  const std::string first = asks(0);
  CHECK(bench.session.watched() == Session::Watch::granted);
  bench.session.unwatch("w");
  CHECK(bench.to_broker().substr(0, 1) == "\xA2");
  CHECK(asks(0x87) != first);
  CHECK(bench.session.watched() == Session::Watch::refused);
  bench.from_broker("\xB0\4\xFF\x79\0\0"s + "\x90\4"s + first + "\0\0"s);  // late
  CHECK(bench.session.watched() == Session::Watch::refused);
  CHECK(bench.is_ready());
  bench.open();
  CHECK(bench.session.watched() == Session::Watch::none);
}

TEST_CASE("a broker of another version is told apart from one that refuses") {
  const auto ends_with = [](const std::string& octets, Version version) {
    Bench bench;
    bench.session.begin(version, bench.now);
    bench.from_broker(octets);
    REQUIRE(bench.session.phase() == Session::Phase::closed);
    return bench.session.error().code;
  };
  using base::Errc;
  CHECK(ends_with("\x20\2\0\1"s, Version::mqtt5) == Errc::unsupported);
  CHECK(ends_with("\x20\2\0\1"s, Version::mqtt311) == Errc::unsupported);
  CHECK(ends_with("\x20\3\0\x84\0"s, Version::mqtt5) == Errc::unsupported);
  CHECK(ends_with(kOldConnack, Version::mqtt5) == Errc::unsupported);
  CHECK(ends_with("\x20\2\0\5"s, Version::mqtt311) == Errc::refused);
  CHECK(ends_with("\x20\3\0\x87\0"s, Version::mqtt5) == Errc::refused);
  CHECK(ends_with("\x20\2\0\6"s, Version::mqtt311) == Errc::malformed);
  CHECK(ends_with(kNewSession, Version::mqtt311) == Errc::malformed);
}

TEST_CASE("wrong packets end the connection, and the broker is told what kind they are") {
  const auto says = [](const std::string& octets) {
    Bench bench;
    bench.open();
    bench.from_broker(publication(1) + octets + publication(2));
    CHECK(bench.received.size() == 1);
    CHECK(bench.session.phase() == Session::Phase::closed);
    return bench.to_broker().substr(4);
  };
  CHECK(says("\xC0\0"s) == "\xE0\1\x82"s);
  CHECK(says("\x30\5\0\1a\1\x7F"s) == "\xE0\1\x81"s);
  CHECK(says("\x30\xFF\xFF\xFF\x7F"s) == "\xE0\1\x95"s);
  CHECK(says("\x90\4\0\1\0\1"s) == "\xE0\1\x82"s);
}

TEST_CASE("a silent broker is asked whether it is there, and left if it is not") {
  Bench bench;
  const auto after = [&](std::chrono::seconds seconds) {
    bench.now += seconds;
    bench.session.tick(bench.now);
    return bench.to_broker();
  };
  SUBCASE("it answers") {
    bench.open();
    CHECK(after(20s).empty());
    CHECK(after(3s) == "\xC0\0"s);
    CHECK(after(5s).empty());
    bench.from_broker("\xD0\0"s);
    CHECK(after(17s).empty());
    CHECK(after(1s) == "\xC0\0"s);
    CHECK(bench.is_ready());
  }
  SUBCASE("it does not, though it takes what it gets") {
    bench.open();
    after(23s);
    bench.publish("a", "x", "", false);
    after(29s);
    CHECK(bench.is_ready());
    after(1s);
    CHECK(bench.session.error().detail == "no answer to PINGREQ within 30 seconds");
  }
  SUBCASE("a shorter keep-alive of the broker counts, a longer one does not") {
    bench.open("\x20\6\0\0\3\x13\0\x08"s);
    CHECK(after(6s) == "\xC0\0"s);
    bench.open("\x20\6\0\0\3\x13\xFF\xFF"s);
    CHECK(after(23s) == "\xC0\0"s);
  }
}

TEST_CASE("what goes to the broker is bounded and keeps its order") {
  Bench bench;
  bench.open("\x20\5\0\0\2\x24\0"s, Version::mqtt5, 0);  // no QoS 1, so nothing is acknowledged
  const std::string payload(1'000, 'x');
  while (bench.session.has_room()) bench.publish("a", payload, "", false);
  CHECK(bench.session.is_full());
  CHECK(bench.session.to_broker().size() < Session::kMostOutgoing + 2'000);
  bench.session.written(10, bench.now);
  CHECK(bench.session.to_broker().front() == 'x');
}

}  // namespace msggw::mqtt::test::session_test
