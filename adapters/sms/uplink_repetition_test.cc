// SPDX-License-Identifier: Apache-2.0
// What an SMSC gives again because it has missed our answer is one message, whatever lies between.
#include <doctest/doctest.h>

#include "adapters/sms/test_messages_world.h"

namespace msggw::sms::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSpeaker = "4915112345678";

class Repetitions : public MessagesWorld {
 public:
  void begin_registered() {
    options.keyword_status = "STATUS";
    begin();
    REQUIRE(deliver(mo(kSpeaker, "STATUS")) == smpp::Status::ok);
    REQUIRE(sent_up().empty());
  }
  void write(const std::vector<smpp::Message>& all) {
    for (const auto& one : all) CHECK(deliver(one) == smpp::Status::ok);
  }
  /// The SMSC's connection is gone, and made again.
  void rebind() {
    const auto before = smsc().binds.size();
    smsc().cut();
    REQUIRE(until([&] { return smsc().binds.size() > before && adapter->is_connected(); }));
  }
  /// As restart(), and what was kept is let go before the SMSC is bound.
  void restart_alone() {
    smsc().close();
    start_as_configured();
    settle();
    smsc().open();
    REQUIRE(until([&] { return adapter->is_connected(); }));
  }
  void pass(base::Duration time) {
    clock.skip(time);
    settle();
  }
  std::string contents() {
    std::string all;
    for (const auto& message : sent_up()) all += message.content + '|';
    return all;
  }
};

TEST_CASE("parts that came again are no text of their own, also when the one before is forgotten") {
  Repetitions world;
  world.begin_registered();
  const std::string text = std::string(153, 'a') + std::string(100, 'x');
  const auto parts = long_mo(kSpeaker, text, sms_text::ReferenceForm::udh8);
  world.write(parts);
  CHECK(world.contents() == text + "|");
  world.pass(3s);
  world.rebind();
  world.write(parts);
  world.pass(world.options.partial_timeout - 2s);  // of the text, not of what came again
  world.restart_alone();
  CHECK(world.contents().empty());
  world.pass(world.options.partial_timeout);
  CHECK(world.contents().empty());
  CHECK(world.metric("msggw_sms_partial_messages") == 0);
}

TEST_CASE("a text that was let go after the rebind came before it") {
  Repetitions world;
  world.message_limits.max_messages_per_device = 1;
  world.begin_registered();
  const std::string text(300, 'x');
  world.write({mo(kSpeaker, "first")});
  const auto parts = long_mo(kSpeaker, text, sms_text::ReferenceForm::udh8);
  world.write(parts);  // there is no room
  world.write({mo(kSpeaker, "last")});
  world.pass(3s);
  world.rebind();
  CHECK(world.contents() == "first|");
  world.pass(6s);
  CHECK(world.contents() == text + "|");
  world.pass(6s);
  CHECK(world.contents() == "last|");
  world.write({mo(kSpeaker, "last")});
  world.write(parts);
  CHECK(world.contents().empty());
  world.write({mo(kSpeaker, "last")});  // that one has been answered
  CHECK(world.contents() == "last|");
}

TEST_CASE("what is known while others wait needs not wait again, over a restart too") {
  Repetitions world;
  world.message_limits.max_messages_per_device = 1;
  world.begin_registered();
  const std::string text(300, 'x');
  world.write({mo(kSpeaker, "first")});
  world.write(long_mo(kSpeaker, text, sms_text::ReferenceForm::udh8));
  world.rebind();
  world.write({mo(kSpeaker, "first")});
  world.restart_alone();
  CHECK(world.contents() == "first|");
  world.pass(6s);
  CHECK(world.contents() == text + "|");
  world.pass(6s);
  CHECK(world.contents().empty());
}

TEST_CASE("a first text that came over two binds before it was recorded is one") {
  Repetitions world;
  world.begin();
  world.commits = false;
  world.hand_over(mo(kSpeaker, "hello"));
  world.settle();
  world.rebind();
  const auto id = world.hand_over(mo(kSpeaker, "hello"));
  world.settle();
  world.commits = true;
  REQUIRE(world.until([&] { return world.smsc().answer_to(id).has_value(); }));
  CHECK(world.smsc().answer_to(id) == smpp::Status::ok);
  world.settle();
  CHECK(world.contents() == "hello|");
}

TEST_CASE("what waits is acknowledged again when it is durable") {
  Repetitions world;
  world.provisioning = Repetitions::Provisioning::away;
  world.begin();
  world.write({mo(kSpeaker, "hello")});
  world.messages->commits = false;
  world.hand_over(mo(kSpeaker, "again"));
  world.settle();
  world.rebind();
  const auto id = world.hand_over(mo(kSpeaker, "again"));
  for (int i = 0; i < 20; ++i) world.turn();
  CHECK_FALSE(world.smsc().answer_to(id));
  world.messages->commits = true;
  REQUIRE(world.until([&] { return world.smsc().answer_to(id).has_value(); }));
  world.provisioning = Repetitions::Provisioning::answers;
  world.settle();
  CHECK(world.contents() == "hello|again|");
}

TEST_CASE("a part that came before the rebind is known, though its text was whole after it") {
  Repetitions world;
  world.begin_registered();
  const std::string text(300, 'y');
  const auto parts = long_mo(kSpeaker, text, sms_text::ReferenceForm::udh8);
  world.write({parts[0]});
  world.clock.skip(3s);
  world.rebind();
  world.write({parts[1], parts[0]});
  CHECK(world.contents() == text + "|");
  CHECK(world.metric("msggw_sms_partial_messages") == 0);
  world.rebind();
  world.write({parts[1]});
  world.pass(world.options.partial_timeout);
  CHECK(world.contents().empty());
}

TEST_CASE("a text said again long after another of its like is new") {
  Repetitions world;
  world.begin_registered();
  world.write({mo(kSpeaker, "on")});
  CHECK(world.contents() == "on|");
  world.pass(world.message_limits.window_time + 10s);
  for (int times = 0; times < 2; ++times) world.write({mo(kSpeaker, "on")});
  CHECK(world.contents() == "on|on|");
  world.pass(5s);
  world.rebind();
  for (int times = 0; times < 2; ++times) world.write({mo(kSpeaker, "on")});
  CHECK(world.contents() == "on|");
}

TEST_CASE("what was given again is no part of a later text that lacks one") {
  Repetitions world;
  world.begin_registered();
  const auto text = [](char middle) {
    return std::string(153, 'a') + std::string(153, middle) + std::string(10, middle);
  };
  const auto of = [&](char middle) {
    return long_mo(kSpeaker, text(middle), sms_text::ReferenceForm::udh8);  // one reference for all
  };
  world.write(of('b'));
  CHECK(world.contents() == text('b') + "|");
  world.clock.skip(1s);
  world.rebind();
  const auto again = of('b');
  world.write({again[1], again[2]});  // these answers were missed
  world.write(of('c'));
  world.pass(world.options.partial_timeout - 1s);
  CHECK(world.contents() == text('c') + "|");
  const auto next = of('d');
  world.write({next[0], next[1]});  // the last does not come
  world.pass(world.options.partial_timeout - 1s);
  world.pass(2s);
  CHECK(world.contents().empty());
}

}  // namespace
}  // namespace msggw::sms::test
