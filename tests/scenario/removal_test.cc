// SPDX-License-Identifier: Apache-2.0
// What an operator removes: registrations, Service ID, row, with a power cut at each step.
#include <doctest/doctest.h>

#include "tests/scenario/steps.h"

namespace msggw::test::removal_test {

using msggw::base::Errc;
using namespace msggw::core;
using namespace msggw::scenario;
using namespace std::chrono_literals;

TEST_CASE("removed: registrations end, the Service ID is released, then the row goes") {
  World world;
  const DeviceNo no = registered(world, "meter");
  const auto handle = world.gateway().registrations().handle(no);
  REQUIRE(world.gateway().operations().remove(no, world.now()));
  CHECK_FALSE(world.gateway().registrations().find_handle(handle, Bearer::coap));
  CHECK_FALSE(world.ask());  // the Service ID must not be free while a restart could bring it back
  SUBCASE("undisturbed 3") {
    settle_decision(world);
  }
  SUBCASE("power cut before the commit: nothing has happened") {
    world.restart();
    CHECK(world.state(no) == DeviceState::provisioned);
    CHECK(world.gateway().registrations().find_handle(handle, Bearer::coap));
    REQUIRE(world.gateway().operations().remove(no, world.now()));
    world.settle();
  }
  SUBCASE("power cut after the commit") {
    settle_decision(world);
    world.restart();
  }
  SUBCASE("power cut while asked") {
    settle_decision(world);
    CHECK(world.ask() == no);
    world.restart();
  }
  SUBCASE("the Provisioning Function is of no use for a while") {
    settle_decision(world);
    for (int i = 0; i < 20; ++i) {
      REQUIRE(world.ask() == no);
      i % 2 == 0 ? world.gateway().journey().failed(no, 0ms, world.now())
                 : world.gateway().journey().refused(no, "NOT_AUTHORIZED", "", world.now());
      CHECK_FALSE(world.ask());
      world.pass(60'000ms);
    }
  }
  CHECK(world.state(no) == DeviceState::removing);
  const auto meanwhile = world.show_up("meter", Bearer::coap, 9);
  REQUIRE(meanwhile);
  CHECK(meanwhile->error.code == Errc::unavailable);
  CHECK(meanwhile->retry_after > 0ms);
  CHECK(world.gateway()
            .operations()
            .add_device({UeType::as, "meter", {}}, world.now())
            .error()
            .code == Errc::unavailable);
  CHECK_FALSE(world.gateway().operations().suspend(no, world.now()));
  CHECK_FALSE(world.gateway().operations().resume(no));
  CHECK_FALSE(world.gateway().operations().ask_again(no));
  CHECK(world.gateway().operations().remove(no, world.now()));  // again

  REQUIRE(world.ask() == no);
  CHECK(world.kind() == AskKind::release);
  CHECK(world.asked().back() == "meter");
  world.gateway().journey().released(no);
  CHECK(world.gateway().tables().devices() == 0);
  CHECK_FALSE(world.gateway().tables().find_private_id("meter"));
  world.restart();  // before the row has gone: released once more
  REQUIRE(world.ask() == no);
  CHECK(world.kind() == AskKind::release);
  world.gateway().journey().released(no);
  world.settle();
  world.restart();
  CHECK(world.gateway().tables().devices() == 0);
  CHECK_FALSE(world.ask());
  CHECK_FALSE(world.show_up("meter", Bearer::coap, 10));
  world.settle();
  CHECK(world.ask() == DeviceNo{1});  // its number is not used again
  CHECK(world.kind() == AskKind::provision);
}

TEST_CASE("why a release is refused is kept with the row, and written when it changes") {
  World world;
  const DeviceNo no = registered(world, "meter");
  REQUIRE(world.gateway().operations().remove(no, world.now()));
  world.settle();
  const auto refuse = [&](const char* cause) {
    REQUIRE(world.ask() == no);
    world.gateway().journey().refused(no, cause, "not yours", world.now());
  };
  refuse("NOT_AUTHORIZED");
  CHECK(world.take());
  world.commit();
  const std::uint32_t since = world.gateway().tables().refusal(no)->at_s;
  world.pass(60'000ms);
  refuse("NOT_AUTHORIZED");
  CHECK_FALSE(world.gateway().tables().has_changes());
  world.restart();
  REQUIRE(world.gateway().tables().refusal(no));
  CHECK(world.gateway().tables().refusal(no)->cause == "NOT_AUTHORIZED");
  CHECK(world.gateway().tables().refusal(no)->at_s == since);
  refuse("BUSY");
  CHECK(world.take());
  world.commit();
  CHECK(world.gateway().tables().refusal(no)->cause == "BUSY");
  CHECK(world.metric("msggw_releases_refused_total") == 1);
}

TEST_CASE("why there was no Service ID is not why it is not released") {
  World world;
  CHECK_FALSE(world.show_up("meter", Bearer::coap, 1));
  world.settle();
  const DeviceNo no = *world.ask();
  world.gateway().journey().refused(no, "POLICY_DENIED", "", world.now());
  world.settle();
  REQUIRE(world.gateway().operations().remove(no, world.now()));
  CHECK(world.gateway().tables().refusal(no) == nullptr);
}

TEST_CASE("forgotten: the row goes and nothing is released, wherever it stood") {
  World world;
  DeviceNo no = registered(world, "meter");
  const auto handle = world.gateway().registrations().handle(no);
  const auto forget = [&] { REQUIRE(world.gateway().operations().forget(no, world.now())); };
  const auto remove = [&] { REQUIRE(world.gateway().operations().remove(no, world.now())); };
  const auto withdrawn = [&] { return world.gateway().journey().take_withdrawn(); };
  const auto fail = [&] { world.gateway().journey().failed(no, 0ms, world.now()); };
  SUBCASE("registered") {
    forget();
    CHECK_FALSE(world.gateway().registrations().find_handle(handle, Bearer::coap));
    REQUIRE(world.take());
    CHECK(world.notices().empty());
    world.commit();
    CHECK(world.notices().size() == 1);  // while the row still says who it was
    CHECK(world.state(no) == DeviceState::removing);
  }
  SUBCASE("while the removal is being saved") {
    remove();
    SUBCASE("in the same commit") {}
    SUBCASE("in the next one") {
      world.take();
    }
    forget();
    if (world.gateway().tables().batches.in_flight.size() == 1) world.commit();
  }
  SUBCASE("due for release") {
    remove();
    world.settle();
    forget();
  }
  SUBCASE("after the release was refused") {
    remove();
    world.settle();
    CHECK(world.ask() == no);
    world.gateway().journey().refused(no, "NOT_AUTHORIZED", "", world.now());
    forget();
  }
  SUBCASE("while asked: when that has ended") {
    remove();
    world.settle();
    CHECK(world.ask() == no);
    forget();
    world.settle();
    CHECK(world.state(no) == DeviceState::removing);
    CHECK(withdrawn() == std::vector{no});
    CHECK(withdrawn().empty());
    SUBCASE("without an answer") {
      fail();
    }
    SUBCASE("by a refusal") {
      world.gateway().journey().refused(no, "NOT_AUTHORIZED", "", world.now());
    }
    SUBCASE("by the release") {
      world.gateway().journey().released(no);
    }
  }
  SUBCASE("asked again for its Service ID") {
    REQUIRE(world.gateway().operations().ask_again(no));
    world.settle();
    CHECK(world.ask() == no);
    SUBCASE("and then removed") {
      remove();
    }
    forget();
    world.settle();
    CHECK(world.state(no) == DeviceState::removing);
    CHECK(withdrawn() == std::vector{no});
    fail();
  }
  SUBCASE("a first contact before its first commit") {
    CHECK_FALSE(world.show_up("other", Bearer::coap, 5));
    const DeviceNo other = *world.gateway().tables().find_private_id("other");
    REQUIRE(world.gateway().operations().forget(other, world.now()));
    world.settle();
    CHECK(world.state(other) == DeviceState::removed);
    forget();
  }
  SUBCASE("and the power is cut after the commit") {
    remove();
    world.settle();
    CHECK(world.ask() == no);
    forget();
    world.take();
    world.commit();
    world.restart();
  }
  CHECK_FALSE(world.ask());
  world.pass(120'000ms);
  world.settle();
  CHECK_FALSE(world.ask());
  CHECK(world.state(no) == DeviceState::removed);
  CHECK(world.gateway().tables().giving_way == 0);
  CHECK(world.gateway().tables().on_their_way(Purpose::release) == 0);
  CHECK(world.gateway().tables().refusal(no) == nullptr);
  CHECK(world.gateway().operations().forget(no, world.now()));  // again
  world.restart();
  CHECK(world.gateway().tables().devices() == 0);
  CHECK_FALSE(world.ask());
}

TEST_CASE("forgetting is counted once, whatever the operator says after it") {
  World world;
  const DeviceNo no = registered(world, "meter");
  REQUIRE(world.gateway().operations().remove(no, world.now()));
  world.settle();
  REQUIRE(world.ask() == no);
  CHECK_FALSE(world.gateway().operations().is_selected(no, {"*", {}, {}}));
  CHECK(world.gateway().operations().is_selected(no, {"*", {}, {}, true}));
  CHECK_FALSE(world.gateway().operations().is_leaving(no));
  for (int i = 0; i < 2; ++i) REQUIRE(world.gateway().operations().forget(no, world.now()));
  CHECK(world.gateway().operations().is_leaving(no));
  CHECK(world.metric("msggw_devices_forgotten_total") == 1);
  SUBCASE("an answer before the client was told: nothing to withdraw") {
    world.gateway().journey().failed(no, 0ms, world.now());
    CHECK(world.gateway().journey().take_withdrawn().empty());
  }
  SUBCASE("removed once more: released after all") {
    REQUIRE(world.gateway().operations().remove(no, world.now()));
    world.gateway().journey().failed(no, 0ms, world.now());
    world.pass(120'000ms);
    CHECK(world.ask() == no);
    CHECK(world.kind() == AskKind::release);
  }
}

TEST_CASE("a device that comes back before its removal is durable is a new one") {
  World world;
  const DeviceNo no = registered(world, "meter");
  REQUIRE(world.gateway().operations().remove(no, world.now()));
  world.settle();
  world.ask();
  world.gateway().journey().released(no);
  bool together = false;
  SUBCASE("in the same commit") {
    together = true;
  }
  SUBCASE("in the next one") {
    world.take();
  }
  CHECK_FALSE(world.show_up("meter", Bearer::coap, 10));
  if (!together) world.commit();
  world.settle();
  world.restart();
  CHECK(world.gateway().tables().find_private_id("meter") == DeviceNo{1});
  CHECK(world.ask() == DeviceNo{1});
}

TEST_CASE("removed on its way to a Service ID") {
  msggw::core::Limits limits;
  limits.max_unsaved_devices = 1;
  World world(limits);
  CHECK_FALSE(world.show_up("meter", Bearer::mqtt, 7));
  const DeviceNo no{0};
  const auto remove = [&] { REQUIRE(world.gateway().operations().remove(no, world.now())); };
  bool in_hand = false;
  SUBCASE("before its first commit") {
    remove();
  }
  SUBCASE("during its first commit") {
    world.take();
    remove();
    world.commit();
    CHECK_FALSE(world.ask());
  }
  SUBCASE("when it is due") {
    world.settle();
    remove();
  }
  SUBCASE("while asked for") {
    world.settle();
    world.ask();
    remove();
    in_hand = true;
  }
  SUBCASE("while its Service ID is being saved") {
    world.settle();
    world.provision(*world.ask());
    world.take();
    remove();
    world.commit();
  }
  SUBCASE("while suspended with an ask in hand") {
    world.settle();
    world.ask();
    REQUIRE(world.gateway().operations().suspend(no, world.now()));
    world.settle();
    world.answers();
    remove();
    in_hand = true;
  }
  world.settle();
  for (const auto& to : world.answers()) CHECK(to.answer.verdict == Verdict::failed);
  if (in_hand) {
    CHECK_FALSE(world.ask());  // the first ask could overtake the release
    world.provision(no);
  }
  REQUIRE(world.ask() == no);
  CHECK(world.kind() == AskKind::release);
  world.gateway().journey().released(no);
  world.settle();
  CHECK(world.state(no) == DeviceState::removed);
  CHECK(world.gateway().tables().on_their_way(Purpose::release) == 0);
  // The device no longer counts as an unsaved one.
  CHECK_FALSE(world.show_up("other", Bearer::mqtt, 8));
}

TEST_CASE("removed: what is still posted of it is counted until it is taken away") {
  World world;
  const DeviceNo no = registered(world, "meter");
  REQUIRE(world.gateway().registrations().post(no, "meter"));
  world.settle();
  CHECK(world.metric("msggw_postings") == 0);  // under its first Private ID
  REQUIRE(world.gateway().operations().remove(no, world.now()));
  world.settle();
  REQUIRE(world.ask() == no);
  world.gateway().journey().released(no);
  world.settle();
  CHECK(world.state(no) == DeviceState::removed);
  CHECK(world.metric("msggw_postings") == 1);
  world.gateway().registrations().unpost(no, "meter");
  CHECK(world.metric("msggw_postings") == 0);
}

}  // namespace msggw::test::removal_test
