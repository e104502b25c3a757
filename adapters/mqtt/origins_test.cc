// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/origins.h"

#include <doctest/doctest.h>

#include <set>

namespace msggw::mqtt {

namespace {

/// A device that says one thing again and again; what came before is known.
struct Bench {
  std::set<std::string> known;
  Origins origins;

  std::string say(std::uint16_t packet_id, bool again) {
    std::string origin = origins.of(
        packet_id, again, [&](const std::string& asked) { return known.contains(asked); });
    known.insert(origin);
    return origin;
  }
};

}  // namespace

TEST_CASE("what the broker hands over again has the origin that it had, also after a restart") {
  Bench bench;
  const std::string first = bench.say(7, false);
  CHECK(bench.say(7, true) == first);
  CHECK(bench.say(8, false) != first);
  bench.origins = {};
  CHECK(bench.say(7, true) == first);
}

TEST_CASE("the same words under an identifier that is used again are another message") {
  Bench bench;
  const std::string first = bench.say(1, false);
  const std::string second = bench.say(1, false);
  CHECK(second != first);
  CHECK(bench.say(1, true) == second);
  const std::string third = bench.say(1, false);
  CHECK(third != first);
  CHECK(third != second);
  CHECK(bench.say(1, true) == third);
}

TEST_CASE("QoS 0 is never handed over again") {
  Bench bench;
  CHECK(bench.say(0, false) != bench.say(0, false));
}

}  // namespace msggw::mqtt
