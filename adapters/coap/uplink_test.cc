// SPDX-License-Identifier: Apache-2.0
// Messages of devices, over real datagrams.
#include <doctest/doctest.h>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test::uplink_test {
namespace {

using messages::AddressType;
using messages::Message;
using messages::Priority;
using CoapMessage = test::Message;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

CoapMessage with(CoapMessage message, int number, std::string value) {
  return InboxDevice::with(std::move(message), number, std::move(value));
}

constexpr const char* kWhole =
    R"({"destAddr":{"addrType":"AS","addr":"as-2"},"appId":"valves","msgId":"m1",)"
    R"("delivStReqInd":true,"payload":"OPEN","priority":"HIGH","lifetime":60})";

TEST_CASE("a message is acknowledged once it is durable, and goes up as the device wrote it") {
  for (const Kept kept : {Kept::memory, Kept::lmdb}) {
    InboxWorld world(InboxWorld::options(), kept);
    InboxDevice device(world, "a");
    world.messages->commits = false;
    device.send(device.request_for(kPost, "msg", kWhole));
    REQUIRE(world.until([&] { return world.messages->queue().lanes.all().messages == 1; }));
    CHECK(device.nothing_comes());
    CHECK(world.messages->take_up().empty());
    world.messages->commits = true;

    const CoapMessage answer = device.receive();
    CHECK(answer.type == kAck);
    CHECK(answer.code_text() == "2.04");
    CHECK(answer.uint_option(kContentFormat) == 50);
    CHECK(answer.payload == R"({"msgId":"m1"})");
    const auto up = world.messages->take_up();
    REQUIRE(up.size() == 1);
    const auto& message = std::get<Message>(up[0]);
    CHECK(message.from == messages::Address{AddressType::ue, "sid-0"});
    CHECK(message.to == messages::Address{AddressType::as, "as-2"});
    CHECK(message.message_id == "m1");
    CHECK(message.application == "valves");
    CHECK(message.wants_report);
    CHECK(message.content == "OPEN");
    CHECK(message.priority == Priority::high);
  }
}

TEST_CASE("a message in CBOR is answered in CBOR, an Accept goes before that") {
  InboxWorld world;
  InboxDevice device(world, "a");
  const std::string body = "\xA1\x67payload\x62hi";
  CoapMessage cbor = with(device.request_for(kPost, "msg", body), kContentFormat, uint_value(60));
  const CoapMessage answer = device.ask(cbor);
  CHECK(answer.code_text() == "2.04");
  CHECK(answer.uint_option(kContentFormat) == 60);
  CHECK(answer.payload.starts_with("\xA1\x65msgId\x78\x24"));  // one of ours has 36 characters
  cbor.mid = device.next_mid();
  CHECK(device.ask(with(cbor, kAccept, uint_value(50))).uint_option(kContentFormat) == 50);
  CHECK(world.messages->take_up().size() == 2);
}

TEST_CASE("plain content goes to whom the gateway has for the device, whatever its format") {
  InboxWorld world;
  InboxDevice device(world, "a");
  const std::string octets("\x00\xFF\x01", 3);
  const CoapMessage answer = device.ask(
      with(device.request_for(kPost, "up?app=meters", octets), kContentFormat, uint_value(42)));
  CHECK(answer.code_text() == "2.04");
  CHECK(answer.uint_option(kContentFormat) == 50);
  CHECK(id_in(answer).size() == 36);
  const auto up = world.messages->take_up();
  REQUIRE(up.size() == 1);
  const auto& message = std::get<Message>(up[0]);
  CHECK(message.to == messages::Address{AddressType::as, "as-1"});
  CHECK(message.application == "meters");
  CHECK(message.content == octets);
  CHECK(message.message_id == id_in(answer));
  CHECK_FALSE(message.wants_report);
  CHECK(device.ask(device.request_for(kPost, "up")).code_text() == "2.04");  // empty is content
}

TEST_CASE("a repetition that outlived the layer's memory is known within the exchange's lifetime") {
  for (const Kept kept : {Kept::memory, Kept::lmdb}) {
    Options options = InboxWorld::options();
    options.max_remembered_answers = 0;
    InboxWorld world(options, kept);
    InboxDevice device(world, "a");
    const CoapMessage up = device.request_for(kPost, "up", "21");
    const std::string id = id_in(device.ask(up));
    REQUIRE(id.size() == 36);
    CHECK(id_in(device.ask(up)) == id);
    world.clock.skip(base::Duration{200'000});
    CHECK(id_in(device.ask(up)) == id);
    world.restart();
    CHECK(id_in(device.ask(up)) == id);
    CHECK(world.messages->take_up().size() == 1);

    // Another token, another MID, another body are other messages.
    CoapMessage other = up;
    other.token = "other";
    CHECK(id_in(device.ask(other)) != id);
    other = up;
    other.mid = device.next_mid();
    CHECK(id_in(device.ask(other)) != id);
    other = up;
    other.payload = "22";
    CHECK(id_in(device.ask(other)) != id);

    world.clock.skip(base::Duration{48'000});
    CHECK(id_in(device.ask(up)) != id);
    CHECK(world.messages->take_up().size() == 4);
  }
}

TEST_CASE("a msgId of the device is known for as long as the window is; other content is refused") {
  InboxWorld world;
  InboxDevice device(world, "a");
  const auto send = [&](const char* content) {
    return device.ask(device.request_for(
        kPost, "msg", R"({"msgId":"1","payload":")" + std::string(content) + "\"}"));
  };
  CHECK(send("x").code_text() == "2.04");
  world.clock.skip(base::Duration{500'000});
  CHECK(send("x").code_text() == "2.04");
  const CoapMessage reused = send("y");
  CHECK(reused.code_text() == "4.09");
  CHECK(reused.payload.starts_with("MSG_ID_REUSED: "));
  CHECK(world.messages->take_up().size() == 1);
}

TEST_CASE("each wrong message gets its own code and cause") {
  struct Case {
    const char* what;
    CoapMessage message;
    const char* code;
    const char* says;
  };
  InboxWorld world;
  InboxDevice device(world, "a");
  const auto msg = [&](std::string body) {
    return device.request_for(kPost, "msg", std::move(body));
  };
  const std::vector<Case> cases{
      {"no JSON", msg("{"), "4.00", "INVALID_MSG_FORMAT: "},
      {"no object", msg("[]"), "4.00", "not an object"},
      {"nothing", msg(""), "4.00", "INVALID_MSG_FORMAT: "},
      {"half an address", msg(R"({"destAddr":{"addrType":"AS"}})"), "4.00",
       "MANDATORY_IE_MISSING: /destAddr/addr"},
      {"a priority of its own", msg(R"({"priority":"X"})"), "4.00",
       "OPTIONAL_IE_INCORRECT: /priority"},
      {"a topic", msg(R"({"destAddr":{"addrType":"TOPIC","addr":"t"}})"), "4.03",
       "ADDR_TYPE_NOT_SUPPORTED: "},
      {"links", with(msg("</a>"), kContentFormat, uint_value(40)), "4.15", "50 (JSON)"},
      {"XML", with(msg("<a/>"), kContentFormat, uint_value(41)), "4.15", "50 (JSON)"},
      {"another Accept", with(msg("{}"), kAccept, uint_value(41)), "4.06", "50 (JSON)"},
      {"much", msg("{\"payload\":\"" + std::string(1'100, 'x') + "\"}"), "2.04", "msgId"},
      {"app twice", device.request_for(kPost, "up?app=a&app=b"), "4.00", "twice"},
      {"an empty app", device.request_for(kPost, "up?app="), "4.00", "empty"},
      {"a long app", device.request_for(kPost, "up?app=" + std::string(251, 'x')), "2.04", "msgId"},
      {"an app that is no text", device.request_for(kPost, "up?app=\xC3\x28"), "4.00", "UTF-8"},
      {"up with another Accept", with(device.request_for(kPost, "up"), kAccept, uint_value(0)),
       "4.06", "50 (JSON)"},
      {"GET of msg", device.request_for(kGet, "msg"), "4.05", "POST to msg"},
      {"POST to the inbox", device.request_for(kPost, "inbox"), "4.05", "read by GET"},
      {"another resource", device.request_for(kPost, "outbox"), "4.04", "msg, up, inbox"},
      {"one deeper", device.request_for(kPost, "msg/x"), "4.04", "no such resource"}};
  for (const Case& one : cases) {
    CAPTURE(one.what);
    const CoapMessage answer = device.ask(one.message);
    CHECK(answer.code_text() == one.code);
    CHECK(contains(answer.payload, one.says));
  }
}

TEST_CASE("limits are told as what they are: of the device 4.29, of the gateway 5.03") {
  messages::Limits limits;
  limits.max_messages_per_device = 1;
  limits.max_messages = 2;
  limits.max_content_octets = 100;
  InboxWorld world(InboxWorld::options(), Kept::memory, limits);
  InboxDevice a(world, "a"), b(world, "b"), c(world, "c");
  const auto up = [](InboxDevice& device) {
    return device.ask(device.request_for(kPost, "up", "x"));
  };
  CHECK(up(a).code_text() == "2.04");
  const CoapMessage own = up(a);
  CHECK(own.code_text() == "4.29");
  CHECK(own.payload.starts_with("DEVICE_QUEUE_FULL: "));
  CHECK(own.uint_option(kMaxAge) == 10);
  CHECK(up(b).code_text() == "2.04");
  const CoapMessage all = up(c);
  CHECK(all.code_text() == "5.03");
  CHECK(all.payload.starts_with("QUEUE_FULL: "));
  CHECK(all.uint_option(kMaxAge) == 10);
  const CoapMessage large = a.ask(a.request_for(kPost, "up", std::string(101, 'x')));
  CHECK(large.code_text() == "4.13");
  CHECK(large.payload.starts_with("PAYLOAD_TOO_LARGE: "));
  CHECK(world.messages->take_up().size() == 2);
  CHECK(up(a).code_text() == "2.04");
}

TEST_CASE("a store that hangs is told within the time for it, and the message is known later") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.messages->commits = false;
  const CoapMessage first = device.request_for(kPost, "msg", kWhole);
  device.send(first);
  REQUIRE(world.until([&] { return world.messages->queue().lanes.all().messages == 1; }));
  world.clock.skip(base::Duration{2'000});
  const CoapMessage answer = device.receive();
  CHECK(answer.code_text() == "5.03");
  CHECK(answer.payload.starts_with("STORE_UNAVAILABLE: "));
  CHECK(answer.uint_option(kMaxAge) == 10);
  world.messages->commits = true;
  CHECK(device.ask(device.request_for(kPost, "msg", kWhole)).code_text() == "2.04");
  CHECK(world.messages->take_up().size() == 1);
}

CoapMessage block_of(InboxDevice& device, const std::string& below, std::string_view whole,
                     std::size_t number) {
  CoapMessage block =
      device.request_for(kPost, below, std::string(whole.substr(number * 1'024, 1'024)));
  const bool more = (number + 1) * 1'024 < whole.size();
  return with(std::move(block), kBlock1,
              uint_value(static_cast<std::uint32_t>(number << 4) | (more ? 8U : 0U) | 6U));
}

TEST_CASE("long content comes in blocks, up to the limit of its resource") {
  Options options = InboxWorld::options();
  options.max_message_octets = 10'240;
  InboxWorld world(options);
  InboxDevice device(world, "a");
  const std::string whole(10'000, 'w');
  for (std::size_t number = 0; number < 9; ++number)
    REQUIRE(device.ask(block_of(device, "up", whole, number)).code_text() == "2.31");
  const CoapMessage last = block_of(device, "up", whole, 9);
  const CoapMessage answer = device.ask(last);
  CHECK(answer.code_text() == "2.04");
  CHECK(id_in(device.ask(last)) == id_in(answer));
  const auto up = world.messages->take_up();
  REQUIRE(up.size() == 1);
  CHECK(std::get<Message>(up[0]).content == whole);

  CHECK(device.ask(block_of(device, "up", whole, 5)).code_text() == "4.08");
  const CoapMessage large = device.ask(block_of(device, "up", std::string(20'000, 'x'), 10));
  CHECK(large.code_text() == "4.13");
  CHECK(large.uint_option(kSize1) == 10'240);
  // A report has the limit of a registration.
  const CoapMessage report = device.ask(block_of(device, "report", std::string(20'000, 'x'), 4));
  CHECK(report.code_text() == "4.13");
  CHECK(report.uint_option(kSize1) == 4'096);
}

}  // namespace
}  // namespace msggw::coap_adapter::test::uplink_test
