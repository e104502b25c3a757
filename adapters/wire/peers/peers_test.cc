// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/peers/peers.h"

#include <doctest/doctest.h>

#include <string>

namespace msggw::peers::peers_test {

namespace {

using namespace std::chrono_literals;

constexpr BreakerLimits kLimits{
    .most_failures = 2, .probe_first = 100ms, .probe_most = 1s, .most_retry_after = 1min};

struct Place : Peer {
  Place(std::string place_name, std::uint32_t seed)
      : Peer{Breaker(kLimits, seed)}, name(std::move(place_name)) {}

  std::string name;
  bool has_room = true;
};

/// Peers "0", "1", ... and a clock that stands until it is moved.
struct Far {
  explicit Far(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i)
      places.push_back(&peers.add(std::to_string(i), i + 1));
  }

  Place* pick() const {
    return peers.pick(now, [](const Place& place) { return place.has_room; });
  }
  std::string picked() const {
    const Place* const place = pick();
    return place == nullptr ? "none" : place->name;
  }
  void fail(std::size_t which, base::Duration retry_after = 0s) {
    places[which]->breaker.failed(now, retry_after, places[which]->breaker.sent(now));
  }
  void open(std::size_t which) {
    for (unsigned i = 0; i < kLimits.most_failures; ++i) fail(which);
    REQUIRE(places[which]->breaker.open());
  }

  base::TimePoint now{std::chrono::hours{400'000}};
  Peers<Place> peers;
  std::vector<Place*> places;
};

}  // namespace

TEST_CASE("the first in order serves, and the next as soon as it fails too often") {
  Far far(3);
  CHECK(far.picked() == "0");
  far.fail(0);
  CHECK(far.picked() == "0");  // once is an accident
  far.fail(0);
  CHECK(far.picked() == "1");
  far.open(1);
  CHECK(far.picked() == "2");
  CHECK(far.peers.available());
  CHECK(far.peers.answering() == std::vector<bool>{false, false, true});
  CHECK_FALSE(far.peers.next_probe());  // nobody waits for one
}

TEST_CASE("a far side that fails is probed seldom while another one serves") {
  Far far(1);
  far.open(0);
  const auto pick = [&](bool spare) {
    return far.peers.pick(far.now, [](const Place&) { return true; }, spare) != nullptr;
  };
  far.now = far.places[0]->breaker.next_probe();
  REQUIRE(pick(false));
  far.fail(0);
  far.now = far.places[0]->breaker.next_probe();
  CHECK(pick(false));
  CHECK_FALSE(pick(true));
  far.now += kLimits.probe_most;
  CHECK(pick(true));
}

TEST_CASE("the first serves again with its first answer to a probe") {
  Far far(2);
  far.open(0);
  REQUIRE(far.picked() == "1");
  far.now += kLimits.probe_most;
  REQUIRE(far.picked() == "0");
  Breaker& first = far.places[0]->breaker;
  REQUIRE(first.sent(far.now));
  CHECK(far.picked() == "1");  // one probe at a time
  far.now += 1h;
  CHECK(far.picked() == "1");
  CHECK(first.answered(true));
  CHECK(far.picked() == "0");
  CHECK(far.peers.answering() == std::vector<bool>{true, true});
}

TEST_CASE("a probe that fails leaves the next to serve, once each probe_most") {
  Far far(2);
  far.open(0);
  std::size_t probes = 0;
  for (int ms = 0; ms < 20'000; ++ms, far.now += 1ms) {
    if (far.picked() == "1") continue;
    ++probes;
    far.fail(0);
    CHECK(far.picked() == "1");
  }
  CHECK(probes >= 10);
  CHECK(probes <= 20);
}

TEST_CASE("one after the peer that serves is not probed") {
  Far far(2);
  far.open(1);
  far.now += 1h;
  CHECK(far.picked() == "0");
}

TEST_CASE("if none answers each is probed by its own back-off, in order") {
  Far far(3);
  for (std::size_t i = 0; i < 3; ++i) far.open(i);
  CHECK_FALSE(far.peers.available());
  // The earliest of the three is what there is to wait for, and then one is asked.
  const auto next = far.peers.next_probe();
  REQUIRE(next);
  for (const Place* place : far.places) CHECK(*next <= place->breaker.next_probe());
  far.now = *next - 1ms;
  CHECK(far.picked() == "none");
  far.now = *next;
  CHECK(far.picked() != "none");
  // When all are due they go in order, one probe each, and then there is nothing to wait for.
  far.now += kLimits.probe_most;
  for (const char* name : {"0", "1", "2"}) {
    CHECK(far.picked() == name);
    far.pick()->breaker.sent(far.now);
  }
  CHECK(far.picked() == "none");
  CHECK_FALSE(far.peers.next_probe());
  far.places[1]->breaker.answered(true);
  CHECK(far.picked() == "1");
}

TEST_CASE("a pause that one peer asks for is its own") {
  Far far(2);
  far.fail(0, 30s);
  CHECK(far.picked() == "1");
  far.fail(1, 5s);
  CHECK(far.picked() == "none");
  far.now += 4'999ms;
  CHECK(far.picked() == "none");
  REQUIRE(far.peers.next_probe());
  CHECK(*far.peers.next_probe() >= far.now + 1ms);
  CHECK(*far.peers.next_probe() <= far.now + 1ms + kLimits.probe_first);
  far.now = *far.peers.next_probe();
  REQUIRE(far.picked() == "1");
  far.places[1]->breaker.answered(far.places[1]->breaker.sent(far.now));
  far.now += 20s;
  CHECK(far.picked() == "1");  // 0 is left alone until its time
  far.now += 6s;
  CHECK(far.picked() == "0");
}

TEST_CASE("a peer that serves and has no room is waited for, a probe without room is put off") {
  Far far(3);
  far.places[0]->has_room = false;
  CHECK(far.picked() == "none");
  CHECK_FALSE(far.peers.next_probe());
  far.open(0);
  far.now += kLimits.probe_most;
  CHECK(far.picked() == "1");
  far.places[0]->has_room = true;
  CHECK(far.picked() == "0");
}

}  // namespace msggw::peers::peers_test
