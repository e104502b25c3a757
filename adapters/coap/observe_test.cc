// SPDX-License-Identifier: Apache-2.0
// Messages for a device that observes its inbox, over real datagrams.
#include <doctest/doctest.h>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test {
namespace {

using CoapMessage = test::Message;

double notifications(const InboxWorld& world, const std::string& end) {
  return world.metric("msggw_coap_notifications_total{end=\"" + end + "\"}");
}

double observations(const InboxWorld& world) {
  return world.metric("msggw_coap_observations");
}

core::Presence presence(InboxWorld& world) {
  return world.gateway.tables().presences.of(core::DeviceNo{0}, core::Bearer::coap);
}

/// Notifications time out within milliseconds.
Options impatient() {
  Options options = InboxWorld::options();
  options.ack_timeout = base::Duration{5};
  options.max_retransmit = 1;
  return options;
}

TEST_CASE(
    "a device that observes is notified of each message when the one before is acknowledged") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", "1");
  world.deliver("sid-0", "m2", "2");
  world.settle();
  const CoapMessage begun = device.observe();
  CHECK(begun.type == kAck);
  CHECK(begun.code_text() == "2.05");
  CHECK(begun.token == "obs");
  CHECK(begun.payload.empty());
  CHECK_FALSE(begun.option(kEtag));
  REQUIRE(begun.uint_option(kObserve));

  std::uint32_t sequence = *begun.uint_option(kObserve);
  for (const char* const id : {"m1", "m2", "m3", "m4"}) {
    const CoapMessage notification = device.receive();
    CHECK(notification.type == kCon);
    CHECK(notification.token == "obs");
    CHECK(notification.code_text() == "2.05");
    CHECK(notification.uint_option(kMaxAge) == 0);
    CHECK(notification.option(kEtag)->size() == 8);
    CHECK(id_in(notification) == id);
    const std::uint32_t next = *notification.uint_option(kObserve);
    CHECK(((next - sequence) & 0xFF'FFFF) - 1 < 0x7F'FFFF);
    sequence = next;
    CHECK(device.nothing_comes());
    device.acknowledge(notification);
    if (id == std::string("m2")) {
      world.deliver("sid-0", "m3", "3");
      world.deliver("sid-0", "m4", "4");
    }
  }
  CHECK(device.nothing_comes());
  CHECK(notifications(world, "acknowledged") == 4);
  CHECK(world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 4);
  CHECK(observations(world) == 1);
}

TEST_CASE("RST and Observe: 1 end an observation, and its message waits for a GET") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", "1");
  world.settle();
  CHECK(device.observe().option(kObserve));
  CoapMessage notification = device.receive();
  CHECK(id_in(notification) == "m1");
  SUBCASE("RST") {
    device.end(notification, kRst);
    REQUIRE(world.until([&] { return observations(world) == 0; }));
    CHECK(notifications(world, "reset") == 1);
  }
  SUBCASE("Observe: 1") {
    CHECK(device.observe(1, "another").option(kEtag));  // of none that there is
    CHECK(observations(world) == 1);
    CHECK(id_in(device.observe(1)) == "m1");
    world.turn();
    CHECK(observations(world) == 0);
    device.acknowledge(notification);  // of an observation that has ended
  }
  CHECK(device.nothing_comes());
  const CoapMessage answer = device.get();
  CHECK(id_in(answer) == "m1");
  CHECK(answer.option(kEtag) == notification.option(kEtag));
  CHECK_FALSE(device.get("?after=" + after_of(answer)).option(kEtag));
}

/// The device answers the notification, where it should acknowledge it alone.
void answer(InboxDevice& device, const CoapMessage& notification, int code) {
  CoapMessage answer;
  answer.type = kAck;
  answer.code = code;
  answer.mid = notification.mid;
  answer.token = notification.token;
  device.send(answer);
}

TEST_CASE(
    "an error in place of the acknowledgement is no proof: the message fails, the next one comes") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  auto message = msggw::test::Messages::message("sid-0", "m1", "x");
  message.wants_report = true;
  world.messages->deliver(std::move(message));
  world.deliver("sid-0", "m2", "2");
  answer(device, device.receive(), 4 << 5 | 6);
  const CoapMessage next = device.receive();
  CHECK(id_in(next) == "m2");
  device.acknowledge(next);
  REQUIRE(world.until([&] { return notifications(world, "acknowledged") == 1; }));
  CHECK(notifications(world, "refused") == 1);
  CHECK(observations(world) == 1);
  world.settle();
  const auto up = world.messages->take_up();
  REQUIRE(up.size() == 1);
  CHECK(std::get<messages::Report>(up[0]).failure_cause == "UNSUPPORTED_CONTENT");
}

