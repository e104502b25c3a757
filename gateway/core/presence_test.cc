// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/presence.h"

#include <doctest/doctest.h>

#include <random>

namespace msggw::core {
namespace {

constexpr std::chrono::seconds kReachableFor{128};
constexpr std::uint32_t kMorning = 1'700'000'000;
constexpr DeviceNo kMeter{3};
constexpr Bearer kOverCoap = Bearer::coap;
constexpr Bearer kOverMqtt = Bearer::mqtt;

std::size_t counted(const Presences& all, Bearer bearer) {
  std::size_t sum = 0;
  for (const Presence presence : kVisiblePresences) sum += all.count(bearer, presence);
  return sum;
}

TEST_CASE("a device over CoAP is registered, reachable, sleeping, and offline when it ends") {
  Presences all(kReachableFor);
  CHECK(all.of(kMeter, kOverCoap) == Presence::none);
  all.registered(kMeter, kOverCoap, true);  // read from the store
  CHECK(all.of(kMeter, kOverCoap) == Presence::registered);
  CHECK(all.seen_s(kMeter, kOverCoap) == 0);
  CHECK_FALSE(all.next_s());

  all.seen(kMeter, kOverCoap, kMorning);
  CHECK(all.of(kMeter, kOverCoap) == Presence::reachable);
  CHECK(all.seen_s(kMeter, kOverCoap) == kMorning);
  all.advance(kMorning + 128);
  CHECK(all.of(kMeter, kOverCoap) == Presence::reachable);
  all.advance(kMorning + 131);  // a 64th later at most
  CHECK(all.of(kMeter, kOverCoap) == Presence::sleeping);
  CHECK(all.count(kOverCoap, Presence::sleeping) == 1);
  CHECK(all.seen_s(kMeter, kOverCoap) == kMorning);

  all.seen(kMeter, kOverCoap, kMorning + 10'000);
  CHECK(all.count(kOverCoap, Presence::reachable) == 1);
  all.registered(kMeter, kOverCoap, false);
  CHECK(all.of(kMeter, kOverCoap) == Presence::offline);
  CHECK(all.count(kOverCoap, Presence::offline) == 1);
  CHECK(all.count(kOverCoap, Presence::reachable) == 0);
  all.registered(kMeter, kOverCoap, true);
  CHECK(all.of(kMeter, kOverCoap) == Presence::registered);
  all.forget(kMeter);
  CHECK(all.of(kMeter, kOverCoap) == Presence::none);
  CHECK(counted(all, kOverCoap) == 0);
}

TEST_CASE("a connected device needs no word until it is gone, and who speaks is not gone") {
  Presences all(kReachableFor);
  all.connected(kMeter, kOverMqtt, kMorning);  // before it registers
  CHECK(all.of(kMeter, kOverMqtt) == Presence::offline);
  all.registered(kMeter, kOverMqtt, true);
  CHECK(all.of(kMeter, kOverMqtt) == Presence::reachable);
  all.advance(kMorning + 1'000'000);
  CHECK(all.of(kMeter, kOverMqtt) == Presence::reachable);
  CHECK_FALSE(all.next_s());
  all.unanswered(kMeter, kOverMqtt);  // its connection says more
  CHECK(all.of(kMeter, kOverMqtt) == Presence::reachable);

  all.gone(kMeter, kOverMqtt);
  CHECK(all.of(kMeter, kOverMqtt) == Presence::offline);
  all.seen(kMeter, kOverMqtt, kMorning + 1'000'001);  // the Will was that of a connection before
  CHECK(all.of(kMeter, kOverMqtt) == Presence::reachable);

  all.connected(kMeter, kOverMqtt, kMorning + 1'000'002);
  all.lost(kOverMqtt);
  CHECK(all.of(kMeter, kOverMqtt) == Presence::registered);
  CHECK(all.seen_s(kMeter, kOverMqtt) == kMorning + 1'000'002);
  CHECK(counted(all, kOverMqtt) == 1);
}

TEST_CASE("who does not take what it is brought sleeps, until it is heard of") {
  Presences all(kReachableFor);
  all.registered(kMeter, kOverCoap, true);
  all.unanswered(kMeter, kOverCoap);  // an observation that outlived the process
  CHECK(all.of(kMeter, kOverCoap) == Presence::sleeping);
  all.seen(kMeter, kOverCoap, kMorning);
  all.unanswered(kMeter, kOverCoap);
  CHECK(all.of(kMeter, kOverCoap) == Presence::sleeping);
  CHECK(all.count(kOverCoap, Presence::reachable) == 0);
  all.seen(kMeter, kOverCoap, kMorning + 1);
  CHECK(all.of(kMeter, kOverCoap) == Presence::reachable);
}

TEST_CASE("bearers are counted apart, and a long silence of the loop puts all to sleep") {
  Presences all(std::chrono::seconds{1});
  for (std::uint32_t i = 0; i < 100; ++i) {
    all.registered(DeviceNo{i}, kOverCoap, true);
    all.seen(DeviceNo{i}, kOverCoap, kMorning + i / 50);
  }
  all.registered(DeviceNo{7}, Bearer::sms, true);
  CHECK(all.count(kOverCoap, Presence::reachable) == 100);
  CHECK(all.count(Bearer::sms, Presence::registered) == 1);
  CHECK(all.next_s());
  all.advance(kMorning + 1);
  CHECK(all.count(kOverCoap, Presence::reachable) == 100);
  all.advance(kMorning + 2);
  CHECK(all.count(kOverCoap, Presence::reachable) == 50);
  all.advance(kMorning + 100'000);
  CHECK(all.count(kOverCoap, Presence::sleeping) == 100);
  CHECK(all.count(kOverCoap, Presence::reachable) == 0);
  CHECK_FALSE(all.next_s());
}

/// What is kept must be what a count of all devices would say.
TEST_CASE("another time to be reachable counts for who was heard of before, too") {
  Presences all(kReachableFor);
  all.registered(kMeter, kOverCoap, true);
  all.seen(kMeter, kOverCoap, kMorning);
  all.reachable_for(std::chrono::seconds{1'000}, kMorning + 100);
  all.advance(kMorning + 900);
  CHECK(all.of(kMeter, kOverCoap) == Presence::reachable);
  CHECK(all.count(kOverCoap, Presence::reachable) == 1);
  all.reachable_for(std::chrono::seconds{10}, kMorning + 900);
  CHECK(all.of(kMeter, kOverCoap) == Presence::sleeping);
  CHECK(all.count(kOverCoap, Presence::sleeping) == 1);
  all.seen(kMeter, kOverCoap, kMorning + 905);
  CHECK(all.count(kOverCoap, Presence::reachable) == 1);
  all.advance(kMorning + 916);
  CHECK(all.count(kOverCoap, Presence::reachable) == 0);
  CHECK(counted(all, kOverCoap) == 1);
}

TEST_CASE("the counts are right after any steps") {
  std::mt19937 random(7);
  const auto below = [&random](std::uint32_t end) {
    return static_cast<std::uint32_t>(random() % end);
  };
  Presences all(std::chrono::seconds{100});
  std::uint32_t now_s = kMorning;
  for (int step = 0; step < 20'000; ++step) {
    const DeviceNo device{below(40)};
    const auto bearer = static_cast<Bearer>(below(kBearers));
    switch (below(9)) {
      case 0: all.registered(device, bearer, below(3) != 0); break;
      case 1: all.connected(device, bearer, now_s); break;
      case 2: all.gone(device, bearer); break;
      case 3: all.unanswered(device, bearer); break;
      case 4: all.advance(now_s += below(60)); break;
      case 5: below(50) == 0 ? all.lost(bearer) : all.forget(device); break;
      default: all.seen(device, bearer, now_s); break;
    }
    if (step % 50 != 0) continue;
    for (const Bearer of : kAllBearers) {
      for (const Presence presence : kVisiblePresences) {
        std::size_t found = 0;
        for (std::uint32_t i = 0; i < 40; ++i) found += all.of(DeviceNo{i}, of) == presence ? 1 : 0;
        CHECK(all.count(of, presence) == found);
      }
    }
    if (const auto next = all.next_s()) CHECK(*next > now_s);
  }
}

TEST_CASE("each visible state has its word") {
  for (const Presence presence : kVisiblePresences)
    CHECK(presence_of(name_of(presence)) == presence);
  CHECK_FALSE(presence_of("none"));
  CHECK_FALSE(presence_of("awake"));
}

}  // namespace
}  // namespace msggw::core
