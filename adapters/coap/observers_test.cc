// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test {
namespace {

TEST_CASE("10,000 observers that never answer hold up nobody who does") {
  constexpr int kSleepers = 10'000, kAtOnce = 100;
  core::Limits limits;
  limits.first_contacts_per_address = 0;
  limits.max_unsaved_devices = 2 * kSleepers;
  Options options = InboxWorld::options();
  options.receive_buffer_octets = 8 << 20;
  InboxWorld world(options, Kept::memory, {}, limits);
  InboxDevice awake(world, "awake");
  awake.observe();

  // They have one socket, and their MIDs and tokens tell them apart.
  Device site(world, world.port());
  for (int done = 0; done < kSleepers; done += kAtOnce) {
    for (int i = done; i < done + kAtOnce; ++i)
      site.send(request(kPost, "rd?ep=sleeper-" + std::to_string(i), i));
    std::vector<std::string> handles;
    for (int i = 0; i < kAtOnce; ++i) handles.push_back(site.receive().location().substr(1));
    for (int i = 0; i < kAtOnce; ++i)
      site.send(InboxDevice::with(request(kGet, handles[i] + "/inbox", kSleepers + done + i),
                                  kObserve, ""));
    for (int i = 0; i < kAtOnce; ++i) REQUIRE(site.receive().option(kObserve));
  }
  world.turn();
  CHECK(world.metric("msggw_coap_observations") == kSleepers + 1);
  for (int i = 1; i <= kSleepers; ++i) world.deliver("sid-" + std::to_string(i), "m", "wake up");
  world.settle();

  for (int i = 0; i < 200; ++i) {
    const std::string id = "m" + std::to_string(i);
    world.deliver("sid-0", id, "x");
    const Message notification = awake.receive();
    REQUIRE(id_in(notification) == id);
    awake.acknowledge(notification);
  }
  REQUIRE(world.until(
      [&] { return world.metric("msggw_coap_notifications_total{end=\"acknowledged\"}") == 200; }));
}

}  // namespace
}  // namespace msggw::coap_adapter::test
