// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/standing.h"

#include <doctest/doctest.h>

#include <map>
#include <vector>

namespace msggw::coap::standing_test {
namespace {

struct Watch {
  /// Until `end`, at each step what is due. How many at once at most.
  std::size_t run(base::TimePoint end) {
    std::size_t most = 0;
    while (const auto next = rounds.next()) {
      if (*next > end) break;
      now = *next;
      const auto some = rounds.take(now);
      most = std::max(most, some.size());
      for (const int each : some) looked[each].push_back(now);
    }
    now = end;
    return most;
  }

  base::TimePoint now{};
  Rounds<int> rounds;
  std::map<int, std::vector<base::TimePoint>> looked;
};

TEST_CASE("each session is looked at within the time, and never many in one turn") {
  Watch watch;
  for (int i = 0; i < 10'000; ++i) watch.rounds.add(i, watch.now);
  CHECK(watch.run(base::TimePoint{base::Duration{20'000}}) <= 501);
  REQUIRE(watch.looked.size() == 10'000);
  for (const auto& [session, times] : watch.looked) {
    base::TimePoint before{};
    for (const base::TimePoint at : times) {
      CHECK(at - before <= Rounds<int>::kWithin);
      before = at;
    }
    CHECK(watch.now - before <= Rounds<int>::kWithin);
  }
}

TEST_CASE("a session that ends leaves the round, also if it is the next") {
  Watch watch;
  std::vector<Rounds<int>::Place> places;
  for (int i = 0; i < 300; ++i) places.push_back(watch.rounds.add(i, watch.now));
  REQUIRE(watch.rounds.next());
  const base::TimePoint first = *watch.rounds.next();
  const auto some = watch.rounds.take(first);
  REQUIRE(some.size() < 300);
  watch.rounds.remove(places.at(some.size()));  // the next
  watch.rounds.remove(places.at(0));
  watch.rounds.remove(places.at(0));  // nothing
  const auto others = watch.rounds.take(*watch.rounds.next());
  REQUIRE(!others.empty());
  CHECK(others.front() == static_cast<int>(some.size()) + 1);
  for (auto& place : places) watch.rounds.remove(place);
  CHECK_FALSE(watch.rounds.next());
  CHECK(watch.rounds.take(first + base::Duration{60'000}).empty());
}

TEST_CASE("a certificate may become somebody's, and a PSK always is") {
  std::optional<std::uint64_t> is;
  ServerSecurity security;
  security.whom = [&is](const Identity&) { return is; };
  const Identity certificate{Identity::Kind::certificate, {"a"}};
  const Identity psk{Identity::Kind::psk, {"a"}, 1};
  Standing of_certificate(security, certificate, nullptr);
  CHECK_FALSE(of_certificate.look(security, certificate, {}));
  Standing of_nobody(security, psk, nullptr);  // it was removed during the handshake
  CHECK(of_nobody.look(security, psk, {}) == Lapse::credential);
  is = 0;
  CHECK_FALSE(of_certificate.look(security, certificate, {}));
  CHECK(of_nobody.look(security, psk, {}) == Lapse::credential);
  Standing of_psk(security, psk, nullptr);
  CHECK_FALSE(of_psk.look(security, psk, {}));
  is = 1;
  CHECK(of_certificate.look(security, certificate, {}) == Lapse::credential);
  CHECK(of_psk.look(security, psk, {}) == Lapse::credential);
  is.reset();
  CHECK(of_certificate.look(security, certificate, {}) == Lapse::credential);
  CHECK_FALSE(Standing().look({}, psk, {}));  // of a server that asks nobody
}

}  // namespace
}  // namespace msggw::coap::standing_test
