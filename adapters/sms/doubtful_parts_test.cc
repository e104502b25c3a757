// SPDX-License-Identifier: Apache-2.0
// Parts that say what a part of the same reference said before: given again, or of another text.
#include "adapters/sms/doubtful_parts.h"

#include <doctest/doctest.h>

#include "adapters/sms/test_messages_world.h"

namespace msggw::sms::test {
namespace {

constexpr const char* kPhone = "4915112345678";

/// A phone whose modem has one reference for all, and an SMSC that may have missed our answers.
class OneReference : public MessagesWorld {
 public:
  OneReference() {
    options.keyword_status = "STATUS";
    begin();
    REQUIRE(deliver(mo(kPhone, "STATUS")) == smpp::Status::ok);
    REQUIRE(sent_up().empty());
  }
  void write(const std::string& text, std::initializer_list<std::size_t> parts = {0, 1}) {
    const auto all = long_mo(kPhone, text, sms_text::ReferenceForm::udh8);
    REQUIRE(all.size() == 2);
    for (const std::size_t part : parts) REQUIRE(deliver(all[part]) == smpp::Status::ok);
  }
  void wait() {
    clock.skip(options.partial_timeout - std::chrono::minutes{1});
    settle();
    CHECK(sent_up().empty());
    for (int steps = 0; steps < 120; ++steps) {
      clock.skip(base::Duration{500});
      turn();
    }
  }
  std::string contents() {
    std::string all;
    for (const auto& message : sent_up()) all += message.content + '|';
    return all;
  }
  std::size_t drafts() {
    std::size_t count = 0;
    const auto loaded =
        store.load(storage::TableNo{7}, [&](std::uint64_t, std::string_view) { ++count; });
    REQUIRE(loaded);
    return count;
  }
};

const std::string kFirst = std::string(153, 'a') + std::string(100, 'x');
const std::string kSameEnd = std::string(153, 'b') + std::string(100, 'x');
const std::string kSameStart = std::string(153, 'a') + std::string(100, 'y');

TEST_CASE("a text of which one part says what one before said is not lost") {
  for (const std::string& text : {kSameEnd, kSameStart}) {
    for (const auto& order : {std::pair<std::size_t, std::size_t>{0, 1}, {1, 0}}) {
      for (const bool dies : {false, true}) {
        CAPTURE(text);
        CAPTURE(order.first);
        CAPTURE(dies);
        OneReference world;
        world.write(kFirst);
        world.restart();
        CHECK(world.contents() == kFirst + "|");
        world.write(text, {order.first, order.second});
        CHECK(world.contents().empty());
        if (dies) world.restart();
        world.wait();
        CHECK(world.contents() == text + "|");
        CHECK(world.drafts() <= 1);  // the mark of a text, as long as it is remembered
      }
    }
  }
}

TEST_CASE("the next text of a reference makes the one before whole by what is in doubt") {
  OneReference world;
  world.write(kFirst);
  world.restart();
  CHECK(world.contents() == kFirst + "|");
  world.write(kSameEnd);
  CHECK(world.contents().empty());
  const std::string next = std::string(153, 'c') + std::string(100, 'z');
  world.write(next);
  CHECK(world.contents() == kSameEnd + "|" + next + "|");
  CHECK(world.metric("msggw_sms_partial_messages") == 0);
}

TEST_CASE("what is given again, and again, stands in no text") {
  OneReference world;
  world.write(kFirst);
  for (int times = 0; times < 3; ++times) {
    world.restart();
    world.write(kFirst, {1});
  }
  const std::string second = std::string(153, 'b') + std::string(100, 'y');
  CHECK(world.contents() == kFirst + "|");
  world.write(second, {0});
  world.settle();
  world.clock.skip(world.options.partial_timeout / 2);
  world.settle();
  world.write(second, {1});
  CHECK(world.contents() == second + "|");
  world.wait();
  CHECK(world.metric("msggw_sms_partial_messages") == 0);
  CHECK(world.drafts() <= 1);  // the mark of a text, as long as it is remembered
}

TEST_CASE("a part for which doubt has no room is put off, and nothing acknowledged is lost") {
  OneReference world;
  world.options.max_partial_messages = 1;
  world.write(kFirst);
  world.restart();
  CHECK(world.contents() == kFirst + "|");
  const auto again = long_mo(kPhone, kFirst, sms_text::ReferenceForm::udh8);
  CHECK(world.deliver(again[0]) == smpp::Status::ok);
  CHECK(world.deliver(again[1]) != smpp::Status::ok);
  world.clock.skip(world.options.partial_timeout);
  world.settle();
  CHECK(world.deliver(again[1]) == smpp::Status::ok);
  CHECK(world.contents().empty());
}

TEST_CASE("parts in doubt are limited, and go with their device") {
  Options options;
  options.max_partial_messages = 2;
  DoubtfulParts parts(options);
  const auto part = [](std::uint8_t sequence) {
    DoubtfulParts::Part part;
    part.writing.piece.total = 9;
    part.writing.piece.sequence = sequence;
    part.device = core::DeviceNo{sequence};
    part.draft = messages::DraftNo{sequence};
    return part;
  };
  const base::TimePoint now{std::chrono::seconds{1}};
  CHECK(parts.add(part(1), now));
  CHECK_FALSE(parts.add(part(1), now));
  CHECK(parts.holds(part(1).writing, base::TimePoint::max()));
  CHECK_FALSE(parts.holds(part(1).writing, part(1).since));
  CHECK_FALSE(parts.take_due({}));
  CHECK_FALSE(parts.is_full());
  CHECK(parts.add(part(2), now + base::Duration{1}));
  CHECK(parts.is_full());
  CHECK(parts.next_deadline() == now);
  CHECK(parts.take_due(now)->draft == messages::DraftNo{1});
  CHECK(parts.take_of(core::DeviceNo{2}) == std::vector{messages::DraftNo{2}});
  CHECK(parts.size() == 0);
  CHECK_FALSE(parts.next_deadline());
}

}  // namespace
}  // namespace msggw::sms::test