TEST_CASE(
    "an error that is not about the message ends the observation, and after eight the message") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", "1");
  world.settle();
  for (int i = 1; i <= 8; ++i) {
    CHECK(device.observe().option(kObserve));
    const CoapMessage notification = device.receive();
    REQUIRE(id_in(notification) == "m1");
    answer(device, notification, 4 << 5 | 4);
    REQUIRE(world.until([&] { return observations(world) == 0; }));
    CHECK(notifications(world, "not_now") == i);
  }
  CHECK(world.metric("msggw_messages_failed_total{cause=\"REFUSED\"}") == 1);
  CHECK_FALSE(device.get().option(kEtag));
}

TEST_CASE("a notification that nobody acknowledges ends the observation, and its message waits") {
  InboxWorld world(impatient());
  InboxDevice device(world, "a");
  device.observe();
  world.deliver("sid-0", "m1", "1");
  const CoapMessage notification = device.receive();
  CHECK(device.receive().mid == notification.mid);
  REQUIRE(world.until([&] { return observations(world) == 0; }));
  CHECK(notifications(world, "timed_out") == 1);
  CHECK(presence(world) == core::Presence::sleeping);
  device.acknowledge(notification);  // too late
  CHECK(device.nothing_comes());
  CHECK(id_in(device.get()) == "m1");
}

TEST_CASE("of a device's observations the newest counts") {
  InboxWorld world;
  InboxDevice device(world, "a");
  Device elsewhere(world, world.port());
  device.observe();
  world.deliver("sid-0", "m1", "1");
  const CoapMessage first = device.receive();
  Message get = InboxDevice::with(device.request_for(kGet, "inbox"), kObserve, "");
  get.token = "new";
  CHECK(elsewhere.ask(get).option(kObserve));
  CHECK(observations(world) == 1);
  const CoapMessage second = elsewhere.receive();
  CHECK(second.token == "new");
  CHECK(second.option(kEtag) == first.option(kEtag));
  device.acknowledge(first);
  CHECK(device.nothing_comes());
  CHECK(world.metric("msggw_coap_proofs_total{by=\"acknowledgement\"}") == 0);
  elsewhere.send([&] {
    Message ack;
    ack.type = kAck;
    ack.mid = second.mid;
    return ack;
  }());
  REQUIRE(world.until([&] { return notifications(world, "acknowledged") == 1; }));
  CHECK_FALSE(device.get().option(kEtag));
}

TEST_CASE("who observes again under the same token goes on with what is under way") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  world.deliver("sid-0", "m1", "1");
  const CoapMessage first = device.receive();
  CHECK(device.observe().option(kObserve));
  CHECK(device.nothing_comes());
  device.acknowledge(first);
  world.deliver("sid-0", "m2", "2");
  CHECK(id_in(device.receive()) == "m2");
}

TEST_CASE("a GET beside the observation has the same message, and can prove it") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  world.deliver("sid-0", "m1", "1");
  world.deliver("sid-0", "m2", "2");
  const CoapMessage first = device.receive();
  const CoapMessage same = device.get();
  CHECK(same.option(kEtag) == first.option(kEtag));
  const CoapMessage second = device.get("?after=" + after_of(first));
  CHECK(id_in(second) == "m2");
  device.acknowledge(first);  // known already
  CHECK_FALSE(device.get("?after=" + after_of(second)).option(kEtag));
  CHECK(device.nothing_comes());
  CHECK(observations(world) == 1);
  world.deliver("sid-0", "m3", "3");
  CHECK(id_in(device.receive()) == "m3");
}

TEST_CASE("a device that polled and now observes is notified of what it has not proven") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", "1");
  world.settle();
  CHECK(id_in(device.get()) == "m1");
  device.observe();
  CHECK(id_in(device.receive()) == "m1");
}

TEST_CASE("an observation ends with its registration, and the observer is told") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  CHECK(observations(world) == 1);
  CoapMessage ended;
  SUBCASE("the device leaves") {
    device.send(request(kDelete, device.handle(), device.next_mid()));
    ended = device.receive();
    if (ended.type == kAck) ended = device.receive();
  }
  SUBCASE("the operator suspends it") {
    REQUIRE(world.gateway.operations().suspend(core::DeviceNo{0}, world.clock.now()));
    world.settle();
    CHECK(device.nothing_comes());
    REQUIRE(world.gateway.operations().resume(core::DeviceNo{0}));
    world.deliver("sid-0", "m1", "1");
    REQUIRE(world.gateway.operations().suspend(core::DeviceNo{0}, world.clock.now()));
    ended = device.receive();
  }
  CHECK(ended.code_text() == "4.04");
  CHECK(ended.token == "obs");
  CHECK_FALSE(ended.option(kObserve));
  world.turn();
  CHECK(observations(world) == 0);
}

