// SPDX-License-Identifier: Apache-2.0
// One device with several Private IDs: whatever it shows, over whatever bearer, it is one device
// with one Service ID; with a power cut at each step.
#include <doctest/doctest.h>

#include "tests/scenario/steps.h"

using msggw::base::Errc;
using namespace msggw::core;
using namespace msggw::scenario;
using namespace std::chrono_literals;

namespace {

const std::string kMac = "00:1b:63:84:45:e6";
const std::string kNumber = "+1 555 123 4567";

msggw::base::Result<Added> add(World& world, std::string_view private_id,
                               const std::vector<std::string>& aliases = {}) {
  return world.gateway().operations().add_device({UeType::non_3gpp, private_id, {}, aliases},
                                                 world.now());
}

/// The device was told its Service ID over that bearer by the answer with that ticket.
void check_served(World& world, Bearer bearer, std::uint64_t ticket) {
  const auto answers = world.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].bearer == bearer);
  CHECK(answers[0].answer.ticket == Ticket{ticket});
  CHECK(answers[0].answer.verdict == Verdict::provisioned);
  CHECK(world.gateway().registrations().view(answers[0].answer.device, bearer).service_id ==
        "svc-001b638445e6");
  CHECK(world.gateway().registrations().view(answers[0].answer.device, bearer).private_id ==
        "001b638445e6");
}

/// Why something came to nothing, which must have changed nothing.
template <class T>
std::string reason(World& world, const msggw::base::Result<T>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::refused);
  CHECK_FALSE(world.gateway().tables().has_changes());
  return result.error().detail;
}

}  // namespace

TEST_CASE("two bearers with two Private IDs of one device get one Service ID") {
  World world;
  DeviceNo no{};
  SUBCASE("joined before either shows up") {
    const auto added = add(world, kMac, {kNumber});
    REQUIRE(added);
    no = added->device;
    settle_decision(world);
    CHECK(world.ask() == no);
    world.provision(no);
    world.settle();
  }
  SUBCASE("joined when it has its Service ID") {
    no = registered(world, kMac);
    CHECK(world.gateway().operations().add_alias(no, kNumber) == true);
    settle_decision(world);
  }
  SUBCASE("joined by adding a device that is known") {
    no = registered(world, kMac);
    const auto known = add(world, "001B.6384.45E6", {kNumber});
    REQUIRE(known);
    CHECK_FALSE(known->is_new);
    CHECK(known->device == no);
    settle_decision(world);
  }
  SUBCASE("joined, and the power is cut") {
    no = registered(world, kMac);
    CHECK(world.gateway().operations().add_alias(no, kNumber) == true);
    settle_decision(world);
    world.restart();
  }
  world.answers();
  CHECK(world.asked() == std::vector<std::string>{"001b638445e6"});
  for (const auto& [bearer, private_id] :
       {std::pair{Bearer::sms, std::string("+15551234567")}, std::pair{Bearer::mqtt, kMac},
        std::pair{Bearer::mqtt, kNumber}}) {
    const auto answer = world.show_up(private_id, bearer, 9);
    world.settle();
    if (!answer) check_served(world, bearer, 9);
    if (answer) CHECK(answer->verdict == Verdict::provisioned);
  }
  CHECK(world.gateway().tables().devices() == 1);
  CHECK_FALSE(world.ask());
  CHECK(world.asked().size() == 1);
  CHECK(world.gateway().tables().device(no).binding(Bearer::sms).alive());
  REQUIRE(world.gateway().tables().aliases(no).size() == 1);
  CHECK(world.gateway().tables().aliases(no)[0] == "+15551234567");
}

TEST_CASE("who shows up by an alias while the first ask is under way joins the waiters") {
  World world;
  REQUIRE_FALSE(world.show_up(kMac, Bearer::coap, 1));
  bool join_first = false;
  SUBCASE("joined before the record is durable") {
    join_first = true;
  }
  SUBCASE("joined while it is asked for") {}
  if (join_first) CHECK(world.gateway().operations().add_alias(DeviceNo{0}, kNumber) == true);
  world.settle();
  const auto no = world.ask();
  REQUIRE(no == DeviceNo{0});
  if (!join_first) CHECK(world.gateway().operations().add_alias(*no, kNumber) == true);
  CHECK_FALSE(world.show_up(kNumber, Bearer::sms, 2));
  world.settle();
  CHECK_FALSE(world.ask());
  world.provision(*no);
  world.settle();
  const auto answers = world.answers();
  REQUIRE(answers.size() == 2);
  for (const auto& each : answers) {
    CHECK(each.answer.verdict == Verdict::provisioned);
    CHECK(each.answer.device == no);
  }
  CHECK(world.gateway().tables().devices() == 1);
}

