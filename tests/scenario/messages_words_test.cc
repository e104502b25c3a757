// SPDX-License-Identifier: Apache-2.0
// What a device says of a message that it does not take goes to who sent it.
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;

/// A message that asks for a report, handed to its device.
MessageNo handed(MessagesWorld& world) {
  auto message = world.message("m1");
  message.wants_report = true;
  REQUIRE_FALSE(world.deliver(message));
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  return world.next_down()->no;
}

std::string cause_said(const std::string& said) {
  MessagesWorld world;
  world.device_side().failed(handed(world), Cause::refused, world.now(), said);
  const auto reports = world.take_reports();
  REQUIRE(reports.size() == 1);
  CHECK_FALSE(reports[0].delivered);
  return reports[0].failure_cause;
}

TEST_CASE("its own words, as they are, or ours where it says nothing") {
  CHECK(cause_said("no such register") == "no such register");
  CHECK(cause_said("kein Ger\xC3\xA4t \"7\"") == "kein Ger\xC3\xA4t \"7\"");
  CHECK(cause_said("") == "REFUSED");
}

TEST_CASE("nothing that moves a screen, and no more than may be") {
  CHECK(cause_said("a\x1B[2Jb") == "a\\x1b[2Jb");
  CHECK(cause_said("a\xE2\x80\xAE"
                   "b") == "a\\xe2\\x80\\xaeb");
  CHECK(cause_said("\xFF") == "\\xff");
  CHECK(cause_said(std::string(256, 'x')) == std::string(256, 'x'));
  CHECK(cause_said(std::string(257, 'x')) == std::string(256, 'x') + "...");
}

TEST_CASE("also where what the report is made of is in the store alone; not over a restart") {
  Limits limits;
  limits.cache_octets = 0;
  for (const bool restarts : {false, true}) {
    CAPTURE(restarts);
    MessagesWorld world(limits);
    const MessageNo no = handed(world);
    world.device_side().came_back(no);  // its content leaves memory
    REQUIRE(world.queue().contents.find(no) == nullptr);
    world.device_side().failed(no, Cause::refused, world.now(), "stuck");
    world.settle();
    if (restarts) world.restart();
    const auto reports = world.take_reports();
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].failure_cause == (restarts ? "REFUSED" : "stuck"));
    CHECK(world.queue().owed_words.empty());
  }
}

TEST_CASE("the operator is shown them") {
  MessagesWorld world;
  const MessageNo no = handed(world);
  world.device_side().failed(no, Cause::refused, world.now(), "stuck");
  const MessageTrace& trace = world.queue().trace;
  bool shown = false;
  for (std::size_t i = 0; i < trace.size(); ++i)
    shown = shown || (trace[i].no == no && trace[i].what == Happening::failed &&
                      trace[i].said.view() == "stuck");
  CHECK(shown);
}

TEST_CASE("what is next in a lane is found by its msgId, and nothing else") {
  MessagesWorld world;
  const MessageNo first = handed(world);
  REQUIRE_FALSE(world.deliver(world.message("m2")));
  world.settle();
  const auto next_under = [&](const char* id, std::uint32_t device = 0) {
    return world.device_side().next_under(core::DeviceNo{device}, id);
  };
  CHECK(next_under("m1") == first);
  CHECK_FALSE(next_under("m2"));
  CHECK_FALSE(next_under("m1", 1));
  world.device_side().came_back(first);
  CHECK(next_under("m1") == first);
  world.device_side().proven(first, world.now());
  CHECK_FALSE(next_under("m1"));
}

}  // namespace
}  // namespace msggw::scenario
