// SPDX-License-Identifier: Apache-2.0
// What a device names its registration by: told once, good across restarts, of no use to others.
#include <doctest/doctest.h>

#include <set>

#include "tests/scenario/steps.h"
#include "tests/scenario/world.h"

using msggw::core::Bearer;
using msggw::core::DeviceNo;
using msggw::core::HandleCodec;
using msggw::core::Ticket;
using msggw::scenario::registered;
using msggw::scenario::World;
using namespace std::chrono_literals;

namespace {

std::optional<DeviceNo> find(World& world, std::string_view handle) {
  return world.gateway().registrations().find_handle(handle, Bearer::coap);
}

/// What the gateway itself would tell, were the device of this generation.
std::string handle_of(World& world, DeviceNo no, std::uint32_t generation) {
  return HandleCodec(world.handle_key()).write({no, generation});
}

}  // namespace

TEST_CASE("a handle is the same before and after a restart, for every device") {
  World world;
  std::vector<std::string> handles;
  for (std::uint32_t no = 0; no < 50; ++no) {
    REQUIRE(registered(world, "meter-" + std::to_string(no)) == DeviceNo{no});
    handles.push_back(world.gateway().registrations().handle(DeviceNo{no}));
  }
  CHECK(std::set(handles.begin(), handles.end()).size() == 50);
  for (int start = 0; start < 2; ++start) {
    for (std::uint32_t no = 0; no < 50; ++no) {
      CHECK(world.gateway().registrations().handle(DeviceNo{no}) == handles[no]);
      CHECK(find(world, handles[no]) == DeviceNo{no});
    }
    world.restart();
  }
}

TEST_CASE("a handle is good for the bearer of the registration alone") {
  World world;
  const DeviceNo no = registered(world, "meter");
  const std::string handle = world.gateway().registrations().handle(no);
  CHECK_FALSE(world.gateway().registrations().find_handle(handle, Bearer::mqtt));
  CHECK_FALSE(world.gateway().registrations().find_handle(handle, Bearer::sms));
  const auto refused =
      world.gateway().registrations().refresh({handle, Bearer::mqtt, Ticket{2}, {}}, world.now());
  REQUIRE(refused);
  CHECK(refused->error.code == msggw::base::Errc::unknown_device);
  CHECK(find(world, handle) == no);
}

TEST_CASE("only the handle that was told names the registration") {
  World world;
  const DeviceNo no = registered(world, "meter");
  const std::string handle = world.gateway().registrations().handle(no);
  const std::uint32_t generation = world.gateway().tables().device(no).generation;
  CHECK(handle_of(world, no, generation) == handle);
  std::vector<std::string> wrong{"",
                                 "-",
                                 ".",
                                 "..",
                                 "0-0",
                                 "0-1a2b3c4d",
                                 handle + "A",
                                 "A" + handle,
                                 handle.substr(0, 21),
                                 handle.substr(1),
                                 std::string(22, 'A'),
                                 "+" + handle.substr(1),
                                 handle_of(world, no, generation + 1),
                                 handle_of(world, no, generation - 1),
                                 handle_of(world, DeviceNo{1}, generation),
                                 handle_of(world, DeviceNo{0xffffffff}, generation),
                                 HandleCodec({9}).write({no, generation})};
  for (const std::string& each : wrong) {
    CAPTURE(each);
    CHECK_FALSE(find(world, each));
    const auto refresh =
        world.gateway().registrations().refresh({each, Bearer::coap, Ticket{2}, {}}, world.now());
    REQUIRE(refresh);
    CHECK(refresh->error.code == msggw::base::Errc::unknown_device);
    const auto leave = world.gateway().registrations().deregister_handle(each, Bearer::coap,
                                                                         Ticket{3}, world.now());
    REQUIRE(leave);
    CHECK(leave->error.code == msggw::base::Errc::unknown_device);
  }
  CHECK(find(world, handle) == no);
}

TEST_CASE("handles that name nothing are counted: made up ones, and those of the past") {
  World world;
  const DeviceNo no = registered(world, "meter");
  const std::string handle = world.gateway().registrations().handle(no);
  CHECK(find(world, handle));
  CHECK(world.metric("msggw_unknown_handles_total{kind=\"foreign\"}") == 0);
  CHECK(world.metric("msggw_unknown_handles_total{kind=\"ended\"}") == 0);
  CHECK_FALSE(find(world, "0-1a2b3c4d"));
  CHECK_FALSE(find(world, std::string(22, 'x')));
  CHECK(world.metric("msggw_unknown_handles_total{kind=\"foreign\"}") == 2);
  world.gateway().registrations().deregister_handle(handle, Bearer::coap, Ticket{2}, world.now());
  world.settle();
  CHECK_FALSE(find(world, handle));
  CHECK(world.metric("msggw_unknown_handles_total{kind=\"ended\"}") == 1);
  CHECK(world.metric("msggw_unknown_handles_total{kind=\"foreign\"}") == 2);
}

TEST_CASE("after a backup was restored an older handle does not name the next device") {
  World backup;
  World lost;
  const std::string of_lost = lost.gateway().registrations().handle(registered(lost, "lost"));
  backup.pass(10s);
  const DeviceNo next = registered(backup, "next");
  CHECK(next == DeviceNo{0});
  CHECK(backup.handle_key() == lost.handle_key());
  CHECK_FALSE(find(backup, of_lost));
}