TEST_CASE("an alias is not believed in before the commit that holds it") {
  World world;
  const DeviceNo no = registered(world, kMac);
  CHECK(world.gateway().operations().add_alias(no, kNumber) == true);
  SUBCASE("nobody is told a Service ID by it") {
    CHECK_FALSE(world.show_up(kNumber, Bearer::coap, 5));  // a refresh needs no commit otherwise
    CHECK(world.answers().empty());
    world.take();
    CHECK(world.answers().empty());
    world.commit();
    check_served(world, Bearer::coap, 5);
  }
  SUBCASE("nor while it is on its way") {
    world.take();
    CHECK_FALSE(world.show_up(kNumber, Bearer::coap, 5));
    world.commit();
    CHECK(world.answers().empty());
    world.settle();
    check_served(world, Bearer::coap, 5);
  }
  SUBCASE("a power cut takes it away, and who shows it then is another device") {
    world.take();
    world.restart();
    CHECK_FALSE(world.gateway().tables().find_private_id(kNumber));
    CHECK(world.gateway().tables().aliases(no).empty());
    CHECK_FALSE(world.show_up(kNumber, Bearer::sms, 6));
    world.settle();
    CHECK(world.ask() == DeviceNo{1});
    world.provision(DeviceNo{1});
    world.settle();
    CHECK(reason(world, world.gateway().operations().add_alias(no, kNumber)) ==
          "+15551234567 is a device of its own, state provisioned, Service ID svc-+15551234567; "
          "remove it first: msggw devices remove +15551234567");
  }
}

TEST_CASE("found by an alias wherever a Private ID is taken") {
  World world;
  world.limits().first_contact = FirstContact::known;
  world.restart();
  const auto added = add(world, kMac, {kNumber, "meter-42", "+15551234567", "meter-42"});
  REQUIRE(added);
  const DeviceNo no = added->device;
  world.settle();
  CHECK(world.gateway().tables().aliases(no).size() == 2);
  CHECK(world.gateway().tables().find_private_id("tel:+1-555-123-4567") == no);
  CHECK(world.gateway().tables().find_private_id("meter-42") == no);
  CHECK_FALSE(world.gateway().tables().find_private_id("meter-43"));
  const auto known = add(world, "meter-42", {kNumber, "meter-42"});
  REQUIRE(known);
  CHECK_FALSE(known->is_new);
  CHECK(known->device == no);
  CHECK_FALSE(world.gateway().tables().has_changes());
  world.provision(*world.ask());
  world.settle();

  CHECK_FALSE(world.show_up("meter-42", Bearer::mqtt, 1));
  world.settle();
  check_served(world, Bearer::mqtt, 1);
  CHECK_FALSE(
      world.gateway().registrations().deregister(kNumber, Bearer::mqtt, Ticket{2}, world.now()));
  world.settle();
  CHECK(world.answers().at(0).answer.verdict == Verdict::deregistered);
  CHECK_FALSE(world.gateway().tables().device(no).binding(Bearer::mqtt).alive());

  REQUIRE(world.gateway().operations().suspend(*world.gateway().tables().find_private_id(kNumber),
                                               world.now()));
  world.settle();
  CHECK(world.show_up(kMac, Bearer::coap, 3)->error.detail ==
        "SUSPENDED: the operator has suspended this device");
  world.restart();
  CHECK(world.show_up("meter-42", Bearer::coap, 4)->verdict == Verdict::refused);
  CHECK(world.gateway().operations().add_alias(no, "third") == true);  // suspended or not
}

