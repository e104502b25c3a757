// SPDX-License-Identifier: Apache-2.0
// Messages for devices that poll, over real datagrams.
#include <doctest/doctest.h>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test {
namespace {

using messages::AddressType;
using CoapMessage = test::Message;

double proofs(const InboxWorld& world, const std::string& by) {
  return world.metric("msggw_coap_proofs_total{by=\"" + by + "\"}");
}

double failed(const InboxWorld& world, const std::string& cause) {
  return world.metric("msggw_messages_failed_total{cause=\"" + cause + "\"}");
}

bool is_empty(const CoapMessage& answer) {
  return answer.code_text() == "2.05" && !answer.option(kEtag) && answer.payload.empty() &&
         answer.uint_option(kMaxAge) == 0;
}

TEST_CASE("an empty inbox is 2.05 without ETag") {
  InboxWorld world;
  InboxDevice device(world, "a");
  CHECK(is_empty(device.get()));
  CHECK(is_empty(device.get("?unknown=1")));
}

TEST_CASE("the head of the inbox is the same until it is proven, by after= of the next GET") {
  InboxWorld world;
  InboxDevice device(world, "a");
  auto message = msggw::test::Messages::message("sid-0", "m1", "OPEN");
  message.wants_report = true;
  message.application = "valves";
  world.messages->deliver(message);
  world.deliver("sid-0", "m2", "CLOSE");
  world.settle();

  const CoapMessage first = device.get();
  CHECK(first.type == kAck);
  CHECK(first.code_text() == "2.05");
  CHECK(first.uint_option(kMaxAge) == 0);
  CHECK(first.uint_option(kContentFormat) == 50);
  CHECK(first.option(kEtag)->size() == 8);
  CHECK(first.payload == R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m1",)"
                         R"("appId":"valves","delivStReqInd":true,"payload":"OPEN"})");
  const CoapMessage again = device.get();
  CHECK(again.payload == first.payload);
  CHECK(again.option(kEtag) == first.option(kEtag));
  CHECK(world.messages->take_up().empty());

  const CoapMessage second = device.get("?after=" + after_of(first));
  CHECK(id_in(second) == "m2");
  CHECK(id_in(device.get("?after=" + after_of(first))) == "m2");  // its answer was lost
  CHECK(is_empty(device.get("?after=" + after_of(second))));
  CHECK(proofs(world, "after") == 2);
  CHECK(world.metric("msggw_messages_late_total") == 0);
  world.settle();
  const auto up = world.messages->take_up();
  REQUIRE(up.size() == 1);
  CHECK(std::get<messages::Report>(up[0]).delivered);
}

TEST_CASE("after= that is not of this inbox is refused, and proves nothing") {
  InboxWorld world;
  InboxDevice device(world, "a"), other(world, "b");
  world.deliver("sid-0", "m1", "OPEN");
  world.settle();
  const std::string good = after_of(device.get());
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string wrong = good;
    wrong[at] = wrong[at] == '7' ? '8' : '7';
    CHECK(device.get("?after=" + wrong).code_text() == "4.00");
  }
  for (const std::string& wrong :
       {good.substr(1), good + "0", std::string("x") + good.substr(1), std::string("-1"),
        std::string(16, '0'), good + "&after=" + good, std::string()}) {
    CAPTURE(wrong);
    CHECK(device.get("?after=" + wrong).code_text() == "4.00");
  }
  CHECK(other.get("?after=" + good).code_text() == "4.00");
  CHECK(proofs(world, "after") == 0);
  CHECK(id_in(device.get()) == "m1");
  CHECK(is_empty(device.get("?after=" + good)));
}

TEST_CASE("after= is good over a restart, whatever has the messages") {
  for (const Kept kept : {Kept::memory, Kept::lmdb}) {
    InboxWorld world(InboxWorld::options(), kept);
    InboxDevice device(world, "a");
    world.deliver("sid-0", "m1", "OPEN");
    world.deliver("sid-0", "m2", "CLOSE");
    world.settle();
    const std::string after = after_of(device.get());
    world.restart();
    CHECK(id_in(device.get("?after=" + after)) == "m2");
    world.restart();
    const CoapMessage second = device.get("?after=" + after);
    CHECK(id_in(second) == "m2");
    CHECK(is_empty(device.get("?after=" + after_of(second))));
  }
}

