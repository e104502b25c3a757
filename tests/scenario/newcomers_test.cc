// SPDX-License-Identifier: Apache-2.0
// One source shows more devices than are good for the others.
#include <doctest/doctest.h>

#include "tests/scenario/world.h"
#include "tests/support/events.h"

namespace msggw::scenario {
namespace {

using namespace std::chrono_literals;
using core::Bearer;
using core::DeviceNo;
using core::DeviceState;
using core::Verdict;

constexpr base::Source kFlood{0xff00'0000'c000'0201};
constexpr base::Source kHonest{0xff00'0000'c000'0202};

class Site {
 public:
  explicit Site(core::Limits limits) : world(limits) {}

  std::optional<core::Answer> show_up(const std::string& id, base::Source source,
                                      Bearer bearer = Bearer::coap) {
    core::RegisterRequest request;
    request.bearer = bearer;
    request.ticket = core::Ticket{++ticket};
    request.private_id = id;
    request.source = source;
    return world.gateway().registrations().register_device(request, world.now());
  }
  /// All steps of all devices on their way, until nothing moves.
  void settle() {
    for (int i = 0; i < 4; ++i) {
      while (const auto no = world.ask()) {
        if (world.kind() == core::AskKind::release) ++released;
        if (world.kind() == core::AskKind::release)
          world.gateway().journey().released(*no);
        else
          world.provision(*no);
      }
      world.settle();
      world.pass(0ms);
      const auto gone = std::exchange(world.gateway().turn().outbox().gone, {});
      told_gone += gone.size();
    }
    world.answers();
    for (const auto& notice : world.notices()) noticed.push_back(notice.device);
  }
  bool knows(const std::string& id) {
    return world.gateway().tables().find_private_id(id).has_value();
  }
  std::size_t devices() { return world.gateway().tables().devices(); }

  World world;
  std::uint64_t ticket = 0;
  int released = 0;
  std::size_t told_gone = 0;
  std::vector<DeviceNo> noticed;
};

core::Limits small(std::size_t devices) {
  core::Limits limits;
  limits.max_devices = devices;
  limits.first_contacts_per_address = 0;
  return limits;
}

TEST_CASE("first contacts of one source are limited, those of another are not") {
  core::Limits limits = small(100'000);
  limits.first_contacts_per_address = 10;
  Site site(limits);
  int taken = 0;
  for (int i = 0; i < 1'000; ++i) taken += site.show_up("a" + std::to_string(i), kFlood) ? 0 : 1;
  CHECK(taken == 100);
  const auto refused = site.show_up("one more", kFlood);
  REQUIRE(refused);
  CHECK(refused->verdict == Verdict::failed);
  CHECK(refused->error.code == base::Errc::overloaded);
  CHECK(refused->retry_after > 0ms);
  CHECK_FALSE(site.show_up("honest", kHonest));
  CHECK_FALSE(site.show_up("another bearer", kFlood, Bearer::mqtt));
  CHECK(site.world.metric("msggw_first_contacts_limited_total{bearer=\"coap\"}") == 901);
  site.settle();
  CHECK(site.show_up("a0", kFlood)->verdict == Verdict::provisioned);  // known ones are not
  site.world.pass(1s);
  CHECK_FALSE(site.show_up("one more", kFlood));
}

TEST_CASE("first contacts by a broker, and by each SMSC, are limited, each as its bearer is") {
  core::Limits limits = small(100'000);
  limits.first_contacts_per_broker = 10;
  limits.first_contacts_per_smsc = 5;
  Site site(limits);
  const auto taken = [&](base::Source source, Bearer bearer) {
    int taken = 0;
    for (int i = 0; i < 200; ++i)
      taken += site.show_up("n" + std::to_string(site.ticket), source, bearer) ? 0 : 1;
    return taken;
  };
  CHECK(taken(base::broker_source(), Bearer::mqtt) == 100);
  CHECK(taken(base::smsc_source(0), Bearer::sms) == 50);
  CHECK(taken(base::smsc_source(1), Bearer::sms) == 50);
  CHECK(taken(kHonest, Bearer::coap) == 200);
  CHECK(site.world.metric("msggw_first_contacts_limited_total{bearer=\"mqtt\"}") == 100);
  CHECK(site.world.metric("msggw_first_contacts_limited_total{bearer=\"sms\"}") == 300);
}

TEST_CASE("newcomers of the most crowded source give way, the oldest first") {
  Site site(small(100));
  CHECK_FALSE(site.show_up("honest", kHonest));
  site.settle();
  site.world.pass(2s);
  for (int i = 0; i < 500; ++i) {
    CHECK_FALSE(site.show_up("made-up-" + std::to_string(i), kFlood));
    site.settle();
    site.world.pass(1s);
  }
  CHECK(site.devices() <= 91);
  CHECK(site.knows("honest"));
  CHECK(site.knows("made-up-499"));
  CHECK_FALSE(site.knows("made-up-0"));
  CHECK(site.released == 0);  // the Provisioning Function keeps what it has assigned
  CHECK(site.world.gateway().tables().numbers() < 110);
  CHECK(site.told_gone > 400);
  CHECK_FALSE(site.show_up("newcomer", kHonest));
  site.settle();
  CHECK(site.show_up("newcomer", kHonest)->verdict == Verdict::provisioned);
}

TEST_CASE("a device that came again stays, and so does one that the operator knows") {
  Site site(small(20));
  site.show_up("again", kFlood);
  site.show_up("refreshed", kFlood);
  site.show_up("known", kFlood);
  site.settle();
  const auto no = *site.world.gateway().tables().find_private_id("refreshed");
  const std::string handle = site.world.gateway().registrations().handle(no);
  site.world.pass(40s);
  site.show_up("again", kFlood);
  site.world.gateway().registrations().refresh({handle, Bearer::coap, core::Ticket{99}, {}},
                                               site.world.now());
  CHECK(site.world.gateway().operations().add_device({core::UeType::non_3gpp, "known", {}, {}},
                                                     site.world.now()));
  site.settle();
  for (int i = 0; i < 100; ++i) {
    site.show_up("made-up-" + std::to_string(i), kFlood);
    site.settle();
    site.world.pass(2s);
  }
  CHECK(site.knows("again"));
  CHECK(site.knows("refreshed"));
  CHECK(site.knows("known"));
  CHECK(site.devices() <= 20);
}

TEST_CASE("the handle of a device that gave way names nobody, whoever has its number") {
  Site site(small(10));
  site.show_up("first", kFlood);
  site.settle();
  const auto no = *site.world.gateway().tables().find_private_id("first");
  const std::string handle = site.world.gateway().registrations().handle(no);
  for (int i = 0; i < 40; ++i) {
    site.world.pass(1s);
    site.show_up("made-up-" + std::to_string(i), kFlood);
    site.settle();
  }
  REQUIRE_FALSE(site.knows("first"));
  CHECK_FALSE(site.world.gateway().registrations().find_handle(handle, Bearer::coap));
  site.world.restart();
  CHECK_FALSE(site.world.gateway().registrations().find_handle(handle, Bearer::coap));
}

TEST_CASE("the bearer is told before the number is given again") {
  Site site(small(10));
  core::RegisterRequest request;
  for (int i = 0; i < 60; ++i) {
    site.show_up("made-up-" + std::to_string(i), kFlood, Bearer::mqtt);
    site.settle();
    site.world.pass(1s);
  }
  CHECK(site.noticed.size() >= 50);
  CHECK(site.told_gone >= 50);
}

TEST_CASE("who gives way is still a newcomer after a restart, and never released") {
  Site site(small(10));
  for (int i = 0; i < 9; ++i) site.show_up("made-up-" + std::to_string(i), kFlood);
  site.settle();
  site.world.pass(2s);
  site.world.restart();
  CHECK(site.world.gateway().tables().newcomers.size() == 9);
  site.show_up("honest", kHonest);  // one gives way
  REQUIRE(site.world.take());
  site.world.commit();  // and here the process dies
  site.world.restart();
  site.settle();
  CHECK(site.devices() == 9);
  CHECK(site.knows("honest"));
  CHECK(site.released == 0);
}

TEST_CASE("an operator's removal releases, also of one that gives way just now") {
  Site site(small(10));
  for (int i = 0; i < 9; ++i) site.show_up("made-up-" + std::to_string(i), kFlood);
  site.settle();
  site.world.pass(2s);
  site.show_up("honest", kHonest);
  const auto going = *site.world.gateway().tables().find_private_id("made-up-0");
  REQUIRE(site.world.state(going) == DeviceState::removing);
  CHECK(site.world.gateway().operations().remove(going, site.world.now()));
  site.settle();
  CHECK(site.released == 1);
  CHECK_FALSE(site.knows("made-up-0"));
}

TEST_CASE("a refused newcomer gives way too, and a table of settled devices is full") {
  Site site(small(4));
  site.show_up("a", kFlood);
  site.world.settle();
  const auto no = site.world.ask();
  REQUIRE(no);
  site.world.gateway().journey().refused(*no, "POLICY_DENIED", "no", site.world.now());
  site.settle();
  for (const char* id : {"b", "c", "d"}) {
    CHECK(site.world.gateway().operations().add_device({core::UeType::non_3gpp, id, {}, {}},
                                                       site.world.now()));
  }
  site.settle();
  site.world.pass(2s);
  site.show_up("e", kHonest);
  site.settle();
  CHECK_FALSE(site.knows("a"));
  CHECK_FALSE(site.show_up("e", kHonest));
  site.settle();
  CHECK(site.knows("e"));
  site.world.pass(40s);
  site.show_up("e", kHonest);
  const auto full = site.show_up("f", kHonest);
  REQUIRE(full);
  CHECK(full->error.code == base::Errc::overloaded);
}

TEST_CASE("newcomers who cannot go yet are kept, and others of theirs go in their place") {
  Site site(small(10));
  for (int i = 0; i < 9; ++i) site.show_up("made-up-" + std::to_string(i), kFlood);
  // Nothing of them is durable yet, and then they are of this very second.
  CHECK_FALSE(site.show_up("honest", kHonest));
  CHECK(site.show_up("no room", kHonest)->error.code == base::Errc::overloaded);
  site.world.settle();
  CHECK(site.show_up("no room", kHonest)->error.code == base::Errc::overloaded);
  const auto asked = site.world.ask();
  REQUIRE(asked == site.world.gateway().tables().find_private_id("made-up-0"));
  site.world.pass(2s);
  // Two go, whose rows are free when that is durable.
  CHECK(site.show_up("room", kHonest)->error.code == base::Errc::overloaded);
  CHECK(site.world.metric("msggw_newcomers_gave_way_total") == 2);
  // What the Provisioning Function is being asked about stays until it has answered.
  CHECK(site.world.state(*asked) == DeviceState::recorded);
  site.world.provision(*asked);
  site.settle();
  CHECK(site.devices() == 8);
  CHECK(site.knows("made-up-0"));
  CHECK_FALSE(site.show_up("room", kHonest));
}

TEST_CASE("where newcomers begin to give way is said in percent of the table") {
  for (const auto& [percent, most] : {std::pair{50U, 5U}, std::pair{90U, 9U}, {100U, 10U}}) {
    CAPTURE(percent);
    core::Limits limits = small(10);
    limits.newcomers_give_way_percent = percent;
    Site site(limits);
    for (unsigned i = 0; i < most; ++i) {
      site.show_up("made-up-" + std::to_string(i), kFlood);
      site.settle();
      site.world.pass(2s);
    }
    CHECK(site.world.metric("msggw_newcomers_gave_way_total") == 0);
    site.show_up("honest", kHonest);
    CHECK(site.world.metric("msggw_newcomers_gave_way_total") == 1);
  }
}

TEST_CASE("who comes again settles, but not within seconds") {
  Site site(small(100));
  site.show_up("early", kFlood);
  site.settle();
  site.world.pass(29s);
  site.show_up("early", kFlood);
  CHECK(site.world.metric("msggw_newcomers") == 1);
  site.world.pass(2s);
  site.show_up("early", kFlood);
  CHECK(site.world.metric("msggw_newcomers") == 0);
}

TEST_CASE("the operator is told of a full table and of a crowd, a few times a second") {
  Site site(small(40));
  for (int i = 0; i < 36; ++i) site.show_up("made-up-" + std::to_string(i), kFlood);
  site.settle();
  site.world.pass(2s);
  const test::Events events;
  for (int i = 0; i < 10; ++i) {
    site.show_up("honest-" + std::to_string(i), kHonest);
    site.settle();
  }
  CHECK(site.world.metric("msggw_newcomers_gave_way_total") == 10);
  CHECK(events.count("newcomers_give_way devices=36 newcomers=35 largest_crowd=35 suppressed=0") ==
        1);
  CHECK(events.count("newcomers_give_way ") == 5);
  site.world.pass(1s);
  site.show_up("one more", kHonest);
  CHECK(events.count("newcomers=35 largest_crowd=25 suppressed=5") == 1);
}

TEST_CASE("whose first contacts are too many is told") {
  core::Limits limits = small(100'000);
  limits.first_contacts_per_address = 1;
  Site site(limits);
  const test::Events events;
  for (int i = 0; i < 30; ++i) site.show_up("made-up-" + std::to_string(i), kFlood);
  CHECK(events.count("first_contacts_limited private_id=made-up-10 bearer=coap suppressed=0") == 1);
  CHECK(events.count("first_contacts_limited ") == 5);
  site.world.pass(1s);
  site.show_up("taken", kFlood);
  site.show_up("one more", kFlood);
  CHECK(events.count("private_id=\"one more\" bearer=coap suppressed=15") == 1);
}

TEST_CASE("a row from before a clock that went back is still a newcomer") {
  Site site(small(100));
  site.show_up("early", kFlood);
  site.settle();
  site.world.pass(-1h);
  site.show_up("early", kFlood);
  CHECK(site.world.gateway().tables().newcomers.size() == 1);
}

}  // namespace
}  // namespace msggw::scenario
