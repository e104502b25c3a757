// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/pushes.h"

#include <doctest/doctest.h>

namespace msggw::coap {
namespace {

struct World {
  struct Sent {
    Peer to;
    Token token;
    PushNo no;
    std::string payload;
    std::vector<std::string> path;
    std::optional<Block> block1;
  };

  PushNo start(std::string payload, std::uint64_t subject = 7) {
    return pushes.start(peer, subject, Push{{"a", "msg"}, kFormatJson, std::move(payload)});
  }
  void answer(Code code, std::optional<Block> block1 = {}) {
    AnswerPart part;
    part.code = code;
    if (block1) part.options.block1 = encode_block(*block1);
    REQUIRE(pushes.asked_by(peer, sent.back().token) == sent.size());
    pushes.answered(sent.back().token, std::move(part));
  }

  Peer peer = peer_at(boost::asio::ip::make_address("192.0.2.1"), 9);
  std::vector<Sent> sent;
  std::vector<std::uint16_t> forgotten;
  std::vector<std::pair<std::uint64_t, PushEnd>> ends;
  base::TimePoint now{std::chrono::hours{1}};
  Pushes pushes{
      {.send =
           [this](const Peer& to, const Token& token, const RequestPart& part, PushNo no) {
             sent.push_back({to, token, no, std::string(part.payload), part.to->path, part.block1});
             return static_cast<std::uint16_t>(sent.size());
           },
       .forget = [this](const Peer&, std::uint16_t mid) { forgotten.push_back(mid); },
       .ended = [this](std::uint64_t subject,
                       const PushEnd& end) { ends.emplace_back(subject, end); }}};
};
using How = PushEnd::How;

TEST_CASE("a push is a POST, and its answer ends it") {
  World world;
  world.start("x");
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].path == std::vector<std::string>{"a", "msg"});
  CHECK(world.sent[0].payload == "x");
  CHECK_FALSE(world.sent[0].block1);
  SUBCASE("on the acknowledgement") {
    world.pushes.ended(world.sent[0].no, Ending::acknowledged, world.now);
  }
  SUBCASE("before it") {}
  world.answer(Code::changed);
  REQUIRE(world.ends.size() == 1);
  CHECK(world.ends[0].first == 7);
  CHECK(world.ends[0].second.how == How::answered);
  CHECK(world.ends[0].second.code == Code::changed);
  CHECK_FALSE(world.pushes.asked_by(world.peer, world.sent[0].token));
  world.pushes.tick(world.now + std::chrono::hours{1});
  CHECK(world.ends.size() == 1);
}

TEST_CASE("each way to end without an answer") {
  World world;
  const PushNo no = world.start("x");
  How expected = How::reset;
  SUBCASE("reset") {
    world.pushes.ended(no, Ending::reset, world.now);
  }
  SUBCASE("timed out") {
    world.pushes.ended(no, Ending::timed_out, world.now);
    expected = How::timed_out;
  }
  SUBCASE("acknowledged and no more") {
    world.pushes.ended(no, Ending::acknowledged, world.now);
    REQUIRE(world.pushes.next_due() == world.now + Pushes::kAnswerWithin);
    world.pushes.tick(world.now + Pushes::kAnswerWithin - base::Duration{1});
    CHECK(world.ends.empty());
    world.pushes.tick(world.now + Pushes::kAnswerWithin);
    expected = How::acknowledged;
  }
  SUBCASE("an answer that is none") {
    world.answer(Code::continue_blocks);
    expected = How::broken;
  }
  REQUIRE(world.ends.size() == 1);
  CHECK(world.ends[0].second.how == expected);
  world.pushes.ended(no, Ending::reset, world.now);
  CHECK(world.ends.size() == 1);
}

TEST_CASE("in blocks: each is answered before the next, and the last one ends it") {
  World world;
  const PushNo no = world.start(std::string(2'500, 'x'));
  for (std::uint32_t number = 0; number < 2; ++number) {
    REQUIRE(world.sent.back().block1);
    CHECK(world.sent.back().block1->number == number);
    CHECK(world.sent.back().payload.size() == 1'024);
    world.pushes.ended(no, Ending::acknowledged, world.now);
    world.answer(Code::continue_blocks, world.sent.back().block1);
  }
  CHECK(world.sent.back().payload.size() == 452);
  CHECK_FALSE(world.sent.back().block1->more);
  world.answer(Code::changed, world.sent.back().block1);
  CHECK(world.ends.at(0).second.how == How::answered);
  CHECK(world.sent[0].token.view() != world.sent[1].token.view());
}

TEST_CASE("a device that wants smaller blocks gets them") {
  World world;
  world.start(std::string(2'000, 'x'));
  world.answer(Code::too_large, Block{0, false, 2});
  CHECK(world.sent.back().block1->exponent == 2);
  CHECK(world.sent.back().payload.size() == 64);
  CHECK(world.sent.back().block1->number == 0);
}

TEST_CASE("an acknowledged block of several is no proof") {
  World world;
  const PushNo no = world.start(std::string(2'000, 'x'));
  SUBCASE("the first") {}
  SUBCASE("the last") {
    world.answer(Code::continue_blocks, world.sent.back().block1);
  }
  world.pushes.ended(no, Ending::acknowledged, world.now);
  world.pushes.tick(world.now + Pushes::kAnswerWithin);
  CHECK(world.ends.at(0).second.how == How::timed_out);
}

TEST_CASE("an answer is its peer's, under its token alone") {
  World world;
  world.start("x");
  const Token token = world.sent[0].token;
  CHECK(world.pushes.asked_by(world.peer, token) == 1);
  Peer other = world.peer;
  other.local[0] = 1;  // it came to another address of ours
  CHECK(world.pushes.asked_by(other, token) == 1);
  other = world.peer;
  other.port = 10;
  CHECK_FALSE(world.pushes.asked_by(other, token));
  for (std::size_t at = 0; at < 8; ++at) {
    Token wrong = token;
    wrong.octets[at] ^= 1;
    CHECK_FALSE(world.pushes.asked_by(world.peer, wrong));
  }
  Token shorter = token;
  shorter.size = 7;
  CHECK_FALSE(world.pushes.asked_by(world.peer, shorter));
}

TEST_CASE("nothing is told of what was forgotten") {
  World world;
  const PushNo no = world.start("x");
  world.pushes.forget(no);
  world.pushes.forget(no);
  CHECK(world.forgotten == std::vector<std::uint16_t>{1});
  world.pushes.ended(no, Ending::acknowledged, world.now);
  world.pushes.tick(world.now + std::chrono::hours{1});
  CHECK(world.ends.empty());
  CHECK_FALSE(world.pushes.asked_by(world.peer, world.sent[0].token));
}

}  // namespace
}  // namespace msggw::coap
