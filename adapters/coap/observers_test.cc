// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <deque>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test {
namespace {

TEST_CASE("who observes goes on when the listener has another address") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  const std::uint16_t port = world.port();
  world.reload([&](Options& now) {
    now.address = boost::asio::ip::address_v4::any();
    now.port = port;
  });
  CHECK(world.port() == port);
  world.deliver("sid-0", "m1", "1");
  const CoapMessage first = device.receive();
  CHECK(id_in(first) == "m1");
  device.acknowledge(first);
  CHECK(device.nothing_comes());
}

TEST_CASE("a reload ends observations that a start with the same options would not begin again") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  const std::uint16_t port = world.port();
  std::function<void(Options&)> change = [](Options& now) { now.udp = false; };
  SUBCASE("UDP is off") {}
  SUBCASE("a handle is not enough any more") {
    change = [](Options& now) { now.open_messages = false; };
  }
  world.reload(change);
  world.deliver("sid-0", "m1", "1");
  world.settle();
  CHECK(device.receive().code_text() == "4.04");
  CHECK(world.metric("msggw_coap_observations") == 0);
  CHECK(world.gateway.tables().observers.empty());
  world.reload([&](Options& now) {
    now.udp = now.open_messages = true;
    now.port = port;
  });
  CHECK(device.nothing_comes());
  device.observe();
  CHECK(id_in(device.receive()) == "m1");
}

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

TEST_CASE("an observation ends with the lifetime of the registration, and the device hears of it") {
  InboxWorld world;
  InboxDevice device(world, "a&lt=60");
  device.observe();
  std::optional<Message> notification;
  SUBCASE("idle") {}
  SUBCASE("while a message is under way, whose proof still counts") {
    world.deliver("sid-0", "m1", "1");
    notification = device.receive();
  }
  world.clock.skip(base::Duration{61'000});
  world.settle();
  if (notification) {
    CHECK(world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 0);
    device.acknowledge(*notification);
    REQUIRE(world.until(
        [&] { return world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 1; }));
  }
  Message ended = device.receive();
  while (notification && ended.mid == notification->mid) ended = device.receive();  // repeated
  CHECK(ended.code_text() == "4.04");
  CHECK(ended.payload.find("register again") != std::string::npos);
  world.settle();
  CHECK(world.metric("msggw_coap_observations") == 0);
  CHECK(device.nothing_comes());
}

TEST_CASE("what is under way to one address is limited, and the others go when some has ended") {
  Options options = InboxWorld::options();
  SUBCASE("in messages") {
    options.max_notifications = 4;
  }
  SUBCASE("in octets") {
    options.max_unproven_octets = 4'000;
  }
  InboxWorld world(options);
  std::deque<InboxDevice> devices;
  const std::string content(900, 'x');
  for (int i = 0; i < 6; ++i) {
    devices.emplace_back(world, "d" + std::to_string(i)).observe();
    world.deliver("sid-" + std::to_string(i), "m" + std::to_string(i), content);
  }
  world.settle();
  const auto under_way = [&] { return world.metric("msggw_coap_unproven"); };
  REQUIRE(world.until([&] { return under_way() == 2; }));
  for (int i = 0; i < 10; ++i) world.turn();
  CHECK(under_way() == 2);
  CHECK(world.metric("msggw_coap_crowded_total") >= 4);
  const auto& trace = world.messages->queue().trace;
  std::size_t came_back = 0;
  for (std::size_t i = 0; i < trace.size(); ++i)
    came_back += trace[i].what == messages::Happening::came_back ? 1 : 0;
  CHECK(came_back == 0);
  int got = 0;
  REQUIRE(world.until([&] {
    CHECK(under_way() <= 2);
    for (InboxDevice& device : devices) {
      const auto notification = device.poll();
      if (!notification) continue;
      ++got;
      device.acknowledge(*notification);
    }
    return got == 6;
  }));
  REQUIRE(world.until([&] { return under_way() == 0; }));
  CHECK(world.metric("msggw_coap_unproven_octets") == 0);
  CHECK(world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 6);
}

TEST_CASE("who speaks before his old observation is given up does not sleep") {
  Options options = InboxWorld::options();
  options.ack_timeout = base::Duration{5'000};
  options.max_retransmit = 0;
  InboxWorld world(options);
  InboxDevice device(world, "a");
  device.observe();
  world.deliver("sid-0", "m1", "1");
  device.receive();
  world.clock.skip(base::Duration{1'500});
  CHECK(device.report("{}").code_text() == "4.00");
  world.clock.skip(base::Duration{10'000});
  REQUIRE(world.until([&] { return world.metric("msggw_coap_observations") == 0; }));
  CHECK(world.metric("msggw_coap_notifications_total{end=\"timed_out\"}") == 1);
  const auto& presences = world.gateway.tables().presences;
  CHECK(presences.of(core::DeviceNo{0}, core::Bearer::coap) == core::Presence::reachable);
}

}  // namespace
}  // namespace msggw::coap_adapter::test
