// SPDX-License-Identifier: Apache-2.0
// What goes wrong with CoAP in the field, as its users report it of servers of this kind: devices
// that restart, change their address behind a NAT, repeat a block, or answer as no RFC has it.
#include <doctest/doctest.h>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test {
namespace {

using CoapMessage = test::Message;

CoapMessage block_up(InboxDevice& device, const std::string& below, const std::string& whole,
                     std::uint32_t number) {
  CoapMessage block = device.request_for(kPost, below, whole.substr(number * 1'024, 1'024));
  const bool more = (number + 1) * 1'024 < whole.size();
  return InboxDevice::with(std::move(block), kBlock1,
                           uint_value(number << 4 | (more ? 8U : 0U) | 6U));
}

CoapMessage further_block(InboxDevice& device, std::uint32_t number) {
  return InboxDevice::with(device.request_for(kGet, "inbox"), kBlock2, uint_value(number << 4 | 6));
}

TEST_CASE(
    "a device registers again and again from one address and port: the newest handle is good") {
  InboxWorld world;
  Device device(world, world.port());
  std::string before;
  for (int boot = 1; boot <= 50; ++boot) {
    const std::string handle = device.ask(request(kPost, "rd?ep=a", boot)).location().substr(1);
    CHECK(handle != before);
    if (!before.empty())
      CHECK(device.ask(request(kGet, before, 1'000 + boot)).code_text() == "4.04");
    CHECK(device.ask(request(kGet, handle, 2'000 + boot)).code_text() == "2.05");
    before = handle;
  }
  CHECK(world.gateway.tables().devices() == 1);
}

TEST_CASE("a NAT gives the device another port: its handle goes on, and it observes anew") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  Device moved(world, world.port());
  CHECK(moved.ask(request(kPost, device.handle(), 1)).code_text() == "2.04");
  CoapMessage get = request(kGet, device.handle() + "/inbox", 2);
  get.options.emplace_back(kObserve, "");
  CHECK(moved.ask(get).option(kObserve));
  world.deliver("sid-0", "m1", "1");
  CHECK(id_in(moved.receive()) == "m1");
  CHECK_FALSE(device.poll());
  CHECK(world.metric("msggw_coap_observations") == 1);
}

TEST_CASE("a NAT gives the device another port while a notification is under way") {
  Options options = InboxWorld::options();
  options.ack_timeout = base::Duration{5};
  options.max_retransmit = 1;
  InboxWorld world(options);
  InboxDevice device(world, "a");
  device.observe();
  world.deliver("sid-0", "m1", "1");
  device.receive();  // and it is never acknowledged
  REQUIRE(world.until(
      [&] { return world.metric("msggw_coap_notifications_total{end=\"timed_out\"}") == 1; }));
  Device moved(world, world.port());
  CHECK(id_in(moved.ask(request(kGet, device.handle() + "/inbox", 1))) == "m1");
}

TEST_CASE("a device restarts and begins with the same Message ID and token") {
  InboxWorld world;
  InboxDevice device(world, "a");
  CoapMessage first = device.request_for(kPost, "up", "before");
  first.mid = 1;
  first.token = "t";
  const std::string id = id_in(device.ask(first));
  CoapMessage second = first;
  second.payload = "after";
  CHECK(id_in(device.ask(second)) != id);
  CHECK(id_in(device.ask(first)) == id);
  const auto up = world.messages->take_up();
  REQUIRE(up.size() == 2);
  CHECK(std::get<messages::Message>(up[1]).content == "after");
}

TEST_CASE("a device's request has the Message ID of a notification that it has not acknowledged") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  world.deliver("sid-0", "m1", "1");
  const CoapMessage notification = device.receive();
  CoapMessage post = device.request_for(kPost, "up", "x");
  post.mid = notification.mid;
  const CoapMessage answer = device.ask(post);
  CHECK(answer.type == kAck);
  CHECK(answer.code_text() == "2.04");
  CHECK(world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 0);
  device.acknowledge(notification);
  REQUIRE(world.until(
      [&] { return world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 1; }));
}

TEST_CASE("two uploads one after the other from one port to one resource, without a Request-Tag") {
  InboxWorld world;
  InboxDevice device(world, "a");
  for (const char octet : {'a', 'b', 'c'}) {
    const std::string whole(1'100, octet);
    CHECK(device.ask(block_up(device, "up", whole, 0)).code_text() == "2.31");
    CHECK(device.ask(block_up(device, "up", whole, 1)).code_text() == "2.04");
  }
  const auto up = world.messages->take_up();
  REQUIRE(up.size() == 3);
  CHECK(std::get<messages::Message>(up[2]).content == std::string(1'100, 'c'));
}

TEST_CASE("the acknowledgement of any block got lost, and the block comes once more") {
  InboxWorld world;
  InboxDevice device(world, "a");
  const std::string whole(3'000, 'x');
  CoapMessage answer;
  for (std::uint32_t number = 0; number < 3; ++number) {
    const CoapMessage block = block_up(device, "up", whole, number);
    answer = device.ask(block);
    const CoapMessage again = device.ask(block);
    CHECK(answer.code_text() == (number < 2 ? "2.31" : "2.04"));
    CHECK(again.code == answer.code);
    CHECK(again.uint_option(kBlock1) == answer.uint_option(kBlock1));
    CHECK(again.payload == answer.payload);
  }
  CHECK(world.messages->take_up().size() == 1);
}

TEST_CASE("an upload that was given up is begun anew from the first block") {
  InboxWorld world;
  InboxDevice device(world, "a");
  const std::string given_up(3'000, 'a');
  CHECK(device.ask(block_up(device, "up", given_up, 0)).code_text() == "2.31");
  CHECK(device.ask(block_up(device, "up", given_up, 1)).code_text() == "2.31");
  const std::string whole(2'000, 'b');
  CHECK(device.ask(block_up(device, "up", whole, 0)).code_text() == "2.31");
  CHECK(device.ask(block_up(device, "up", whole, 1)).code_text() == "2.04");
  const auto up = world.messages->take_up();
  REQUIRE(up.size() == 1);
  CHECK(std::get<messages::Message>(up[0]).content == whole);
}

TEST_CASE("a client asks for further blocks with its Observe option still there") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", std::string(2'000, 'x'));
  world.settle();
  device.observe();
  const CoapMessage first = device.receive();
  device.acknowledge(first);
  CoapMessage next = InboxDevice::with(further_block(device, 1), kObserve, "");
  next.token = "fresh";
  const CoapMessage rest = device.ask(next);
  CHECK(rest.token == "fresh");
  CHECK_FALSE(rest.option(kObserve));
  CHECK(rest.option(kEtag) == first.option(kEtag));
  CHECK(first.payload.size() == 1'024);
  CHECK(world.metric("msggw_coap_observations") == 1);
  CHECK(id_in(device.get("?after=" + after_of(first))).empty());
  world.deliver("sid-0", "m2", "2");
  CHECK(device.receive().token == "obs");  // under its own token still
}

TEST_CASE("all blocks of a message have one ETag, whichever request began it") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", std::string(3'000, 'x'));
  world.settle();
  const CoapMessage polled = device.get();
  std::string whole = polled.payload;
  for (std::uint32_t number = 1; number < 4; ++number) {
    const CoapMessage block = device.ask(further_block(device, number));
    CHECK(block.option(kEtag) == polled.option(kEtag));
    CHECK(((block.uint_option(kBlock2).value_or(0) & 8) != 0) == (block.payload.size() == 1'024));
    whole += block.payload;
    if (block.payload.size() < 1'024) break;
  }
  CHECK(whole.find(std::string(3'000, 'x')) != std::string::npos);
  CHECK(whole.ends_with("}"));
}

TEST_CASE("RST to a notification of a device that has restarted: the message waits for it") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  world.deliver("sid-0", "m1", "1");
  device.end(device.receive(), kRst);
  CHECK(device.nothing_comes());
  device.observe(0, "new");
  CHECK(id_in(device.receive()) == "m1");
}

TEST_CASE("a device that keeps its way open by pings is answered RST, whatever it owes") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  for (int mid = 1; mid <= 20; ++mid) {
    CoapMessage ping;
    ping.mid = mid;
    const CoapMessage answer = device.ask(ping);
    CHECK(answer.type == kRst);
    CHECK(answer.mid == mid);
  }
  world.deliver("sid-0", "m1", "1");
  CHECK(id_in(device.receive()) == "m1");
}

}  // namespace
}  // namespace msggw::coap_adapter::test
