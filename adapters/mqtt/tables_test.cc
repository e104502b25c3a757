// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "adapters/mqtt/deadlines.h"
#include "adapters/mqtt/presence.h"
#include "adapters/mqtt/signs.h"

namespace msggw::mqtt {

TEST_CASE("presence counts each device once and remembers those not yet registered") {
  Presence presence;
  const core::DeviceNo device{1000};
  presence.set(device, false);
  presence.set(device, true);
  presence.set(device, true);
  CHECK(presence.online() == 1);
  CHECK(presence.is_online(device));
  CHECK_FALSE(presence.is_online(core::DeviceNo{5}));
  presence.set(device, false);
  CHECK(presence.online() == 0);

  presence.set_early("early", true);
  presence.set_early("gone", true);
  presence.set_early("gone", false);
  CHECK_FALSE(presence.recorded("gone", core::DeviceNo{3}));
  CHECK(presence.recorded("early", core::DeviceNo{2}));
  CHECK_FALSE(presence.recorded("early", core::DeviceNo{2}));
  CHECK(presence.is_online(core::DeviceNo{2}));
  for (std::size_t i = 0; i <= Presence::kMostEarly; ++i)
    presence.set_early("flood" + std::to_string(i), true);
  CHECK_FALSE(presence.recorded("flood0", core::DeviceNo{4}));
  CHECK(presence.recorded("flood" + std::to_string(Presence::kMostEarly), core::DeviceNo{4}));
}

TEST_CASE("deadlines of what has come back do not pile up, and those of what is under way stay") {
  using namespace std::chrono_literals;
  constexpr std::size_t kMost = 8;
  const base::TimePoint now{1h};
  Deadlines deadlines;
  std::uint64_t last = 0;
  const auto is_under_way = [&](std::uint64_t tag) { return tag == 1 || tag == last; };
  for (int i = 0; i < 10'000; ++i) {
    deadlines.add(now + std::chrono::seconds(i), ++last, kMost, is_under_way);
    CHECK(deadlines.size() <= 2 * kMost);
  }
  CHECK_FALSE(deadlines.take_due(now - 1ms));
  CHECK(deadlines.take_due(now) == 1);
  std::optional<std::uint64_t> latest;
  while (const auto tag = deadlines.take_due(now + 10'000s)) latest = tag;
  CHECK(latest == last);
  CHECK(deadlines.size() == 0);
}

TEST_CASE("a sign of life counts until the second turn after it") {
  using core::DeviceNo;
  Signs signs;
  signs.note(DeviceNo{70});
  CHECK(signs.has(DeviceNo{70}));
  CHECK_FALSE(signs.has(DeviceNo{69}));
  CHECK_FALSE(signs.has(DeviceNo{71}));
  signs.turn();
  CHECK(signs.has(DeviceNo{70}));
  signs.note(DeviceNo{3});
  signs.turn();
  CHECK_FALSE(signs.has(DeviceNo{70}));
  CHECK(signs.has(DeviceNo{3}));
  signs.forget(DeviceNo{3});
  signs.forget(DeviceNo{1'000});
  CHECK_FALSE(signs.has(DeviceNo{3}));
}

TEST_CASE("what the broker keeps of a device says that it is online, and not that it is there") {
  Presence presence;
  const core::DeviceNo device{70};
  presence.set(device, true, false);
  CHECK(presence.is_online(device));
  CHECK_FALSE(presence.is_connected(device));
  presence.set(device, true);
  CHECK(presence.is_connected(device));
  presence.set(device, true, false);  // handed out again
  CHECK(presence.is_connected(device));
  CHECK(presence.next_online(core::DeviceNo{}) == device);
  CHECK_FALSE(presence.next_online(core::DeviceNo{71}));
  presence.lost();
  CHECK(presence.is_online(device));
  CHECK_FALSE(presence.is_connected(device));
  presence.set(device, true);
  presence.set(device, false);
  CHECK_FALSE(presence.is_connected(device));
  CHECK_FALSE(presence.next_online(core::DeviceNo{}));
  presence.set_early("stored", true, false);
  CHECK(presence.recorded("stored", device));
  CHECK_FALSE(presence.is_connected(device));
}

}  // namespace msggw::mqtt