TEST_CASE("what cannot be joined is refused with the way out, and leaves no trace") {
  World world;
  const DeviceNo mac = registered(world, kMac);
  const DeviceNo other = add(world, "other", {"another"})->device;
  world.settle();
  auto& gateway = world.gateway();
  CHECK(reason(world, gateway.operations().add_alias(mac, "001b.6384.45e6")) ==
        "001b638445e6 is the device's first Private ID, no alias");
  CHECK(reason(world, gateway.operations().add_alias(mac, "another")) ==
        "another is an alias of the device other; take it away first: msggw devices remove other "
        "--alias another");
  CHECK(reason(world, gateway.operations().add_alias(mac, "other")) ==
        "other is a device of its own, state recorded, no Service ID yet; remove it first: msggw "
        "devices remove other");
  CHECK(gateway.operations().add_alias(mac, "").error().code == Errc::missing);
  CHECK(gateway.operations().add_alias(mac, "a\nb").error().code == Errc::malformed);
  CHECK(gateway.operations().add_alias(mac, std::string(200, 'x')).error().code == Errc::too_large);

  // All or nothing: "good" is joined to nobody, and "new" is not added.
  reason(world, add(world, kMac, {"good", "other"}));
  reason(world, add(world, "new", {"good", "another"}));
  CHECK(reason(world, add(world, "new", {"good", "new"})) ==
        "new is the device's first Private ID, no alias");
  CHECK_FALSE(gateway.tables().find_private_id("good"));
  CHECK_FALSE(gateway.tables().find_private_id("new"));
  CHECK(gateway.tables().devices() == 2);

  CHECK(gateway.operations().add_alias(mac, "a1") == true);
  CHECK(gateway.operations().add_alias(mac, "a1") == false);
  world.settle();
  CHECK(reason(world, add(world, kMac, {"a2", "a3", "a4", "a5"})) ==
        "a device may have 4 aliases (limits.max_aliases_per_device)");
  CHECK(add(world, kMac, {"a1", "a2", "a3", "a4"}));
  world.settle();
  CHECK(reason(world, add(world, "many", std::vector<std::string>(100, "x"))) !=
        "");  // however often the same
  CHECK(gateway.operations().remove_alias(mac, "a4") == true);
  CHECK(gateway.operations().add_alias(mac, "a5") == true);
  CHECK(gateway.tables().device(other).private_id == "other");
}

TEST_CASE("aliases above a limit that was lowered stay") {
  World world;
  REQUIRE(add(world, kMac, {"a1", "a2", "a3"}));
  world.settle();
  world.limits().max_aliases_per_device = 1;
  world.restart();
  CHECK(world.gateway().tables().find_private_id("a3") == DeviceNo{0});
  CHECK(world.gateway().operations().add_alias(DeviceNo{0}, "a3") == false);
  reason(world, world.gateway().operations().add_alias(DeviceNo{0}, "a4"));
}

TEST_CASE("an alias that is taken away is free") {
  World world;
  const DeviceNo no = registered(world, kMac);
  REQUIRE(world.gateway().operations().add_alias(no, kNumber));
  world.settle();
  CHECK(world.gateway().operations().remove_alias(no, "nobody") == false);
  CHECK(world.gateway().operations().remove_alias(no, "").error().code == Errc::missing);
  CHECK(reason(world, world.gateway().operations().remove_alias(no, kMac)) ==
        "001b638445e6 is the device's first Private ID, no alias; it goes with the device");
  CHECK(world.gateway().operations().remove_alias(no, "+15551234567") == true);
  SUBCASE("for a device of its own") {
    SUBCASE("at once") {}
    SUBCASE("after a power cut") {
      settle_decision(world);
      world.restart();
    }
    CHECK_FALSE(world.show_up(kNumber, Bearer::sms, 3));
    world.settle();
    CHECK(world.ask() == DeviceNo{1});
    CHECK(world.asked().back() == "+15551234567");
  }
  SUBCASE("for another device, in the same commit") {
    const auto other = add(world, "other", {kNumber});
    REQUIRE(other);
    world.settle();
    world.restart();
    CHECK(world.gateway().tables().find_private_id(kNumber) == other->device);
    CHECK(world.gateway().tables().aliases(no).empty());
  }
  SUBCASE("but not before the commit, should the power be cut") {
    world.take();
    world.restart();
    CHECK(world.gateway().tables().find_private_id(kNumber) == no);
  }
}

TEST_CASE("bearers learn that an alias is taken away when it is durable") {
  World world;
  const DeviceNo no = registered(world, kMac);
  REQUIRE(world.gateway().operations().add_alias(no, kNumber));
  world.settle();
  REQUIRE(world.gateway().operations().remove_alias(no, kNumber));
  auto& outbox = world.gateway().turn().outbox();
  world.decisions();
  CHECK(outbox.empty());
  world.take();
  CHECK(outbox.empty());
  world.commit();
  REQUIRE(outbox.partings.size() == 1);
  CHECK(outbox.partings[0].device == no);
  CHECK(outbox.partings[0].private_id == "+15551234567");
  CHECK_FALSE(outbox.empty());
}