TEST_CASE("a GET waits for what is on its way to the store or to be read from it, not for ever") {
  messages::Limits limits;
  limits.cache_octets = 0;
  InboxWorld world(InboxWorld::options(), Kept::memory, limits);
  InboxDevice device(world, "a");
  world.messages->commits = false;
  world.deliver("sid-0", "m1", "OPEN");
  device.send(device.request_for(kGet, "inbox"));
  CHECK(device.nothing_comes());
  world.messages->commits = true;
  const CoapMessage first = device.receive();
  CHECK(id_in(first) == "m1");

  world.deliver("sid-0", "m2", "CLOSE");
  world.settle();
  world.messages->reads = false;
  device.send(device.request_for(kGet, "inbox?after=" + after_of(first)));
  CHECK(device.nothing_comes());
  world.clock.skip(base::Duration{2'000});
  const CoapMessage late = device.receive();
  CHECK(late.code_text() == "5.03");
  CHECK(late.uint_option(kMaxAge) == 1);
  world.messages->reads = true;
  CHECK(id_in(device.get()) == "m2");
}

TEST_CASE("a device that asks again does not wait for the first answer") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.messages->commits = false;
  world.deliver("sid-0", "m1", "OPEN");
  const CoapMessage first = device.request_for(kGet, "inbox");
  device.send(first);
  CHECK(device.nothing_comes());
  const CoapMessage second = device.request_for(kGet, "inbox");
  const CoapMessage ended = device.ask(second);
  CHECK(ended.type == kAck);
  CHECK(ended.code == 0);
  CHECK(ended.mid == first.mid);
  world.messages->commits = true;
  const CoapMessage answer = device.receive();
  CHECK(answer.mid == second.mid);
  CHECK(id_in(answer) == "m1");
  CHECK(device.nothing_comes());
}

TEST_CASE("what is handed out and not proven waits again, for this bearer or another") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", "OPEN");
  world.settle();
  const std::string after = after_of(device.get());
  const auto state = [&] {
    return world.messages->queue()
        .headers.at(*world.messages->queue().headers.first_from(messages::MessageNo{}))
        .state;
  };
  CHECK(state() == messages::State::handed);
  world.clock.skip(base::Duration{93'000});
  world.turn();
  CHECK(state() == messages::State::waiting);
  CHECK(is_empty(device.get("?after=" + after)));  // late, and good all the same
  CHECK(proofs(world, "after") == 1);
}

TEST_CASE("the urgent goes first, and one at a time") {
  InboxWorld world;
  InboxDevice device(world, "a");
  for (const auto& [id, priority] :
       {std::pair("low", messages::Priority::low), std::pair("normal", messages::Priority::normal),
        std::pair("high", messages::Priority::high)}) {
    auto message = msggw::test::Messages::message("sid-0", id, "x");
    message.priority = priority;
    world.messages->deliver(message);
  }
  world.settle();
  std::string query;
  for (const char* const id : {"high", "normal", "low"}) {
    const CoapMessage answer = device.get(query);
    CHECK(id_in(answer) == id);
    query = "?after=" + after_of(answer);
  }
  CHECK(is_empty(device.get(query)));
}

TEST_CASE("a device gets content alone by Accept, or as it registered") {
  InboxWorld world;
  InboxDevice structured(world, "a"), plain(world, "b", R"({"format":"plain"})");
  const std::string octets("\xFF\x00\x01", 3);
  world.deliver("sid-0", "m1", "21 C");
  world.deliver("sid-1", "m2", octets);
  world.settle();
  const CoapMessage text = structured.ask(
      InboxDevice::with(structured.request_for(kGet, "inbox"), kAccept, uint_value(0)));
  CHECK(text.payload == "21 C");
  CHECK(text.uint_option(kContentFormat) == 0);
  const CoapMessage content = plain.get();
  CHECK(content.payload == octets);
  CHECK(content.uint_option(kContentFormat) == 42);
  CHECK(is_empty(plain.get("?after=" + after_of(content))));
  const CoapMessage wrong =
      plain.ask(InboxDevice::with(plain.request_for(kGet, "inbox"), kAccept, uint_value(41)));
  CHECK(wrong.code_text() == "4.06");
  const CoapMessage cbor = structured.ask(
      InboxDevice::with(structured.request_for(kGet, "inbox"), kAccept, uint_value(60)));
  CHECK(cbor.uint_option(kContentFormat) == 60);
  CHECK(cbor.payload.starts_with("\xA3\x67oriAddr"));
}

TEST_CASE("what a device cannot be given ends, and what is behind it comes") {
  InboxWorld world;
  InboxDevice structured(world, "a"), plain(world, "b", R"({"format":"plain"})");
  world.deliver("sid-0", "m1", "\xFF");
  world.deliver("sid-0", "m2", "text");
  world.messages->deliver(
      messages::Report{{AddressType::as, "as-1"}, {AddressType::ue, "sid-1"}, "m3", true, ""});
  world.settle();
  CHECK(id_in(structured.get()) == "m2");
  CHECK(is_empty(plain.get()));
  CHECK(failed(world, "UNSUPPORTED_CONTENT") == 2);
}

TEST_CASE("a report for the device comes like a message, and says what became of one") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.messages->deliver(messages::Report{
      {AddressType::as, "as-1"}, {AddressType::ue, "sid-0"}, "m3", false, "EXPIRED"});
  world.settle();
  const CoapMessage answer = device.get();
  CHECK(answer.payload == R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"msgId":"m3",)"
                          R"("delivSt":"REPT_DELY_FAILED","failureCause":"EXPIRED"})");
  CHECK(is_empty(device.get("?after=" + after_of(answer))));
}

