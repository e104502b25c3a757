// SPDX-License-Identifier: Apache-2.0
// What bearers keep of messages that are not whole (messages::Drafts), over commits, restarts and
// the ends of devices.
#include <doctest/doctest.h>

#include "storage/device_record.h"
#include "tests/scenario/messages_world.h"

namespace msggw::scenario {

namespace {

using messages::DraftNo;

struct DraftsWorld : MessagesWorld {
  explicit DraftsWorld(messages::Limits limits = {}) : MessagesWorld(limits) {}

  tl::expected<DraftNo, messages::Refusal> keep(const std::string& octets, std::uint32_t of = 0,
                                                core::Bearer bearer = core::Bearer::sms) {
    return device_side().keep(device(of), bearer, core::Ticket{++last_}, octets, now());
  }
  std::string restored(core::Bearer bearer = core::Bearer::sms) {
    std::string all;
    for (const auto& one : device_side().take_restored(bearer)) all += one.octets + '|';
    return all;
  }

 private:
  std::uint64_t last_ = 1'000;
};

}  // namespace

TEST_CASE("a draft is answered when it is durable, and is there after a restart") {
  DraftsWorld world;
  REQUIRE(world.keep("one"));
  REQUIRE(world.keep("two"));
  REQUIRE(world.keep("other", 0, core::Bearer::mqtt));
  CHECK(world.answers_to_devices().empty());
  REQUIRE(world.take());
  CHECK(world.answers_to_devices().empty());
  world.commit();
  const auto answers = world.answers_to_devices();
  REQUIRE(answers.size() == 3);
  for (const auto& answer : answers) {
    CHECK_FALSE(answer.refusal);
    CHECK(answer.message_id.empty());
  }
  world.restart();
  CHECK(world.restored() == "one|two|");
  CHECK(world.restored().empty());
  CHECK(world.restored(core::Bearer::mqtt) == "other|");
}

TEST_CASE("a draft that was not committed is lost with the process, and nobody was told") {
  DraftsWorld world;
  REQUIRE(world.keep("one"));
  world.settle();
  (void)world.answers_to_devices();
  REQUIRE(world.keep("two"));
  REQUIRE(world.take());
  world.restart();
  CHECK(world.answers_to_devices().empty());
  CHECK(world.restored() == "one|");
}

TEST_CASE("a draft and the message that is made of it change places in one commit") {
  DraftsWorld world;
  const auto draft = world.keep("half");
  REQUIRE(draft);
  world.settle();
  const std::size_t commits = world.commits();
  REQUIRE_FALSE(world.send(world.request("m-1", "whole")));
  world.device_side().drop(*draft);
  REQUIRE(world.take());
  world.restart();  // before the commit: the draft alone
  CHECK(world.restored() == "half|");
  CHECK(world.rows(storage::kQueue) == 0);
  REQUIRE_FALSE(world.send(world.request("m-1", "whole")));
  world.device_side().drop(*draft);
  world.settle();
  CHECK(world.commits() == commits + 1);
  CHECK(world.rows(storage::kDrafts) == 0);
  CHECK(world.rows(storage::kQueue) == 1);
}

TEST_CASE("a draft that is dropped before its commit leaves no row, and its answer comes") {
  DraftsWorld world;
  const auto draft = world.keep("once more");
  REQUIRE(draft);
  world.device_side().drop(*draft);
  world.device_side().drop(*draft);
  world.settle();
  CHECK(world.answers_to_devices().size() == 1);
  CHECK(world.rows(storage::kDrafts) == 0);
  const auto under_way = world.keep("dropped on its way");
  REQUIRE(under_way);
  REQUIRE(world.take());
  world.device_side().drop(*under_way);
  world.commit();
  CHECK(world.rows(storage::kDrafts) == 1);
  world.settle();
  CHECK(world.rows(storage::kDrafts) == 0);
}

TEST_CASE("the time of a draft goes on over a restart, whatever the clock shows") {
  DraftsWorld world;
  const base::TimePoint kept = world.now();
  REQUIRE(world.keep("one"));
  world.settle();
  world.pass(std::chrono::minutes(3));
  world.settle();
  world.restart();
  const auto restored = world.device_side().take_restored(core::Bearer::sms);
  REQUIRE(restored.size() == 1);
  CHECK(restored[0].kept <= kept);
  CHECK(restored[0].kept > kept - std::chrono::seconds(2));
}

TEST_CASE("the drafts of a device end with it") {
  DraftsWorld world;
  REQUIRE(world.keep("of 0", 0));
  REQUIRE(world.keep("of 1", 1));
  REQUIRE(world.keep("of 0 again", 0));
  world.settle();
  world.store().gone(world.device(0), world.now());
  world.settle();
  CHECK(world.rows(storage::kDrafts) == 1);
  world.restart();
  CHECK(world.restored() == "of 1|");
}

TEST_CASE("drafts count among what the store is behind with") {
  messages::Limits limits;
  limits.max_unsaved_octets = 10;
  DraftsWorld world(limits);
  REQUIRE(world.keep("12345678"));
  const auto refused = world.keep("123");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().cause == "STORE_BUSY");
  world.settle();
  CHECK(world.keep("123"));
}

TEST_CASE("an answer that waits for a store that hangs is a refusal, and the draft stays") {
  DraftsWorld world;
  REQUIRE(world.keep("one"));
  world.pass(world.queue().limits.answer_within);
  const auto answers = world.answers_to_devices();
  REQUIRE(answers.size() == 1);
  REQUIRE(answers[0].refusal);
  CHECK(answers[0].refusal->cause == "STORE_UNAVAILABLE");
  world.settle();
  CHECK(world.rows(storage::kDrafts) == 1);
}

}  // namespace msggw::scenario
