// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/sources.h"

#include <doctest/doctest.h>

namespace msggw::base {
namespace {

using namespace std::chrono_literals;

constexpr HashKey kKey{1, 2};
const TimePoint kNow{std::chrono::hours{500'000}};

Source of(const char* address) {
  return source_of(boost::asio::ip::make_address(address));
}

TEST_CASE("a source is an IPv4 address or 64 bits of an IPv6 address") {
  CHECK(of("192.0.2.1") == of("::ffff:192.0.2.1"));
  CHECK(of("192.0.2.1") != of("192.0.2.2"));
  CHECK(of("2001:db8::1") == of("2001:db8::ffff:1"));
  CHECK(of("2001:db8::1") != of("2001:db8:0:1::1"));
  CHECK(of("::1") != Source::none);
  CHECK(of("0.0.0.0") != Source::none);
  CHECK(smsc_source(0) != smsc_source(1));
  CHECK(smsc_source(0) != broker_source());
}

TEST_CASE("a source is told as its operator knows it") {
  const auto told = [](const char* address) {
    return to_string(source_of(boost::asio::ip::make_address(address)));
  };
  CHECK(told("192.0.2.7") == "192.0.2.7");
  CHECK(told("::ffff:192.0.2.7") == "192.0.2.7");
  CHECK(told("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(told("::1") == "::/64");
  CHECK(to_string(broker_source()) == "broker");
  CHECK(to_string(smsc_source(1)) == "smsc:2");
  CHECK(to_string(Source::none) == "unknown");
}

TEST_CASE("each source has its rate, and what it saved up") {
  RateBySource rate(5, 64, kKey);
  const auto passes = [&](const char* address, TimePoint now) {
    int passed = 0;
    while (passed < 1'000 && rate.pass(of(address), now)) ++passed;
    return passed;
  };
  CHECK(passes("192.0.2.1", kNow) == 50);
  CHECK(passes("192.0.2.1", kNow) == 0);
  CHECK(passes("192.0.2.2", kNow) == 50);
  CHECK(passes("192.0.2.1", kNow + 1s) == 5);
  CHECK(passes("192.0.2.1", kNow + 1h) == 50);
}

TEST_CASE("a rate is what was said, however high, and may be used by many at a time") {
  for (const std::uint32_t per_second : {1'000U, 700'000U, 8'000'000U, 1U << 30}) {
    CAPTURE(per_second);
    RateBySource rate(per_second, 64, kKey);
    int passed = 0;
    while (passed < 1'000 && rate.pass(of("192.0.2.1"), kNow, per_second / 10)) ++passed;
    CHECK(passed == 100);
  }
}

TEST_CASE("a limit of none limits nothing") {
  RateBySource rate(0, 64, kKey);
  for (int i = 0; i < 100'000; ++i) REQUIRE(rate.pass(of("192.0.2.1"), kNow));
}

TEST_CASE("many sources do not wash the debt of one out") {
  RateBySource rate(1, 1'024, kKey);
  while (rate.pass(of("192.0.2.1"), kNow)) {
  }
  for (std::uint64_t i = 0; i < 100'000; ++i) rate.pass(Source{1'000'000 + i}, kNow);
  CHECK_FALSE(rate.pass(of("192.0.2.1"), kNow));
}

TEST_CASE("a share is given back") {
  ShareBySource share(2);
  CHECK(share.enter(of("192.0.2.1")));
  CHECK(share.enter(of("192.0.2.1")));
  CHECK_FALSE(share.enter(of("192.0.2.1")));
  CHECK(share.enter(of("192.0.2.2")));
  share.leave(of("192.0.2.1"));
  CHECK(share.of(of("192.0.2.1")) == 1);
  CHECK(share.enter(of("192.0.2.1")));
}

TEST_CASE("of a room no source has more than it leaves free") {
  const Source greedy = of("192.0.2.1");
  const Source other = of("192.0.2.2");
  RoomBySource room(100);
  CHECK_FALSE(room.take(greedy, 101));
  CHECK_FALSE(room.take(greedy, 51));
  CHECK(room.take(greedy, 50));
  CHECK(room.take(greedy, 0));
  CHECK_FALSE(room.take(greedy));
  for (int i = 0; i < 25; ++i) CHECK(room.take(other));
  CHECK_FALSE(room.take(other));
  room.give_back(greedy, 50);
  CHECK(room.taken() == 25);
  CHECK(room.take(other, 12));
  room.give_back(other, 37);
  CHECK(room.taken() == 0);
  CHECK(room.take(greedy, 50));
}

}  // namespace
}  // namespace msggw::base