TEST_CASE("the aliases of a removed device are free when it is gone, as its Private ID") {
  World world;
  const DeviceNo no = registered(world, kMac);
  REQUIRE(world.gateway().operations().add_alias(no, kNumber));
  world.settle();
  REQUIRE(world.gateway().operations().remove(no, world.now()));
  world.settle();
  SUBCASE("undisturbed") {}
  SUBCASE("power cut") {
    world.restart();
  }
  CHECK(world.show_up(kNumber, Bearer::sms, 2)->error.code == Errc::unavailable);
  CHECK(add(world, kNumber).error().code == Errc::unavailable);
  CHECK(add(world, kMac, {"x"}).error().code == Errc::unavailable);
  CHECK(reason(world, world.gateway().operations().add_alias(no, "x")) ==
        "the device is being removed");
  CHECK(reason(world, world.gateway().operations().remove_alias(no, kNumber)) ==
        "the device is being removed");
  CHECK(reason(world, add(world, "other", {kNumber})) ==
        "+15551234567 is an alias of the device 001b638445e6; it is being removed, try again when "
        "it is gone");
  REQUIRE(world.ask() == no);
  CHECK(world.kind() == AskKind::release);
  world.gateway().journey().released(no);
  CHECK_FALSE(world.gateway().tables().find_private_id(kNumber));
  world.settle();
  world.restart();
  CHECK_FALSE(world.show_up(kNumber, Bearer::sms, 3));
  const auto other = add(world, "other", {kMac});
  REQUIRE(other);
  world.settle();
  world.restart();
  CHECK(world.gateway().tables().find_private_id(kNumber) == DeviceNo{1});
  CHECK(world.gateway().tables().find_private_id(kMac) == other->device);
}

TEST_CASE("rows that contradict each other about aliases are refused") {
  msggw::base::metrics::Registry metrics;
  msggw::core::Gateway gateway({}, metrics, {});
  const auto restore = [&](std::uint32_t no, const char* private_id,
                           std::vector<std::string> aliases) {
    msggw::core::StoredDevice stored;
    stored.device.private_id = private_id;
    stored.aliases = std::move(aliases);
    const auto done = gateway.commits().restore_device(DeviceNo{no}, std::move(stored));
    return done ? "good" : done.error().detail;
  };
  CHECK(restore(0, "a", {"b", "c"}) == "good");
  CHECK(restore(1, "c", {}) == "device 1: its Private ID stands in an earlier row too");
  CHECK(restore(1, "d", {"a"}) == "device 1: one of its aliases names a device already");
  CHECK(restore(2, "e", {"b"}) == "device 2: one of its aliases names a device already");
  CHECK(restore(3, "f", {"f"}) == "device 3: one of its aliases names a device already");
  CHECK(restore(4, "g", {"h", "h"}) == "device 4: one of its aliases names a device already");
}

TEST_CASE("\"pending\" is not said of a device that came by a name which is not durable yet") {
  World world;
  CHECK_FALSE(world.show_up(kMac, Bearer::coap, 1));
  world.settle();
  const auto no = world.gateway().tables().find_private_id(kMac);
  REQUIRE(no);
  world.pass(2'000ms);
  CHECK(world.answers().at(0).answer.verdict == Verdict::pending);
  const auto verdict = [&](std::uint64_t ticket) {
    CHECK_FALSE(world.show_up(kNumber, Bearer::mqtt, ticket));
    world.pass(2'000ms);
    const auto answers = world.answers();
    REQUIRE(answers.size() == 1);
    return answers[0].answer.verdict;
  };
  SUBCASE("its batch is the next one") {
    CHECK(world.gateway().operations().add_alias(*no, kNumber) == true);
    CHECK(verdict(2) == Verdict::failed);
    world.take();
    CHECK(verdict(3) == Verdict::failed);
  }
  SUBCASE("another batch is under way") {
    CHECK_FALSE(world.show_up("other", Bearer::coap, 2));
    world.take();
    CHECK(world.gateway().operations().add_alias(*no, kNumber) == true);
    world.commit();
    world.pass(2'000ms);
    world.answers();
    CHECK(verdict(3) == Verdict::failed);
    world.take();
  }
  world.commit();
  CHECK(verdict(4) == Verdict::pending);
}
