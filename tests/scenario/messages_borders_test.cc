// SPDX-License-Identifier: Apache-2.0
// Every limit of messages at its border: one below, at it, one above; what becomes of the message
// there, what is counted, and who is told.
#include <doctest/doctest.h>

#include "tests/scenario/messages_world.h"

namespace msggw::scenario {
namespace {

using namespace messages;
using std::chrono::seconds;

constexpr seconds kSecond{1};

/// "" if it is taken in.
std::string said(const std::optional<Answer>& answer) {
  return answer ? std::string(answer->refusal->cause) : "";
}

double refused(const MessagesWorld& world, const std::string& cause) {
  return world.metric("msggw_messages_refused_total{cause=\"" + cause + "\"}");
}

double failed(const MessagesWorld& world, const std::string& cause) {
  return world.metric("msggw_messages_failed_total{cause=\"" + cause + "\"}");
}

Message with_report(Message message) {
  message.wants_report = true;
  return message;
}

/// A message that takes so many octets as it is stored.
Message sized(MessagesWorld& world, const std::string& id, std::size_t octets,
              const std::string& to = "svc-d0") {
  Message message = world.message(id, "", to);
  message.content = std::string(octets - Contents::octets_of(message), 'x');
  return message;
}

std::string ids(const std::vector<Message>& messages) {
  std::string all;
  for (const Message& message : messages) all += message.message_id;
  return all;
}

/// Which end of time a limit of it has come to, just before and at it.
void check_age(MessagesWorld& world, base::Duration limit, const std::string& cause) {
  const double before = failed(world, cause);
  world.pass(limit - kSecond);
  world.settle_all();
  CHECK(failed(world, cause) == before);
  world.pass(kSecond);
  world.settle_all();
  CHECK(failed(world, cause) == before + 1);
}

TEST_CASE("messages of a device: the last that may is taken, the next refused, both ways apart") {
  Limits limits;
  limits.max_messages_per_device = 3;
  MessagesWorld world(limits);
  for (const char* const id : {"a", "b", "c"}) {
    CHECK(said(world.deliver(world.message(id))).empty());
    CHECK(said(world.send(world.request(id))).empty());
  }
  const auto down = world.deliver(world.message("d"));
  CHECK(said(down) == "DEVICE_QUEUE_FULL");
  CHECK(down->refusal->error.code == base::Errc::overloaded);
  CHECK(down->refusal->retry_after == limits.retry_after);
  CHECK(said(world.send(world.request("d"))) == "DEVICE_QUEUE_FULL");
  CHECK(refused(world, "DEVICE_QUEUE_FULL") == 2);
  CHECK(said(world.deliver(world.message("d", "x", "svc-d1"))).empty());
  world.settle();
  world.restart();  // and so it is after it
  CHECK(said(world.deliver(world.message("d"))) == "DEVICE_QUEUE_FULL");
  CHECK(ids(world.take_down()) == "abc");
  CHECK(said(world.deliver(world.message("d"))).empty());
}

TEST_CASE("the same where the oldest gives way: none at the border, one above it, who is told") {
  Limits limits;
  limits.max_messages_per_device = 3;
  limits.at_limit = AtLimit::drop_oldest;
  MessagesWorld world(limits);
  for (const char* const id : {"a", "b", "c"})
    CHECK(said(world.deliver(with_report(world.message(id)))).empty());
  CHECK(failed(world, "DROPPED") == 0);
  CHECK(said(world.deliver(world.message("d"))).empty());
  CHECK(failed(world, "DROPPED") == 1);
  CHECK(refused(world, "DEVICE_QUEUE_FULL") == 0);
  world.settle();
  CHECK(ids(world.take_down()) == "bcd");
  const auto reports = world.take_reports();
  REQUIRE(reports.size() == 3);
  CHECK(reports[0].message_id == "a");
  CHECK(reports[0].failure_cause == "DROPPED");
  CHECK(reports[1].delivered);
}

TEST_CASE("octets of a device: to the octet, both ways of making room") {
  for (const auto at_limit : {AtLimit::refuse, AtLimit::drop_oldest}) {
    for (const int above : {-1, 0, 1}) {
      CAPTURE(above);
      Limits limits;
      limits.max_octets_per_device = 2'000;
      limits.at_limit = at_limit;
      MessagesWorld world(limits);
      CHECK(said(world.deliver(sized(world, "a", 1'000))).empty());
      const std::size_t octets = static_cast<std::size_t>(1'000 + above);
      const std::string answer = said(world.deliver(sized(world, "b", octets)));
      const bool drops = at_limit == AtLimit::drop_oldest;
      CHECK(answer == (above > 0 && !drops ? "DEVICE_QUEUE_FULL" : ""));
      CHECK(failed(world, "DROPPED") == (above > 0 && drops ? 1 : 0));
      CHECK(world.queue().lanes.of(core::DeviceNo{0}, false).octets <= 2'000);
      world.settle();
    }
  }
}

TEST_CASE("messages and octets of all: the next is refused, whatever gives way in one device") {
  for (const auto at_limit : {AtLimit::refuse, AtLimit::drop_oldest}) {
    Limits limits;
    limits.max_messages = 3;
    limits.at_limit = at_limit;
    MessagesWorld world(limits);
    CHECK(said(world.deliver(world.message("a"))).empty());
    CHECK(said(world.deliver(world.message("a", "x", "svc-d1"))).empty());
    CHECK(said(world.send(world.request("a"))).empty());
    CHECK(said(world.deliver(world.message("b"))) == "QUEUE_FULL");
    CHECK(said(world.send(world.request("b", "x", 2))) == "QUEUE_FULL");
    CHECK(refused(world, "QUEUE_FULL") == 2);
    CHECK(failed(world, "DROPPED") == 0);
  }
  for (const int above : {-1, 0, 1}) {
    CAPTURE(above);
    Limits limits;
    limits.max_octets = 2'000;
    MessagesWorld world(limits);
    CHECK(said(world.deliver(sized(world, "a", 1'000))).empty());
    const std::size_t octets = static_cast<std::size_t>(1'000 + above);
    CHECK(said(world.deliver(sized(world, "b", octets, "svc-d1"))) ==
          (above > 0 ? "QUEUE_FULL" : ""));
  }
}

TEST_CASE("octets that are not durable yet: to the octet, and room again with the commit's begin") {
  for (const int above : {-1, 0, 1}) {
    CAPTURE(above);
    Limits limits;
    limits.max_unsaved_octets = 2'000;
    MessagesWorld world(limits);
    CHECK(said(world.deliver(sized(world, "a", 1'000))).empty());
    const std::size_t octets = static_cast<std::size_t>(1'000 + above);
    CHECK(said(world.deliver(sized(world, "b", octets))) == (above > 0 ? "STORE_BUSY" : ""));
    CHECK(refused(world, "STORE_BUSY") == (above > 0 ? 1 : 0));
    world.settle();
    CHECK(said(world.deliver(sized(world, "c", 2'000))).empty());
  }
}

TEST_CASE("the content of one message: up, down, and in segments") {
  for (const int above : {-1, 0, 1}) {
    CAPTURE(above);
    Limits limits;
    limits.max_content_octets = 10;
    MessagesWorld world(limits);
    const std::string content(static_cast<std::size_t>(10 + above), 'x');
    const std::string expected = above > 0 ? "PAYLOAD_TOO_LARGE" : "";
    CHECK(said(world.deliver(world.message("a", content))) == expected);
    CHECK(said(world.send(world.request("a", content))) == expected);
    CHECK(said(world.deliver(world.segment("b", {"set", 0, {}, false}, "xxxx"))).empty());
    CHECK(said(world.deliver(world.segment("b", {"set", 1, {}, true}, content.substr(4)))) ==
          expected);
    CHECK(refused(world, "PAYLOAD_TOO_LARGE") == (above > 0 ? 3 : -1));
  }
}

TEST_CASE("segments of a message, by their number and by the total that is said") {
  for (const std::uint32_t segments : {2U, 3U, 4U}) {
    CAPTURE(segments);
    Limits limits;
    limits.max_segments = 3;
    MessagesWorld world(limits);
    std::string last;
    for (std::uint32_t i = 0; i < segments; ++i)
      last = said(world.deliver(world.segment("a", {"set", i, {}, false}, "x")));
    CHECK(last == (segments > 3 ? "PAYLOAD_TOO_LARGE" : ""));
    CHECK(said(world.deliver(world.segment("b", {"other", 0, segments, false}, "x"))) == last);
  }
}

TEST_CASE("sets of segments that are open: of a device, of all, and their octets") {
  const auto open = [](MessagesWorld& world, const std::string& set, const std::string& to) {
    Message segment = world.segment("m" + set, {set, 1, {}, false}, "x");
    segment.to.address = to;
    return said(world.deliver(segment));
  };
  Limits of_device;
  of_device.max_open_sets_per_device = 2;
  MessagesWorld one(of_device);
  for (const char* const set : {"a", "b"}) CHECK(open(one, set, "svc-d0").empty());
  CHECK(open(one, "c", "svc-d0") == "DEVICE_QUEUE_FULL");
  CHECK(open(one, "c", "svc-d1").empty());

  Limits of_all;
  of_all.max_open_sets = 2;
  MessagesWorld all(of_all);
  for (const char* const to : {"svc-d0", "svc-d1"}) CHECK(open(all, "a", to).empty());
  CHECK(open(all, "a", "svc-d2") == "QUEUE_FULL");

  for (const int above : {-1, 0, 1}) {
    CAPTURE(above);
    MessagesWorld measured;
    const std::uint64_t content = 20;
    Limits octets;
    octets.max_open_set_octets = Contents::octets_of(measured.segment("m", {"set", 1, {}, false},
                                                                      std::string(content, 'x'))) +
                                 content;
    MessagesWorld world(octets);
    CHECK(said(world.deliver(world.segment("m", {"set", 1, {}, false}, std::string(content, 'x'))))
              .empty());
    const std::string more(static_cast<std::size_t>(static_cast<int>(content) + above), 'x');
    CHECK(said(world.deliver(world.segment("m", {"set", 2, {}, false}, more))) ==
          (above > 0 ? "QUEUE_FULL" : ""));
  }
}

TEST_CASE("age: of what goes up, of what goes down, of segments, and until proof comes") {
  Limits limits;
  limits.up_lifetime = seconds{50};
  limits.down_lifetime = seconds{60};
  limits.segment_time = seconds{30};
  limits.proof_within = seconds{40};
  MessagesWorld world(limits);
  auto request = world.request("up");
  request.wants_report = true;
  world.send(request);
  world.settle();
  check_age(world, limits.up_lifetime, "EXPIRED");
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  const auto told = world.next_down();
  REQUIRE(told);
  CHECK(report_of(told->carried).failure_cause == "EXPIRED");
  world.device_side().proven(told->no, world.now());
  world.device_side().unreachable(core::DeviceNo{0}, core::Bearer::mqtt);

  const auto check_reported = [&](const std::string& id, const std::string& cause) {
    const auto reports = world.take_reports();
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].message_id == id);
    CHECK(reports[0].failure_cause == cause);
  };
  world.deliver(with_report(world.message("down")));
  world.settle();
  check_age(world, limits.down_lifetime, "EXPIRED");
  check_reported("down", "EXPIRED");
  world.deliver(with_report(world.segment("cut", {"set", 0, {}, false}, "x")));
  world.settle();
  check_age(world, limits.segment_time, "SEGMENTS_MISSING");
  check_reported("cut", "SEGMENTS_MISSING");
  world.deliver(with_report(world.message("handed")));
  world.settle();
  world.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
  REQUIRE(world.next_down());
  check_age(world, limits.proof_within, "NO_PROOF");
  check_reported("handed", "NO_PROOF");
}

TEST_CASE("a device may ask for a shorter life of its message, and not for a longer one") {
  Limits limits;
  limits.up_lifetime = seconds{50};
  for (const auto& [asked, granted] : {std::pair{seconds{49}, seconds{49}},
                                       {seconds{50}, seconds{50}},
                                       {seconds{51}, seconds{50}}}) {
    CAPTURE(asked.count());
    MessagesWorld world(limits);
    auto request = world.request("m");
    request.lifetime = asked;
    world.send(request);
    world.settle();
    check_age(world, granted, "EXPIRED");
  }
}

TEST_CASE("a message lives as long as was asked for, in whatever part of a second it came") {
  for (const int part : {0, 1, 388, 999}) {
    CAPTURE(part);
    MessagesWorld world;
    world.pass(base::Duration{part});
    auto request = world.request("m");
    request.lifetime = seconds{1};
    world.send(request);
    world.settle();
    const auto failed = [&] {
      return world.metric("msggw_messages_failed_total{cause=\"EXPIRED\"}");
    };
    world.pass(base::Duration{999});
    CHECK(failed() == 0);
    world.pass(base::Duration{1'001});  // and less than one more
    CHECK(failed() == 1);
  }
}

TEST_CASE("the window of duplicates: by its time, and by the messages in it") {
  MessagesWorld by_time;
  const auto taken = [](MessagesWorld& world, const std::string& id) {
    const double before = world.metric("msggw_messages_accepted_total{kind=\"message_down\"}");
    REQUIRE_FALSE(world.deliver(world.message(id)));
    world.settle();
    world.take_down();
    world.settle();
    world.pass(base::Duration{0});
    return world.metric("msggw_messages_accepted_total{kind=\"message_down\"}") > before;
  };
  CHECK(taken(by_time, "m"));
  by_time.pass(by_time.limits().window_time);
  CHECK_FALSE(taken(by_time, "m"));
  by_time.pass(kSecond);  // what is kept of the time are seconds
  CHECK(taken(by_time, "m"));
  by_time.pass(base::Duration{999});
  CHECK(taken(by_time, "late in a second"));
  by_time.pass(by_time.limits().window_time - base::Duration{1});
  CHECK_FALSE(taken(by_time, "late in a second"));

  Limits limits;
  limits.window_messages = 3;
  MessagesWorld by_count(limits);
  for (const char* const id : {"a", "b", "c"}) CHECK(taken(by_count, id));
  CHECK_FALSE(taken(by_count, "a"));
  CHECK(taken(by_count, "d"));
  CHECK_FALSE(taken(by_count, "b"));
  CHECK(taken(by_count, "a"));  // it has left
  CHECK(by_count.queue().headers.window() == 3);
}

TEST_CASE("an answer that waits for the store: until its time, and then it is a refusal") {
  MessagesWorld world;
  world.send(world.request("a"));
  REQUIRE(world.take());
  world.pass(world.limits().answer_within - base::Duration{1});
  CHECK(world.answers_to_devices().empty());
  world.pass(base::Duration{1});
  const auto answers = world.answers_to_devices();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].refusal->cause == "STORE_UNAVAILABLE");
  CHECK(answers[0].refusal->retry_after == world.limits().retry_after);
  CHECK(refused(world, "STORE_UNAVAILABLE") == -1);  // it was taken in, and goes when it is stored
}

TEST_CASE("tries that came to nothing while others passed: the last that may, and one more") {
  Limits limits;
  limits.most_tries = 3;
  MessagesWorld world(limits);
  world.send(world.request("bad"));
  world.settle();
  for (unsigned i = 0; i < limits.most_tries; ++i) {
    CHECK(failed(world, "INTERNAL_ERROR") == 0);
    world.send(world.request(std::to_string(i), "x", 1));
    world.settle();
    for (int both = 0; both < 2; ++both) {
      const auto up = world.next_up();
      REQUIRE(up);
      if (up->device == core::DeviceNo{1})
        world.server().accepted(up->no, world.now());
      else
        world.server().undecided(up->no, world.now());
    }
  }
  world.pass(base::Duration{0});
  CHECK(failed(world, "INTERNAL_ERROR") == 1);
}

TEST_CASE("one message makes a limited number give way, or is refused") {
  constexpr std::size_t kMost = 256;
  for (const std::size_t needed : {kMost, kMost + 1}) {
    CAPTURE(needed);
    constexpr std::size_t kSmall = 200;
    Limits limits;
    limits.at_limit = AtLimit::drop_oldest;
    limits.max_octets_per_device = kSmall * 300;
    MessagesWorld world(limits);
    for (int i = 0; i < 300; ++i) {
      CHECK(said(world.deliver(sized(world, std::to_string(i), kSmall))).empty());
      world.settle();
    }
    const std::string answer = said(world.deliver(sized(world, "large", kSmall * needed)));
    CHECK(answer == (needed > kMost ? "DEVICE_QUEUE_FULL" : ""));
    CHECK(failed(world, "DROPPED") == (needed > kMost ? 0 : static_cast<double>(needed)));
  }
}

}  // namespace
}  // namespace msggw::scenario