TEST_CASE("long content is fetched in blocks under one ETag") {
  InboxWorld world;
  InboxDevice device(world, "a", R"({"format":"plain"})");
  const std::string whole = std::string(1'024, 'a') + std::string(1'024, 'b') + "c";
  world.deliver("sid-0", "m1", whole);
  world.settle();
  const CoapMessage first = device.get();
  std::string got = first.payload;
  for (std::uint32_t number = 1; number < 3; ++number) {
    const CoapMessage block = device.ask(
        InboxDevice::with(device.request_for(kGet, "inbox"), kBlock2, uint_value(number << 4 | 6)));
    CHECK(block.option(kEtag) == first.option(kEtag));
    got += block.payload;
  }
  CHECK(got == whole);
  const CoapMessage behind = device.ask(
      InboxDevice::with(device.request_for(kGet, "inbox"), kBlock2, uint_value(3 << 4 | 6)));
  CHECK(behind.code_text() == "4.00");
  CHECK(is_empty(device.get("?after=" + after_of(first))));
}

TEST_CASE("a report of the device ends a message, once") {
  InboxWorld world;
  InboxDevice device(world, "a");
  for (const char* const id : {"m1", "m2"}) {
    auto message = msggw::test::Messages::message("sid-0", id, "x");
    message.wants_report = true;
    world.messages->deliver(message);
  }
  world.settle();
  CHECK(id_in(device.get()) == "m1");
  const std::string good = R"({"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})";
  CHECK(device.report(R"({"msgId":"m2","delivSt":"REPT_DELY_SUCCESS"})").code_text() == "4.04");
  CHECK(device.report(R"({"msgId":"m1"})").code_text() == "4.00");
  const CoapMessage report = device.request_for(kPost, "report", good);
  CHECK(device.ask(report).code_text() == "2.04");
  CHECK(device.ask(report).code_text() == "2.04");   // the same request
  CHECK(device.report(good).code_text() == "4.04");  // another one
  CHECK(proofs(world, "report") == 1);

  CHECK(id_in(device.get()) == "m2");
  world.clock.skip(base::Duration{93'000});  // it came back, and the device was only slow
  world.turn();
  CHECK(device.report(R"({"msgId":"m2","delivSt":"REPT_DELY_FAILED","failureCause":"stuck"})")
            .code_text() == "2.04");
  CHECK(failed(world, "REFUSED") == 1);
  CHECK(is_empty(device.get()));
  world.settle();
  const auto up = world.messages->take_up();
  REQUIRE(up.size() == 2);
  CHECK(std::get<messages::Report>(up[0]).delivered);
  CHECK(std::get<messages::Report>(up[1]).failure_cause == "stuck");
}

}  // namespace
}  // namespace msggw::coap_adapter::test
