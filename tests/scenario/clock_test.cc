// SPDX-License-Identifier: Apache-2.0
// Steps of the machine's clock, while the gateway runs and over a restart: no registration ends
// sooner or later for them, and nothing else that a device's row says.
#include <doctest/doctest.h>

#include "gateway/core/standing.h"
#include "tests/scenario/steps.h"
#include "tests/scenario/world.h"

namespace msggw::scenario::clock_test {
namespace {

using namespace std::chrono_literals;
using core::Bearer;
using core::DeviceNo;
using core::DeviceState;

constexpr std::chrono::hours kTenYears{24 * 3'652};
constexpr DeviceNo kMeter{0};

/// A device that is registered for an hour, durable.
std::string registered_for_an_hour(World& world) {
  REQUIRE_FALSE(world.show_up("meter", Bearer::coap, 1, 3'600s));
  world.settle();
  world.provision(*world.ask());
  world.settle();
  world.answers();
  return world.gateway().registrations().handle(kMeter);
}

bool alive(World& world) {
  return world.gateway().tables().device(kMeter).binding(Bearer::coap).alive();
}

/// It lasts so long and no longer.
void check_rest(World& world, base::Duration rest) {
  world.pass(rest - 1s);
  CHECK(alive(world));
  world.pass(1s);
  CHECK_FALSE(alive(world));
}

/// What a restart adds, since that much may have been promised by refreshes that cost no write.
constexpr auto kQuarter = 900s;

TEST_CASE("a boot in 1970, or years ahead, leaves a registration what was left of it") {
  for (const base::TimePoint wall : {base::TimePoint{}, base::TimePoint{1'800'000'000s} + kTenYears,
                                     base::TimePoint{1'800'000'000s} - kTenYears}) {
    CAPTURE(wall.time_since_epoch().count());
    World world;
    const std::string handle = registered_for_an_hour(world);
    world.pass(600s);
    world.settle();
    world.reboot(wall);
    CHECK(world.gateway().registrations().find_handle(handle, Bearer::coap));
    check_rest(world, 3'000s + kQuarter);
  }
}

TEST_CASE("boots at times of their own, one after the other, add up to what has passed") {
  World world;
  registered_for_an_hour(world);
  for (const auto& year : {2'003, 2'081, 1'970, 2'044}) {
    world.pass(300s);
    world.settle();
    world.reboot(base::TimePoint{std::chrono::days{(year - 1'970) * 365}});
  }
  check_rest(world, 3'600s - 4 * 300s + kQuarter);
}

TEST_CASE("a clock that is set while the gateway runs changes nothing, nor does a restart then") {
  for (const base::Duration step : {base::Duration(kTenYears), base::Duration(-kTenYears),
                                    base::Duration(6h), base::Duration(-6h)}) {
    CAPTURE(step.count());
    World world;
    registered_for_an_hour(world);
    world.set_wall(world.wall() + step);
    world.pass(600s);
    CHECK(alive(world));
    world.settle();
    world.reboot(world.wall());
    check_rest(world, 3'000s + kQuarter);
  }
}

TEST_CASE("an outage counts, as far as the clock can be believed") {
  World world;
  registered_for_an_hour(world);
  world.reboot(world.wall() + 1'800s);
  check_rest(world, 1'800s + kQuarter);
  const core::Limits limits;
  World longer;
  registered_for_an_hour(longer);
  longer.reboot(longer.wall() + limits.longest_outage);
  CHECK_FALSE(alive(longer));
  World too_long;
  registered_for_an_hour(too_long);
  too_long.reboot(too_long.wall() + limits.longest_outage + 1s);
  CHECK(alive(too_long));
}

TEST_CASE("a refresh after a boot in 1970 is told the truth, and stored") {
  World world;
  const std::string handle = registered_for_an_hour(world);
  world.reboot(base::TimePoint{});
  auto& registrations = world.gateway().registrations();
  CHECK_FALSE(registrations.refresh({handle, Bearer::coap, core::Ticket{2}, 7'200s}, world.now()));
  world.settle();
  CHECK(world.answers().size() == 1);
  CHECK(world.gateway().turn().next_deadline() <= world.now() + 3'600s + kQuarter);
  world.reboot(base::TimePoint{1'800'000'000s} + kTenYears);
  check_rest(world, 7'200s * 5 / 4);
}

TEST_CASE("the moment is stored each minute while a registration has an end, and not else") {
  World world;
  world.pass(3'600s);
  CHECK_FALSE(world.gateway().commits().has_changes());
  registered_for_an_hour(world);
  for (int minute = 0; minute < 3; ++minute) {
    world.pass(59s);
    CHECK_FALSE(world.gateway().commits().has_changes());
    CHECK(world.gateway().turn().next_deadline() == world.now() + 1s);
    world.pass(1s);
    REQUIRE(world.gateway().commits().has_changes());
    CHECK_FALSE(world.gateway().tables().durable_with());  // nobody waits for it
    world.settle();
  }
  world.pass(59s);
  world.reboot(base::TimePoint{});
  check_rest(world, 3'600s - 180s + kQuarter);  // less than a minute is lost
}

TEST_CASE("a device that was refused is asked for again after its time, whatever the clock says") {
  World world;
  world.show_up("meter", Bearer::coap, 1);
  world.settle();
  world.gateway().journey().refused(*world.ask(), "POLICY_DENIED", "no", world.now());
  world.settle();
  const auto is_reopened = [&] {
    world.show_up("meter", Bearer::coap, 2);
    return world.state(kMeter) == DeviceState::recorded;
  };
  world.reboot(world.wall() + kTenYears);
  CHECK_FALSE(is_reopened());
  world.settle();
  world.reboot(base::TimePoint{1'800'000'000s});
  CHECK_FALSE(is_reopened());
  world.pass(world.limits().refused_retry - 1s);
  CHECK_FALSE(is_reopened());
  world.pass(1s);
  CHECK(is_reopened());
}

TEST_CASE("a newcomer settles, and service information ends, after what has really passed") {
  core::Limits limits;
  limits.renewal = core::Renewal::ask_again;
  World world(limits);
  world.show_up("meter", Bearer::coap, 1, 3'600s);
  world.settle();
  world.provision(*world.ask(), 600s);
  world.settle();
  world.reboot(world.wall() + kTenYears);
  world.show_up("meter", Bearer::coap, 2);
  CHECK(world.gateway().tables().device(kMeter).newcomer);
  world.settle();
  world.reboot(base::TimePoint{});
  world.pass(30s);
  world.show_up("meter", Bearer::coap, 3);
  CHECK_FALSE(world.gateway().tables().device(kMeter).newcomer);
  CHECK_FALSE(world.ask());
  world.pass(570s);
  world.show_up("meter", Bearer::coap, 4);
  CHECK(world.ask() == kMeter);
}

TEST_CASE("a step of the clock makes no device idle, and a device that is idle is shown so") {
  World world;
  registered_for_an_hour(world);
  world.pass(3'600s);
  world.settle();
  const auto is_idle_for = [&](base::Duration time) {
    const core::Selection idle{{}, core::to_seconds(world.now() - time), {}};
    return world.gateway().operations().is_selected(kMeter, idle);
  };
  world.reboot(world.wall() + kTenYears);
  world.pass(3'600s);
  CHECK_FALSE(is_idle_for(48h));
  world.pass(72h);
  CHECK(is_idle_for(48h));
  const auto& tables = world.gateway().tables();
  const core::Device shown = core::shown(tables.device(kMeter), tables.timeline);
  CHECK(shown.first_seen_s == core::to_seconds(world.now() - 72h - 7'200s));
  world.settle();
  world.reboot(base::TimePoint{});
  CHECK(core::shown(world.gateway().tables().device(kMeter), world.gateway().tables().timeline)
            .first_seen_s == 1);  // before 1970, by this clock
}

}  // namespace
}  // namespace msggw::scenario::clock_test
