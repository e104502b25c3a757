// SPDX-License-Identifier: Apache-2.0
// That neither a device, nor one address, nor one way takes all the room for messages.
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;

/// Room for 200 messages; devices that came over CoAP, each from the address that is said.
struct Crowd {
  MessagesWorld world;

  explicit Crowd(const std::vector<std::uint64_t>& addresses, Limits limits = of_200())
      : world(limits, MessagesWorld::policy_of_tests(), 0) {
    for (const std::uint64_t address : addresses) add(address);
  }
  static Limits of_200() {
    Limits limits;
    limits.max_messages = 200;
    return limits;
  }
  void add(std::uint64_t address) {
    core::RegisterRequest request;
    request.bearer = core::Bearer::coap;
    request.ticket = core::Ticket{1};
    request.source = base::Source{address};
    const std::string id = "d" + std::to_string(devices_++);
    request.private_id = id;
    (void)world.devices().gateway().registrations().register_device(request, world.devices().now());
    world.devices().settle();
    world.devices().provision(*world.devices().ask());
    world.devices().settle();
  }
  /// Messages of the device until one is refused, at most `most`: how many were taken.
  int sends(std::uint32_t device, int most = 1'000) {
    for (int taken = 0; taken < most; ++taken) {
      if (const auto refused = world.send(world.request(next_id(), "x", device))) {
        cause = refused->refusal->cause;
        return taken;
      }
    }
    return most;
  }
  /// The same of messages for it.
  int gets(std::uint32_t device, int most = 1'000) {
    const std::string to = "svc-d" + std::to_string(device);
    for (int taken = 0; taken < most; ++taken) {
      if (const auto refused = world.deliver(world.message(next_id(), "x", to))) {
        cause = refused->refusal->cause;
        return taken;
      }
    }
    return most;
  }
  double used(const std::string& share) const {
    return world.metric("msggw_messages_share_used_total{share=\"" + share + "\"}");
  }

  std::string cause;

 private:
  std::string next_id() { return "m" + std::to_string(++ids_); }

  int devices_ = 0;
  int ids_ = 0;
};

TEST_CASE("a device has no more than it leaves free, and its room comes back") {
  Crowd crowd({1, 2, 3});
  CHECK(crowd.sends(0) == 100);
  CHECK(crowd.cause == "DEVICE_QUEUE_FULL");
  CHECK(crowd.used("device") == 1);
  CHECK(crowd.sends(1) == 50);
  CHECK(crowd.sends(2, 5) == 5);
  crowd.world.settle_all();
  for (int i = 0; i < 20; ++i) {
    const auto up = crowd.world.next_up();
    REQUIRE(up);
    crowd.world.server().accepted(up->no, crowd.world.now());
  }
  CHECK(crowd.sends(2, 10) == 10);
}

TEST_CASE("the devices of one address have no more than they leave free, over a restart too") {
  Crowd crowd({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2});
  int taken = 0;
  for (std::uint32_t device = 0; device < 10; ++device) taken += crowd.sends(device, 15);
  CHECK(taken == 100);
  CHECK(crowd.cause == "DEVICE_QUEUE_FULL");
  CHECK(crowd.used("source") > 0);
  CHECK(crowd.used("device") == 0);
  crowd.world.settle();
  crowd.world.restart();
  CHECK(crowd.sends(9, 1) == 0);
  CHECK(crowd.sends(10, 40) == 40);
}

TEST_CASE("devices that nobody knows the address of share with nobody") {
  Crowd crowd({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  int taken = 0;
  for (std::uint32_t device = 0; device < 12; ++device) taken += crowd.sends(device, 14);
  CHECK(taken == 12 * 14);
}

TEST_CASE("what goes one way leaves room for the other") {
  Crowd crowd({1, 2, 3, 4, 5, 6, 7});
  int taken = 0;
  for (std::uint32_t device = 0; device < 6; ++device) taken += crowd.gets(device);
  CHECK(taken == 175);
  CHECK(crowd.cause == "QUEUE_FULL");
  CHECK(crowd.used("way") > 0);
  CHECK(crowd.sends(6, 16) == 16);
}

TEST_CASE("octets are shared as messages are") {
  Limits limits;
  limits.max_octets = 1 << 20;
  limits.max_messages_per_device = 1'000;
  Crowd crowd({1, 2}, limits);
  int taken = 0;
  const std::string content(10'000, 'x');
  while (!crowd.world.send(crowd.world.request(std::to_string(taken), content))) ++taken;
  CHECK(taken > 48);
  CHECK(taken < 53);
  CHECK(crowd.used("device") == 1);
  CHECK_FALSE(crowd.world.send(crowd.world.request("other", content, 1)));
}

}  // namespace
}  // namespace msggw::scenario
