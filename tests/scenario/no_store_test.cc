// SPDX-License-Identifier: Apache-2.0
// The store was taken away under the process: what is promised then would not outlive it.
#include <doctest/doctest.h>

#include "tests/scenario/steps.h"

using msggw::base::Errc;
using namespace msggw::core;
using namespace msggw::scenario;
using namespace std::chrono_literals;

namespace {

void check_unavailable(const std::optional<Answer>& answer) {
  REQUIRE(answer);
  CHECK(answer->verdict == Verdict::failed);
  CHECK(answer->error.code == Errc::unavailable);
  CHECK(answer->retry_after > 0ms);
}

}  // namespace

TEST_CASE("without a store nothing is promised, by no request, to a known device or a new one") {
  World world;
  const DeviceNo no = registered(world, "meter");
  Registrations& registrations = world.gateway().registrations();
  const auto handle = registrations.handle(no);
  const auto ask_all = [&](const auto& check) {
    check(world.show_up("meter", Bearer::coap, 1));
    check(registrations.refresh({handle, Bearer::coap, Ticket{3}, {}}, world.now()));
  };

  world.gateway().turn().set_store_in_place(false);
  ask_all(check_unavailable);
  check_unavailable(world.show_up("new", Bearer::mqtt, 2));
  check_unavailable(registrations.deregister("meter", Bearer::coap, Ticket{4}, world.now()));
  check_unavailable(registrations.deregister_handle(handle, Bearer::coap, Ticket{5}, world.now()));
  check_unavailable(world.gateway().tables().refusal_of(no, Ticket{6}));  // reads
  const auto added =
      world.gateway().operations().add_device({UeType::as, "meter", {}}, world.now());
  REQUIRE_FALSE(added);
  CHECK(added.error().code == Errc::unavailable);
  CHECK(world.gateway().tables().devices() == 1);

  world.gateway().turn().set_store_in_place(true);
  ask_all([](const std::optional<Answer>& answer) {
    REQUIRE(answer);
    CHECK(answer->verdict == Verdict::provisioned);
  });
}

TEST_CASE("without a store nobody is told \"pending\"") {
  World world;
  CHECK_FALSE(world.show_up("meter", Bearer::coap, 1));
  world.settle();
  world.gateway().turn().set_store_in_place(false);
  world.pass(Limits{}.answer_within + 1ms);
  const auto& answers = world.gateway().turn().outbox().answers;
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].answer.verdict == Verdict::failed);
  CHECK(answers[0].answer.error.code == Errc::unavailable);
}
