// SPDX-License-Identifier: Apache-2.0
// What a server may say to a client in datagrams, in which order, and how often.
#include <doctest/doctest.h>

#include "adapters/wire/coap/test_raw_peer.h"

namespace msggw::coap::test::datagram_link_test {
namespace {

constexpr auto kCon = MessageType::confirmable;
constexpr auto kNon = MessageType::non_confirmable;
constexpr auto kAck = MessageType::acknowledgement;
constexpr auto kRst = MessageType::reset;
constexpr std::uint8_t kContent = 0x45, kCreated = 0x41, kTooLarge = 0x8D;

struct World {
  World() {
    ClientOptions options;
    options.ack_timeout = base::Duration{50};
    options.request_timeout = base::Duration{8'000};
    client.emplace(loop.io, options);
  }

  std::shared_ptr<Asked> ask(std::string body = "body") {
    return test::ask(*client, post(server.uri(), std::move(body)));
  }
  const ClientResponse& answer_to(const std::shared_ptr<Asked>& asked) {
    REQUIRE(loop.until([&] { return asked->result.has_value(); }));
    REQUIRE_MESSAGE(asked->result->has_value(), asked->result->error().detail);
    return **asked->result;
  }

  Loop loop;
  RawPeer server{loop};
  std::optional<Client> client;
};

TEST_CASE(
    "every repetition of a separate answer is acknowledged, also after its request has ended") {
  World world;
  const auto asked = world.ask();
  const RawMessage request = world.server.receive();
  world.server.send({kAck, 0, request.mid, {}, {}, {}});
  for (int again = 0; again < 3; ++again) {
    const RawMessage ack = world.server.ask({kCon, kContent, 77, request.token, {}, "done"});
    CHECK(ack.type == kAck);
    CHECK(ack.mid == 77);
    CHECK(ack.code == 0);
    CHECK(world.answer_to(asked).payload == "done");
  }
  // What was never asked is reset.
  const RawMessage reset = world.server.ask({kCon, kContent, 78, "stranger", {}, {}});
  CHECK(reset.type == kRst);
  CHECK(reset.mid == 78);
}

TEST_CASE("an answer before, or without, the acknowledgement ends the request") {
  for (const MessageType type : {kCon, kNon}) {
    World world;
    const auto asked = world.ask();
    const RawMessage request = world.server.receive();
    world.server.send({type, kContent, 77, request.token, {}, "done"});
    CHECK(world.answer_to(asked).payload == "done");
    if (type == kCon) CHECK(world.server.receive().type == kAck);
    const auto next = world.ask("next");
    CHECK(world.server.receive().payload == "next");  // and not the first again
  }
}

TEST_CASE("an ACK with a wrong token is ignored, and the right answer awaited") {
  World world;
  const auto asked = world.ask();
  RawMessage request = world.server.receive();
  SUBCASE("on the next ACK") {
    world.server.send({kAck, kContent, request.mid, "wrong", {}, "no"});
    world.server.send({kAck, kContent, request.mid, request.token, {}, "right"});
  }
  SUBCASE("on the ACK of the repetition") {
    world.server.send({kAck, kContent, request.mid, "wrong", {}, "no"});
    const RawMessage again = world.server.receive();
    CHECK(again.mid == request.mid);
    world.server.send({kAck, kContent, again.mid, again.token, {}, "right"});
  }
  SUBCASE("separately") {
    world.server.send({kAck, kContent, request.mid, {}, {}, "no"});
    world.server.send({kNon, kContent, 1, request.token, {}, "right"});
  }
  CHECK(world.answer_to(asked).payload == "right");
}

TEST_CASE("odd messages do not disturb a request") {
  World world;
  const auto asked = world.ask();
  const RawMessage request = world.server.receive();
  for (const char* octets : {"", "x", "\x80\x45zz", "\x69\x45zz"})
    world.server.send(std::string_view(octets));
  CHECK(world.server.ask({kCon, 1, 9, "t", {}, {}}).type == kRst);  // this is no server
  for (const MessageType type : {kNon, kAck, kRst}) {
    world.server.send({type, 0xE1, request.mid, request.token, {}, {}});
    world.server.send({type, 2, request.mid, request.token, {}, {}});
  }
  world.server.send({kAck, kContent, request.mid, request.token, {}, "done"});
  CHECK(world.answer_to(asked).payload == "done");
}

TEST_CASE("a separate answer that cannot be understood is reset and ends the request") {
  for (const std::string_view options : {"\x90", "\xF1x"}) {  // critical and unknown; malformed
    World world;
    const auto asked = world.ask();
    const RawMessage request = world.server.receive();
    std::string octets;
    append_datagram(octets, kCon, 77, kContent, request.token, options, {});
    world.server.send(octets);
    REQUIRE(world.loop.until([&] { return asked->result.has_value(); }));
    REQUIRE(!asked->result->has_value());
    CHECK(asked->result->error().code == base::Errc::malformed);
    const RawMessage reset = world.server.receive();
    CHECK(reset.type == kRst);
    CHECK(reset.mid == 77);
  }
}

TEST_CASE("a request that was given up is not repeated") {
  World world;
  ClientOptions options;
  options.ack_timeout = base::Duration{200};
  options.request_timeout = base::Duration{50};
  Client client(world.loop.io, options);
  const auto asked = test::ask(client, post(world.server.uri(), "given up"));
  REQUIRE(world.loop.until([&] { return asked->result.has_value(); }));
  CHECK(world.server.receive().payload == "given up");
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{400};
  while (std::chrono::steady_clock::now() < end) world.loop.turn();
  RawMessage more;
  CHECK(!world.server.poll(more));
}

TEST_CASE("4.13 with Block1 is a wish for smaller blocks") {
  World world;
  const std::string body(200, 'b');
  const auto asked = world.ask(body);
  const auto block1_of = [](const RawMessage& message) {
    return decode_block(number_of(message.option(option::kBlock1)));
  };
  RawMessage part = world.server.receive();
  CHECK(part.payload == body);
  const auto refuse = [&](std::uint8_t exponent) {
    world.server.send({kAck,
                       kTooLarge,
                       part.mid,
                       part.token,
                       {{option::kBlock1, std::string(1, static_cast<char>(exponent))}},
                       {}});
    part = world.server.receive();
  };
  refuse(2);
  CHECK(block1_of(part) == Block{0, true, 2});
  CHECK(part.payload.size() == 64);
  refuse(1);  // smaller still
  std::string got;
  while (true) {
    const auto block = block1_of(part);
    REQUIRE(block.has_value());
    CHECK(block->exponent == 1);
    CHECK(block->offset() == got.size());
    got += part.payload;
    const NumberValue same(encode_block(*block));
    world.server.send({kAck,
                       block->more ? std::uint8_t{0x5F} : kCreated,
                       part.mid,
                       part.token,
                       {{option::kBlock1, std::string(same.view())}},
                       {}});
    if (!block->more) break;
    part = world.server.receive();
  }
  CHECK(got == body);
  CHECK(world.answer_to(asked).code == Code::created);
}

TEST_CASE("4.13 that asks for nothing smaller is the answer") {
  World world;
  const auto asked = world.ask(std::string(200, 'b'));
  RawMessage part = world.server.receive();
  SUBCASE("without Block1") {
    world.server.send({kAck, kTooLarge, part.mid, part.token, {}, {}});
  }
  SUBCASE("with the size that was refused") {
    const std::pair<std::uint16_t, std::string> hint{option::kBlock1, "\x02"};
    world.server.send({kAck, kTooLarge, part.mid, part.token, {hint}, {}});
    part = world.server.receive();
    world.server.send({kAck, kTooLarge, part.mid, part.token, {hint}, {}});
  }
  CHECK(world.answer_to(asked).code == Code::too_large);
}

}  // namespace
}  // namespace msggw::coap::test::datagram_link_test
