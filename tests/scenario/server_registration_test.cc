// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "gateway/core/server_walk.h"
#include "tests/scenario/world.h"

namespace msggw::scenario {
namespace {

using core::DeviceState;
using core::ServerTask;
using std::chrono::hours;
using std::chrono::minutes;

bool all(core::ProfileNo) {
  return true;
}

/// A world with one device that has its Service ID, and a server that is asked for a day.
struct Served {
  World world;
  core::DeviceNo device{};
  std::optional<core::ServerWalk> walk;

  Served() {
    begin();
    world.show_up("d0", core::Bearer::coap, 1, hours{72});
    world.settle();
    device = *world.ask();
    world.provision(device);
    world.settle();
  }
  void begin() {
    door().begin();
    walk.emplace(world.gateway().tables(), hours{24}, world.now());
  }
  core::ServerRegistrations& door() { return world.gateway().server_registrations(); }
  std::optional<ServerTask> next() {
    auto task = door().next();
    return task ? task : walk->next(all, world.now());
  }
  void register_it() {
    const auto task = next();
    REQUIRE(task);
    door().registered(*task);
    world.settle();
  }
};

TEST_CASE(
    "a device is registered when its Service ID is durable, and state registered is durable") {
  Served served;
  const auto task = served.next();
  REQUIRE(task);
  CHECK(task->kind == ServerTask::Kind::begin);
  CHECK(task->service_id == "svc-d0");
  CHECK(served.world.state(served.device) == DeviceState::provisioned);
  served.door().registered(*task);
  CHECK(served.world.state(served.device) == DeviceState::registered);
  CHECK(served.world.gateway().tables().has_changes());
  served.world.settle();
  served.world.restart();
  CHECK(served.world.state(served.device) == DeviceState::registered);
}

TEST_CASE("none is asked for where no server registers devices") {
  World world;
  world.show_up("d0", core::Bearer::coap, 1);
  world.settle();
  world.provision(*world.ask());
  world.settle();
  CHECK_FALSE(world.gateway().server_registrations().next());
}

TEST_CASE("a device that leaves, runs out, is suspended or removed is taken off the server") {
  Served served;
  served.register_it();
  while (const auto again = served.next()) served.door().registered(*again);  // the first walk
  SUBCASE("it leaves") {
    static_cast<void>(served.world.gateway().registrations().deregister(
        "d0", core::Bearer::coap, core::Ticket{2}, served.world.now()));
    CHECK(served.world.state(served.device) == DeviceState::provisioned);
  }
  SUBCASE("its registration runs out") {
    served.world.pass(hours{73});
    CHECK(served.world.state(served.device) == DeviceState::provisioned);
  }
  SUBCASE("it is suspended") {
    CHECK(served.world.gateway().operations().suspend(served.device, served.world.now()));
    CHECK(served.world.state(served.device) == DeviceState::suspended);
  }
  SUBCASE("it is removed") {
    CHECK(served.world.gateway().operations().remove(served.device, served.world.now()));
    CHECK(served.world.state(served.device) == DeviceState::removing);
  }
  const auto task = served.next();
  REQUIRE(task);
  CHECK(task->kind == ServerTask::Kind::end);
  CHECK(task->service_id == "svc-d0");
  served.door().failed(*task);  // the server is away
  CHECK(served.next()->kind == ServerTask::Kind::end);
  CHECK_FALSE(served.next());
}

TEST_CASE("a device that leaves while it is being registered is taken off again") {
  Served served;
  const auto task = served.next();
  static_cast<void>(served.world.gateway().registrations().deregister(
      "d0", core::Bearer::coap, core::Ticket{2}, served.world.now()));
  served.door().registered(*task);
  CHECK(served.world.state(served.device) == DeviceState::provisioned);
  CHECK(served.next()->kind == ServerTask::Kind::end);
}

TEST_CASE(
    "a device that is gone when its server has registered it is taken off, if nobody has its id") {
  for (const bool comes_back : {false, true}) {
    Served served;
    const auto task = served.next();
    REQUIRE(task);
    auto& gateway = served.world.gateway();
    REQUIRE(gateway.operations().forget(served.device, served.world.now()));
    served.world.settle();
    REQUIRE(served.world.state(served.device) == DeviceState::removed);
    CHECK_FALSE(served.door().is_wanted(*task));
    if (comes_back) {  // and has the Service ID that stayed assigned
      served.world.show_up("d0", core::Bearer::coap, 2, hours{72});
      served.world.settle();
      served.world.provision(*served.world.ask());
      served.world.settle();
    }
    served.door().registered(*task);
    const auto next = served.door().next();
    REQUIRE(next);
    CHECK(next->service_id == "svc-d0");
    CHECK(next->kind == (comes_back ? ServerTask::Kind::begin : ServerTask::Kind::end));
  }
}

TEST_CASE("an end that comes late does not take off a device that has come back") {
  Served served;
  served.register_it();
  while (served.next()) continue;
  static_cast<void>(served.world.gateway().registrations().deregister(
      "d0", core::Bearer::coap, core::Ticket{4}, served.world.now()));
  const auto end = served.next();
  REQUIRE(end);
  served.world.show_up("d0", core::Bearer::coap, 5);
  CHECK_FALSE(served.door().is_wanted(*end));
  served.door().failed(*end);  // the server is away
  const auto begin = served.next();
  REQUIRE(begin);
  CHECK(begin->kind == ServerTask::Kind::begin);
  served.door().registered(*begin);
  CHECK_FALSE(served.next());
}

TEST_CASE("one of two bearers ends: it stays; a device that comes back is registered again") {
  Served served;
  served.register_it();
  served.world.show_up("d0", core::Bearer::mqtt, 3);
  auto& registrations = served.world.gateway().registrations();
  static_cast<void>(
      registrations.deregister("d0", core::Bearer::coap, core::Ticket{4}, served.world.now()));
  CHECK(served.world.state(served.device) == DeviceState::registered);
  static_cast<void>(
      registrations.deregister("d0", core::Bearer::mqtt, core::Ticket{5}, served.world.now()));
  CHECK(served.next()->kind == ServerTask::Kind::end);
  served.world.show_up("d0", core::Bearer::mqtt, 6);
  const auto task = served.next();
  REQUIRE(task);
  CHECK(task->kind == ServerTask::Kind::begin);
}

TEST_CASE(
    "every device is registered once more after a restart, and then well within the lifetime") {
  Served served;
  served.register_it();
  served.world.restart();
  served.begin();
  served.register_it();
  CHECK_FALSE(served.next());
  std::vector<int> renewed;
  for (int hour = 1; hour <= 48; ++hour) {
    served.world.pass(hours{1});
    while (const auto task = served.next()) {
      CHECK(task->kind == ServerTask::Kind::begin);
      served.door().registered(*task);
      renewed.push_back(hour);
    }
  }
  REQUIRE(renewed.size() >= 3);
  CHECK(renewed.size() <= 6);
  CHECK(renewed[0] <= 16);
  for (std::size_t i = 1; i < renewed.size(); ++i) CHECK(renewed[i] - renewed[i - 1] <= 16);
  CHECK(served.walk->next_turn() > served.world.now());
  CHECK(served.walk->next_turn() <= served.world.now() + hours{8});
}

TEST_CASE("a server that lost it gets it again; one that refuses it is not asked at once") {
  Served served;
  served.register_it();
  while (served.next()) continue;
  served.door().lost(served.device);
  CHECK(served.world.state(served.device) == DeviceState::provisioned);
  const auto task = served.next();
  REQUIRE(task);
  served.door().refused(*task, "NOT_ALLOWED", served.world.now());
  CHECK_FALSE(served.next());
}

TEST_CASE("a device that is lost before it was registered comes out of turn too") {
  Served served;
  while (served.next()) continue;  // and is let go
  served.door().lost(served.device);
  CHECK(served.next()->service_id == "svc-d0");
}

TEST_CASE("devices that were let go come when they are looked for, those that are registered not") {
  Served served;
  served.world.show_up("d1", core::Bearer::coap, 2, hours{72});
  served.world.settle();
  served.world.provision(*served.world.ask());
  served.world.settle();
  while (const auto task = served.next()) {
    if (task->service_id == "svc-d0") served.door().registered(*task);
  }
  served.walk->look_again();
  CHECK(served.next()->service_id == "svc-d1");
  CHECK_FALSE(served.next());
}

TEST_CASE("all come once more, but not before those of the last time did") {
  Served served;
  CHECK_FALSE(served.walk->begin_again(served.world.now()));
  while (const auto task = served.next()) served.door().registered(*task);
  CHECK_FALSE(served.walk->begin_again(served.world.now()));  // so soon
  served.world.pass(minutes{1});
  CHECK(served.walk->begin_again(served.world.now()));
  CHECK(served.next()->service_id == "svc-d0");
  CHECK_FALSE(served.next());
}

TEST_CASE("a server that grants less is asked more often, and not too often") {
  Served served;
  served.register_it();
  while (served.next()) continue;
  served.walk->shorten(minutes{30});
  served.world.pass(minutes{20});
  CHECK_FALSE(served.next());  // the walk begins
  served.world.pass(minutes{10});
  REQUIRE(served.next());
  served.walk->shorten(std::chrono::seconds{1});
  served.world.pass(std::chrono::seconds{9});
  CHECK_FALSE(served.next());
}

TEST_CASE("where no server registers devices any more, none is said to be") {
  Served served;
  served.register_it();
  served.world.restart();
  served.door().disclaim();
  CHECK(served.world.state(served.device) == DeviceState::provisioned);
  CHECK(served.world.gateway().tables().has_changes());
  CHECK_FALSE(served.door().next());
}

TEST_CASE("that a server refuses an end is nobody's") {
  Served served;
  served.register_it();
  served.door().refused({ServerTask::Kind::end, core::DeviceNo{0}, "svc-d0", {}, {}}, "NO",
                        served.world.now());
  CHECK(served.world.state(served.device) == DeviceState::registered);
}

TEST_CASE("each server has a walk of its own, which brings its devices alone") {
  Served served;
  served.world.show_up("d1", core::Bearer::coap, 2, hours{72});
  served.world.settle();
  const auto other = *served.world.ask();
  served.world.gateway().journey().provisioned(other, {"svc-d1", {{"m5s-2"}, {}}, {}},
                                               served.world.now());
  served.world.settle();
  const core::Tables& tables = served.world.gateway().tables();
  const core::ProfileNo second = tables.device(other).profile;
  REQUIRE(tables.device(served.device).profile != second);
  core::ServerWalk walk(tables, hours{24}, served.world.now());
  const auto is_second = [&](core::ProfileNo profile) { return profile == second; };
  const auto next = [&] {
    const auto task = walk.next(is_second, served.world.now());
    return task ? task->service_id : std::string();
  };
  CHECK(next() == "svc-d1");
  CHECK(next().empty());
  served.world.pass(hours{8});
  CHECK(next().empty());  // the second walk begins
  served.world.pass(hours{8});
  CHECK(next() == "svc-d1");
  walk.look_again();
  CHECK(next() == "svc-d1");
  CHECK(next().empty());
}

TEST_CASE("a device that is resumed is registered at once, though no walk is due") {
  Served served;
  served.register_it();
  while (const auto again = served.next()) served.door().registered(*again);
  auto& operations = served.world.gateway().operations();
  REQUIRE(operations.suspend(served.device, served.world.now()));
  CHECK(served.door().next()->kind == ServerTask::Kind::end);
  CHECK_FALSE(served.door().next());
  REQUIRE(operations.resume(served.device));
  const auto task = served.door().next();
  REQUIRE(task);
  CHECK(task->kind == ServerTask::Kind::begin);
  CHECK(task->service_id == "svc-d0");
  served.door().registered(*task);
  CHECK(served.world.state(served.device) == DeviceState::registered);
  REQUIRE(operations.resume(served.device));  // it is not suspended
  CHECK_FALSE(served.door().next());
}

TEST_CASE("a device without a registration is resumed, and the server is told nothing") {
  Served served;
  served.register_it();
  auto& operations = served.world.gateway().operations();
  served.world.pass(hours{73});
  REQUIRE(operations.suspend(served.device, served.world.now()));
  while (served.door().next()) continue;
  REQUIRE(operations.resume(served.device));
  CHECK_FALSE(served.door().next());
}

TEST_CASE("a device that is given another server leaves the one and comes to the other at once") {
  Served served;
  served.register_it();
  while (const auto again = served.next()) served.door().registered(*again);
  REQUIRE(served.world.gateway().operations().ask_again(served.device));
  REQUIRE(served.world.ask());
  const core::ProfileNo before = served.world.gateway().tables().device(served.device).profile;
  served.world.provision(served.device, {}, "m5s-2");
  const auto end = served.door().next();
  REQUIRE(end);
  CHECK(end->kind == ServerTask::Kind::end);
  CHECK(end->profile == before);
  CHECK_FALSE(served.door().next());  // what it is told now is not durable yet
  served.world.settle();
  const auto begin = served.door().next();
  REQUIRE(begin);
  CHECK(begin->kind == ServerTask::Kind::begin);
  CHECK(begin->profile == served.world.gateway().tables().device(served.device).profile);
  CHECK(begin->profile != before);
}

TEST_CASE("what the server did not answer comes again") {
  Served served;
  served.door().failed(*served.next());
  CHECK(served.next()->service_id == "svc-d0");
}

}  // namespace
}  // namespace msggw::scenario
