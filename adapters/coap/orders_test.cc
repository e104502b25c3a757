// SPDX-License-Identifier: Apache-2.0
// All orders of what a device and its surroundings may do about one message.
#include <doctest/doctest.h>

#include <array>
#include <chrono>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test {
namespace {

enum class Step { observe, poll, poll_after, acknowledge, reset, cancel, report, wait, restart };
constexpr std::array kSteps{Step::observe,     Step::poll,  Step::poll_after,
                            Step::acknowledge, Step::reset, Step::cancel,
                            Step::report,      Step::wait,  Step::restart};
constexpr std::array kNames{"observe", "poll",   "poll_after", "acknowledge", "reset",
                            "cancel",  "report", "wait",       "restart"};

/// A device that takes down what it sees, and what may be true of its message.
class Story {
 public:
  explicit Story(InboxWorld& world, const std::string& private_id, const std::string& service_id)
      : world_(world), device_(world, private_id) {
    world_.deliver(service_id, "m", "x");
    world_.settle();
  }

  void take(Step step) {
    switch (step) {
      case Step::observe: send(InboxDevice::with(get(""), kObserve, "")); break;
      case Step::cancel: send(InboxDevice::with(get(""), kObserve, uint_value(1))); break;
      case Step::poll: send(get("")); break;
      case Step::poll_after:
        if (etag_.empty()) return;
        send(get("?after=" + etag_));
        proven_ = true;
        break;
      case Step::report: {
        if (etag_.empty()) return;
        const bool ended = proven_;
        const Message answer = ask(
            device_.request_for(kPost, "report", R"({"msgId":"m","delivSt":"REPT_DELY_SUCCESS"})"));
        if (answer.code_text() == "2.04") {
          CHECK_FALSE(ended);
          proven_ = true;
        }
        break;
      }
      case Step::acknowledge:
        if (!notification_) return;
        device_.acknowledge(*notification_);
        may_be_proven_ = true;  // if it came in time
        break;
      case Step::reset:
        if (!notification_) return;
        device_.end(*notification_, kRst);
        break;
      case Step::wait: world_.clock.skip(base::Duration{93'000}); break;
      case Step::restart: world_.restart(); break;
    }
    see();
  }

  /// In the end the message is proven, or can be had and proven.
  void finish() {
    take(Step::reset);
    Message answer = ask(get(""));
    const bool is_there = answer.option(kEtag).has_value();
    if (proven_) CHECK_FALSE(is_there);
    if (!proven_ && !may_be_proven_) CHECK(is_there);
    if (is_there) answer = ask(get("?after=" + after_of(answer)));
    CHECK(answer.code_text() == "2.05");
    CHECK_FALSE(answer.option(kEtag));
    CHECK(world_.messages->queue().lanes.all().messages == 0);
  }

 private:
  Message get(const std::string& query) {
    Message message = device_.request_for(kGet, "inbox" + query);
    message.token = "obs";
    return message;
  }
  Message ask(const Message& message) {
    device_.send(message);
    while (true) {
      Message received = device_.receive();
      if (received.type == kAck && received.mid == message.mid) {
        note(received);
        return received;
      }
      note(received);
    }
  }
  void send(const Message& message) { CHECK(ask(message).code_text() == "2.05"); }
  void note(const Message& message) {
    if (message.type == kCon) notification_ = message;
    if (message.option(kEtag)) etag_ = after_of(message);
    if (message.option(kEtag) && !message.payload.empty()) CHECK(id_in(message) == "m");
  }
  /// All that has come, up to the answer to a ping.
  void see() {
    Message ping;
    ping.mid = 50'000 + ++pings_;
    device_.send(ping);
    while (true) {
      const Message received = device_.receive();
      if (received.type == kRst && received.mid == ping.mid) return;
      note(received);
    }
  }

  InboxWorld& world_;
  InboxDevice device_;
  std::optional<Message> notification_;
  std::string etag_;
  bool proven_ = false;
  bool may_be_proven_ = false;
  int pings_ = 0;
};

TEST_CASE("whatever the order, a message is proven once or can be had") {
  constexpr std::size_t kLength = 3;
  InboxWorld world;
  world.patience = std::chrono::milliseconds{0};  // what is sent has come, or nothing will
  std::size_t orders = 1;
  for (std::size_t at = 0; at < kLength; ++at) orders *= kSteps.size();
  for (std::size_t order = 0; order < orders; ++order) {
    std::string told;
    Story story(world, "d" + std::to_string(order), "sid-" + std::to_string(order));
    std::size_t rest = order;
    for (std::size_t at = 0; at < kLength; ++at, rest /= kSteps.size()) {
      const std::size_t step = rest % kSteps.size();
      told += std::string(kNames[step]) + " ";
      CAPTURE(told);
      story.take(kSteps[step]);
    }
    CAPTURE(told);
    story.finish();
  }
  CHECK(world.metric("msggw_messages_done_total{kind=\"message_down\"}") ==
        static_cast<double>(orders));
}

}  // namespace
}  // namespace msggw::coap_adapter::test