TEST_CASE("a message in blocks is proven by after= or a report, and not by an acknowledgement") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", std::string(2'000, 'x'));
  world.deliver("sid-0", "m2", "2");
  world.settle();
  device.observe();
  const CoapMessage first = device.receive();
  CHECK(first.payload.size() == 1'024);
  CHECK(first.option(kBlock2));
  device.acknowledge(first);
  CHECK(device.nothing_comes());
  const CoapMessage rest = device.ask(
      InboxDevice::with(device.request_for(kGet, "inbox"), kBlock2, uint_value(1 << 4 | 6)));
  CHECK(rest.option(kEtag) == first.option(kEtag));
  CHECK(device.nothing_comes());
  SUBCASE("after=") {
    const CoapMessage next = device.get("?after=" + after_of(first));
    CHECK(id_in(next) == "m2");
    return;
  }
  SUBCASE("a report") {
    CHECK(device.report(R"({"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})").code_text() == "2.04");
  }
  SUBCASE("neither, as often as it is sent") {
    for (int tries = 1; tries < 4; ++tries) {
      world.clock.skip(base::Duration{93'000});
      const CoapMessage again = device.receive();
      CHECK(again.option(kEtag) == first.option(kEtag));
      device.acknowledge(again);
      CHECK(device.nothing_comes());
    }
    world.clock.skip(base::Duration{93'000});
    CHECK(id_in(device.receive()) == "m2");
    CHECK(world.metric("msggw_messages_failed_total{cause=\"NO_PROOF\"}") == 1);
    return;
  }
  CHECK(id_in(device.receive()) == "m2");
}

TEST_CASE("an observation goes on after a restart, and nothing is lost") {
  for (const Kept kept : {Kept::memory, Kept::lmdb}) {
    InboxWorld world(InboxWorld::options(), kept);
    InboxDevice device(world, "a");
    device.observe();
    world.deliver("sid-0", "m1", "1");
    const CoapMessage first = device.receive();
    world.restart();
    const CoapMessage again = device.receive();
    CHECK(again.option(kEtag) == first.option(kEtag));
    CHECK(again.token == first.token);
    const std::uint32_t ahead = *again.uint_option(kObserve) - *first.uint_option(kObserve);
    CHECK((ahead & 0xFF'FFFF) - 1 < 0x7F'FFFF);
    device.acknowledge(again);
    CHECK(device.nothing_comes());
    CHECK_FALSE(device.get().option(kEtag));
  }
}

TEST_CASE("an observation that has ended does not go on after a restart") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  std::function<void(Options&)> change;
  SUBCASE("by RST") {
    world.deliver("sid-0", "m1", "1");
    device.end(device.receive(), kRst);
    REQUIRE(world.until([&] { return notifications(world, "reset") == 1; }));
  }
  SUBCASE("by Observe: 1") {
    device.observe(1);
  }
  SUBCASE("with the registration") {
    device.send(request(kDelete, device.handle(), device.next_mid()));
    CHECK(device.receive().code_text() == "4.04");
    CHECK(device.receive().code_text() == "2.02");
  }
  SUBCASE("by another registration") {
    device.send(request(kPost, "rd?ep=a", device.next_mid()));
    CHECK(device.receive().code_text() == "4.04");
    CHECK(device.receive().code_text() == "2.01");
  }
  SUBCASE("since a handle is no longer enough for messages") {
    change = [](Options& options) { options.open_messages = false; };
  }
  SUBCASE("since there may be none any more") {
    change = [](Options& options) { options.max_observations = 0; };
  }
  world.restart(change);
  world.deliver("sid-0", "m2", "2");
  world.settle();
  CHECK(device.nothing_comes());
  CHECK(observations(world) == 0);
  CHECK(world.gateway.tables().observers.empty());
}

TEST_CASE("after a restart who observes is pinged before he is sent anything") {
  Options options = InboxWorld::options();
  options.amplified_octets_per_source = 1;
  InboxWorld world(options);
  InboxDevice device(world, "a");
  device.observe();
  world.restart();
  world.deliver("sid-0", "m1", "1");
  const CoapMessage ping = device.receive();
  CHECK(ping.code == 0);
  device.end(ping, kRst);
  CHECK(id_in(device.receive()) == "m1");
}

TEST_CASE("above the limit of observations a GET is answered as one") {
  Options options = InboxWorld::options();
  options.max_observations = 2;  // half of them for one source
  InboxWorld world(options);
  InboxDevice a(world, "a"), b(world, "b");
  CHECK(a.observe().option(kObserve));
  world.deliver("sid-1", "m1", "1");
  world.settle();
  const CoapMessage answer = b.observe();
  CHECK_FALSE(answer.option(kObserve));
  CHECK(id_in(answer) == "m1");
  CHECK(a.observe(0, "again").option(kObserve));
}

}  // namespace
}  // namespace msggw::coap_adapter::test
