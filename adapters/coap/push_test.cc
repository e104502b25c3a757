// SPDX-License-Identifier: Apache-2.0
// Messages brought to the base of a registration.
#include "adapters/coap/test_pushed.h"

namespace msggw::coap_adapter::test {
namespace {

using CoapMessage = test::Message;

constexpr int kPing = 0;

Options with_pings() {
  Options options = InboxWorld::options();
  options.amplified_octets_per_source = 1;
  options.ack_timeout = base::Duration{50};
  options.max_retransmit = 1;
  return options;
}

/// For 93 s. The timer that is set knows nothing of a skip, and is set anew by another push.
void no_answer_comes(Pushed& device) {
  device.world.clock.skip(base::Duration{93'000});
  Pushed other(device.world, "b");
  device.world.deliver("sid-1", "of another", "1");
  other.empty(other.listens.receive(), kAck);
}

std::string path_of(const CoapMessage& message) {
  std::string path;
  for (const auto& [number, value] : message.options) {
    if (number == kUriPath) path += '/' + value;
  }
  return path;
}

TEST_CASE("what waits is pushed one after the other, and the 2.xx is the proof") {
  InboxWorld world;
  Pushed device(world);
  world.deliver("sid-0", "m1", "1");
  world.deliver("sid-0", "m2", "2");
  for (const char* const id : {"m1", "m2"}) {
    const CoapMessage push = device.listens.receive();
    CHECK(push.type == kCon);
    CHECK(push.code == kPost);
    CHECK(path_of(push) == "/msg");
    CHECK(push.uint_option(kContentFormat) == 50);
    CHECK(id_in(push) == id);
    CHECK(device.listens.nothing_comes());
    device.answer(push, kChanged);
  }
  REQUIRE(world.until([&] { return pushes(world, "taken") == 2; }));
  CHECK(world.metric("msggw_coap_proofs_total{by=\"push\"}") == 2);
  CHECK(world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 2);
  world.deliver("sid-0", "m3", "3");
  CHECK(id_in(device.listens.receive()) == "m3");
}

TEST_CASE("a device that is given credentials is pushed nothing more") {
  InboxWorld world;
  Pushed device(world);
  world.deliver("sid-0", "m1", "1");
  world.deliver("sid-0", "m2", "secret");
  const CoapMessage push = device.listens.receive();
  REQUIRE(world.credentials.add(core::DeviceNo{0},
                                {.kind = credentials::Kind::certificate, .name = "a.example"}));
  device.answer(push, kChanged);
  CHECK(device.listens.nothing_comes());
  world.deliver("sid-0", "m3", "secret");
  CHECK(device.listens.nothing_comes());
  CHECK(pushes(world, "taken") == 1);
}

TEST_CASE("the answer may come separately, and where none comes the acknowledgement is the proof") {
  InboxWorld world;
  Pushed device(world);
  world.deliver("sid-0", "m1", "1");
  const CoapMessage push = device.listens.receive();
  SUBCASE("a separate response, which is acknowledged") {
    device.empty(push, kAck);
    device.answer(push, kChanged, kCon);
    const CoapMessage ack = device.listens.receive();
    CHECK(ack.type == kAck);
    CHECK(ack.mid == 500);
    CHECK(pushes(world, "taken") == 1);
  }
  SUBCASE("a separate response whose acknowledgement was lost") {
    device.answer(push, kChanged, kCon);
    CHECK(device.listens.receive().type == kAck);
    CHECK(pushes(world, "taken") == 1);
  }
  SUBCASE("none") {
    device.empty(push, kAck);
    CHECK(device.listens.nothing_comes());
    no_answer_comes(device);
    REQUIRE(world.until([&] { return pushes(world, "acknowledged") == 1; }));
  }
  REQUIRE(world.until(
      [&] { return world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 1; }));
}

TEST_CASE("content alone goes to down, a report to report, below the path of the base") {
  InboxWorld world;
  SUBCASE("content alone") {
    const char* path = "/actuator/1";
    SUBCASE("without a slash at the end") {}
    SUBCASE("with one") {
      path = "/actuator/1/";
    }
    Pushed device(world, "a", R"({"format":"plain"})", path);
    world.deliver("sid-0", "m1", "OPEN");
    const CoapMessage push = device.listens.receive();
    CHECK(path_of(push) == "/actuator/1/down");
    CHECK(push.uint_option(kContentFormat) == 42);
    CHECK(push.payload == "OPEN");
  }
  SUBCASE("a report") {
    Pushed device(world);
    messages::Report report;
    report.to = {messages::AddressType::ue, "sid-0"};
    report.message_id = "m7";
    report.delivered = true;
    world.messages->deliver(report);
    const CoapMessage push = device.listens.receive();
    CHECK(path_of(push) == "/report");
    CHECK(id_in(push) == "m7");
  }
}

TEST_CASE("a message that the device refuses has failed, and the next one goes") {
  InboxWorld world;
  Pushed device(world);
  world.deliver("sid-0", "m1", "1");
  world.deliver("sid-0", "m2", "2");
  device.answer(device.listens.receive(), 4 << 5 | 0);
  CHECK(id_in(device.listens.receive()) == "m2");
  CHECK(pushes(world, "refused") == 1);
  CHECK(world.metric("msggw_messages_failed_total{cause=\"REFUSED\"}") == 1);
}

TEST_CASE("what the device says of a message that it does not take is told to its sender") {
  InboxWorld world;
  Pushed device(world);
  struct Case {
    int code;
    const char* cause;
  };
  int number = 0;
  for (const auto& [code, cause] :
       {Case{4 << 5 | 0, "REFUSED"}, Case{4 << 5 | 6, "UNSUPPORTED_CONTENT"},
        Case{4 << 5 | 13, "PAYLOAD_TOO_LARGE"}, Case{4 << 5 | 15, "UNSUPPORTED_CONTENT"},
        Case{4 << 5 | 22, "REFUSED"}}) {
    CAPTURE(code);
    auto message = msggw::test::Messages::message("sid-0", "m" + std::to_string(++number), "x");
    message.wants_report = true;
    world.messages->deliver(std::move(message));
    device.answer(device.listens.receive(), code);
    REQUIRE(world.until([&] { return pushes(world, "refused") == number; }));
    world.settle();
    const auto up = world.messages->take_up();
    REQUIRE(up.size() == 1);
    CHECK(std::get<messages::Report>(up[0]).failure_cause == cause);
  }
}

TEST_CASE("the diagnostic payload of a refusal goes north behind the cause, cut and escaped") {
  InboxWorld world;
  Pushed device(world);
  struct Case {
    int code;
    std::string diagnostic;
    std::string cause;
  };
  int number = 0;
  for (const auto& [code, diagnostic, cause] :
       {Case{4 << 5 | 0, "no such register", "REFUSED: no such register"},
        Case{4 << 5 | 15, "only CBOR", "UNSUPPORTED_CONTENT: only CBOR"},
        Case{4 << 5 | 0, "line\nbreak\xFF", "REFUSED: line\\x0abreak\\xff"}}) {
    CAPTURE(cause);
    auto message = msggw::test::Messages::message("sid-0", "m" + std::to_string(++number), "x");
    message.wants_report = true;
    world.messages->deliver(std::move(message));
    device.answer(device.listens.receive(), code, kAck, diagnostic);
    REQUIRE(world.until([&] { return pushes(world, "refused") == number; }));
    world.settle();
    const auto up = world.messages->take_up();
    REQUIRE(up.size() == 1);
    CHECK(std::get<messages::Report>(up[0]).failure_cause == cause);
  }
}

TEST_CASE("an error that is not about the message is taken for not now, a few times") {
  InboxWorld world;
  Pushed device(world);
  auto message = msggw::test::Messages::message("sid-0", "m1", "x");
  message.wants_report = true;
  world.messages->deliver(std::move(message));
  const auto answer_each = [&](int code, int times) {
    for (int i = 0; i < times; ++i) {
      const double before = pushes(world, "not_now");
      const CoapMessage push = device.listens.receive();
      REQUIRE(id_in(push) == "m1");
      device.answer(push, code);
      REQUIRE(world.until([&] { return pushes(world, "not_now") == before + 1; }));
      CHECK(device.refresh().code_text() == "2.04");
    }
  };
  SUBCASE("there is no such resource") {
    answer_each(4 << 5 | 4, 8);
    REQUIRE(world.until(
        [&] { return world.metric("msggw_messages_failed_total{cause=\"REFUSED\"}") == 1; }));
    CHECK(device.listens.nothing_comes());
    world.settle();
    const auto up = world.messages->take_up();
    REQUIRE(up.size() == 1);
    CHECK(std::get<messages::Report>(up[0]).failure_cause == "REFUSED");
  }
  SUBCASE("later: as often as it says so") {
    answer_each(5 << 5 | 3, 10);
    CHECK(id_in(device.listens.receive()) == "m1");
  }
}

TEST_CASE("after a push that came to nothing the message waits for a sign of life") {
  InboxWorld world(with_pings());
  Pushed device(world);
  world.deliver("sid-0", "m1", "1");
  device.empty(device.listens.receive(), kRst);  // the ping
  const CoapMessage push = device.listens.receive();
  const char* end = nullptr;
  SUBCASE("RST") {
    device.empty(push, kRst);
    end = "reset";
  }
  SUBCASE("nobody acknowledges it") {
    end = "timed_out";
  }
  SUBCASE("the device has no such resource") {
    device.answer(push, 4 << 5 | 4);
    end = "not_now";
  }
  SUBCASE("the device cannot now") {
    device.answer(push, 5 << 5 | 3);
    end = "not_now";
  }
  REQUIRE(world.until([&] { return pushes(world, end) == 1; }));
  while (device.listens.poll()) {
  }
  CHECK(device.listens.nothing_comes());
  CHECK(world.metric("msggw_messages_waiting") == 1);
  CHECK(device.refresh().code_text() == "2.04");
  CHECK(id_in(device.listens.receive()) == "m1");
}

TEST_CASE("nobody at the base: nothing but pings, until a sign of life") {
  InboxWorld world(with_pings());
  Pushed device(world);
  world.deliver("sid-0", "m1", "1");
  const CoapMessage ping = device.listens.receive();
  CHECK(ping.code == kPing);
  REQUIRE(world.until([&] { return pushes(world, "nobody") == 1; }));
  CHECK(device.listens.nothing_comes());
  device.refresh();
  CHECK(device.listens.receive().code == kPing);
}

TEST_CASE("content of many blocks is pushed in blocks, each acknowledged") {
  InboxWorld world;
  Pushed device(world, "a", R"({"format":"plain"})");
  std::string content;
  while (content.size() < 3'000) content += std::to_string(content.size()) + ' ';
  world.deliver("sid-0", "m1", content);
  std::string got;
  for (;;) {
    const CoapMessage push = device.listens.receive();
    const std::uint32_t block = push.uint_option(kBlock1).value_or(0);
    CHECK((block >> 4) == got.size() / 1'024);
    if (got.empty()) CHECK(push.uint_option(kSize1) == content.size());
    got += push.payload;
    CoapMessage answer;
    answer.type = kAck;
    answer.mid = push.mid;
    answer.token = push.token;
    answer.code = (block & 8) != 0 ? 2 << 5 | 31 : kChanged;
    answer.options = {{kBlock1, uint_value(block)}};
    device.listens.send(answer);
    if ((block & 8) == 0) break;
  }
  CHECK(got == content);
  REQUIRE(world.until([&] { return pushes(world, "taken") == 1; }));
}

TEST_CASE("an upload that stops in the middle is no proof") {
  InboxWorld world;
  Pushed device(world, "a", R"({"format":"plain"})");
  world.deliver("sid-0", "m1", std::string(3'000, 'x'));
  device.empty(device.listens.receive(), kAck);  // no 2.31 follows
  CHECK(device.listens.nothing_comes());
  no_answer_comes(device);
  REQUIRE(world.until([&] { return pushes(world, "timed_out") == 1; }));
  CHECK(world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 0);
}

TEST_CASE("after a restart what waits is pushed without being asked for") {
  InboxWorld world;
  Pushed device(world);
  world.deliver("sid-0", "m1", "1");
  const CoapMessage first = device.listens.receive();
  world.restart();
  const CoapMessage again = device.listens.receive();
  CHECK(id_in(again) == "m1");
  device.answer(again, kChanged);
  REQUIRE(world.until([&] { return pushes(world, "taken") == 1; }));
}

TEST_CASE("a listener on all addresses pushes and hears the answer") {
  Options options = with_pings();
  options.address = boost::asio::ip::address_v4::any();
  InboxWorld world(options);
  Pushed device(world);
  world.deliver("sid-0", "m1", "1");
  device.empty(device.listens.receive(), kRst);
  const CoapMessage push = device.listens.receive();
  CHECK(id_in(push) == "m1");
  device.answer(push, kChanged);
  REQUIRE(world.until([&] { return pushes(world, "taken") == 1; }));
}

TEST_CASE("a device with a base may poll and observe as well") {
  InboxWorld world;
  Pushed device(world);
  world.deliver("sid-0", "m1", "1");
  world.deliver("sid-0", "m2", "2");
  const CoapMessage push = device.listens.receive();
  const CoapMessage same = device.asks.ask(request(kGet, device.handle + "/inbox", ++device.mid));
  CHECK(id_in(same) == "m1");
  device.answer(push, kChanged);
  CHECK(id_in(device.listens.receive()) == "m2");
  CoapMessage get = request(kGet, device.handle + "/inbox", ++device.mid);
  get.options.emplace_back(kObserve, "");
  CHECK(device.asks.ask(get).option(kObserve));
  CHECK(id_in(device.asks.receive()) == "m2");  // the observation is newer
}

}  // namespace
}  // namespace msggw::coap_adapter::test
