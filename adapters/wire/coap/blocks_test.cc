// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/blocks.h"

#include <doctest/doctest.h>

#include <array>

namespace msggw::coap {
namespace {

using Step = PartialBodies::Step;
constexpr base::TimePoint kNow{base::Duration{1'000'000}};

struct Sender {
  Request request;
  std::array<std::string_view, 1> path{"rd"};
  std::array<std::string_view, 1> queries{"ep=a"};

  explicit Sender(std::uint16_t port, std::string_view query = "ep=a", std::uint8_t host = 1) {
    queries[0] = query;
    request.peer.address[15] = host;
    request.peer.address[0] = host;  // of IPv6 the first half is a source
    request.method = Method::post;
    request.peer.port = port;
    request.path = path;
    request.queries = queries;
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  const Request& with(std::string_view payload) {
    request.payload = payload;
    return request;
  }
};

const std::string k16(16, 'x');

TEST_CASE("the block option is read and written") {
  const auto block = decode_block(3U << 4 | 8 | 2);
  REQUIRE(block.has_value());
  CHECK(block->number == 3);
  CHECK(block->more);
  CHECK(block->size() == 64);
  CHECK(block->offset() == 192);
  CHECK(encode_block(*block) == (3U << 4 | 8 | 2));
  CHECK(!decode_block(7).has_value());
}

TEST_CASE("transfers of other peers, URIs and Request-Tags are kept apart") {
  PartialBodies bodies({10, 100}, {});
  Sender one(1);
  Sender two(2);
  Sender elsewhere(1, "ep=b");
  Sender tagged(1);
  tagged.request.request_tag = "t";
  int content = 0;
  for (Sender* sender : {&one, &two, &elsewhere, &tagged}) {
    const std::string payload(16, static_cast<char>('a' + content++));
    CHECK(bodies.add(sender->with(payload), {0, true, 0}, kNow).step == Step::more);
  }
  CHECK(bodies.size() == 4);
  content = 0;
  for (Sender* sender : {&one, &two, &elsewhere, &tagged}) {
    const auto whole = bodies.add(sender->with("end"), {1, false, 0}, kNow);
    CHECK(whole.step == Step::complete);
    CHECK(whole.body == std::string(16, static_cast<char>('a' + content++)) + "end");
  }
  CHECK(bodies.size() == 0);
}

TEST_CASE("block 0 begins again") {
  PartialBodies bodies({10, 100}, {});
  Sender sender(1);
  CHECK(bodies.add(sender.with(k16), {0, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(sender.with(k16), {1, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(sender.with(k16), {0, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(sender.with("end"), {1, false, 0}, kNow).body == k16 + "end");
  CHECK(bodies.add(sender.with("alone"), {0, false, 0}, kNow).body == "alone");
}

TEST_CASE("a block that is there already is a retransmission only with the same octets") {
  PartialBodies bodies({10, 100}, {});
  Sender sender(1);
  const std::string other(16, 'y');
  CHECK(bodies.add(sender.with(k16), {0, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(sender.with(k16), {1, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(sender.with(k16), {1, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(sender.with(other), {1, true, 0}, kNow).step == Step::incomplete);
  CHECK(bodies.size() == 0);
  CHECK(bodies.add(sender.with("end"), {2, false, 0}, kNow).step == Step::incomplete);
}

TEST_CASE("the oldest transfer gives way, and a forgotten one ends") {
  PartialBodies bodies({2, 100}, {});
  Sender one(1, "ep=a", 1);
  Sender two(1, "ep=a", 2);
  Sender three(1, "ep=a", 3);
  CHECK(bodies.add(one.with(k16), {0, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(two.with(k16), {0, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(one.with(k16), {1, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(three.with(k16), {0, true, 0}, kNow).step == Step::more);
  CHECK(bodies.size() == 2);
  CHECK(bodies.add(two.with(k16), {1, true, 0}, kNow).step == Step::incomplete);
  CHECK(bodies.add(one.with(k16), {2, true, 0}, kNow).step == Step::more);
  const auto later = kNow + base::Duration{247'000};
  CHECK(bodies.add(one.with(k16), {3, true, 0}, later).step == Step::incomplete);
  CHECK(bodies.size() == 0);
}

TEST_CASE("of a peer that begins very many its own give way, and not those of others") {
  constexpr std::size_t kBodies = 100;
  PartialBodies bodies({kBodies, 100}, {});
  Sender honest(1, "ep=a", 1);
  CHECK(bodies.add(honest.with(k16), {0, true, 0}, kNow).step == Step::more);
  for (std::uint16_t port = 1; port < 10 * kBodies; ++port) {
    Sender greedy(port, "ep=b", 2);
    CHECK(bodies.add(greedy.with(k16), {0, true, 0}, kNow).step == Step::more);
  }
  CHECK(bodies.size() < kBodies);
  Sender late(1, "ep=c", 3);
  CHECK(bodies.add(late.with(k16), {0, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(honest.with("end"), {1, false, 0}, kNow).step == Step::complete);
  CHECK(bodies.add(late.with("end"), {1, false, 0}, kNow).step == Step::complete);
  for (int host = 3; host < 250; ++host) {  // and of many, whoever has waited longest
    Sender sender(1, "ep=d", static_cast<std::uint8_t>(host));
    CHECK(bodies.add(sender.with(k16), {0, true, 0}, kNow).step == Step::more);
  }
  CHECK(bodies.size() <= kBodies);
}

TEST_CASE("what is too large or has a wrong size is not kept") {
  PartialBodies bodies({2, 40}, {});
  Sender sender(1);
  CHECK(bodies.add(sender.with(k16), {0, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(sender.with(k16), {1, true, 0}, kNow).step == Step::more);
  CHECK(bodies.add(sender.with(k16), {2, true, 0}, kNow).step == Step::too_large);
  CHECK(bodies.size() == 0);
  CHECK(bodies.add(sender.with("short"), {0, true, 0}, kNow).step == Step::bad_size);
  sender.request.size1 = 41;
  CHECK(bodies.add(sender.with(k16), {0, true, 0}, kNow).step == Step::too_large);
  sender.request.size1.reset();
  CHECK(bodies.add(sender.with(k16), {0xFFFFF, true, 6}, kNow).step == Step::too_large);
}

TEST_CASE("an answer is cut to the block that is wanted") {
  Response response;
  response.payload = std::string(1024, 'a');
  CHECK(cut_to_block(response, std::nullopt));
  CHECK(response.payload.size() == 1024);
  CHECK(!response.block2.has_value());

  response.payload = std::string(1024, 'a') + "b";
  const std::string whole = response.payload;
  CHECK(cut_to_block(response, std::nullopt));
  CHECK(response.payload == std::string(1024, 'a'));
  CHECK(response.block2 == Block{0, true, 6});
  const auto etag = response.etag;
  CHECK(etag.size() == 4);

  response = Response{};
  response.payload = whole;
  CHECK(cut_to_block(response, Block{1, false, 6}));
  CHECK(response.payload == "b");
  CHECK(response.block2 == Block{1, false, 6});
  CHECK(response.etag == etag);

  response = Response{};
  response.payload = whole;
  CHECK(!cut_to_block(response, Block{2, false, 6}));
  CHECK(cut_to_block(response, Block{64, false, 0}));
  CHECK(response.payload == "b");
}

TEST_CASE("large answers are kept for their time, and the oldest gives way") {
  LargeAnswers answers({2, 100});
  CHECK(answers.empty());
  const auto keep = [&](std::uint64_t id, std::size_t octets) {
    Response response;
    response.payload = std::string(octets, static_cast<char>('a' + id));
    answers.keep(id, response, kNow);
  };
  keep(1, 40);
  keep(2, 40);
  REQUIRE(answers.find(1, kNow) != nullptr);
  CHECK(answers.find(1, kNow)->payload == std::string(40, 'b'));
  CHECK(answers.find(1, kNow + base::Duration{247'000}) == nullptr);
  keep(3, 10);  // a third
  CHECK(answers.find(1, kNow) == nullptr);
  CHECK(answers.find(2, kNow) != nullptr);
  keep(2, 10);  // again
  CHECK(answers.find(2, kNow)->payload.size() == 10);
  CHECK(answers.find(3, kNow) != nullptr);
  keep(4, 95);  // too many octets
  CHECK(answers.find(2, kNow) == nullptr);
  CHECK(answers.find(3, kNow) == nullptr);
  keep(5, 101);  // more than there may be at all
  CHECK(answers.find(5, kNow) == nullptr);
  CHECK(answers.find(4, kNow) != nullptr);
}

TEST_CASE("over a stream several blocks may come in one message") {
  PartialBodies bodies({10, 10'000}, {});
  Sender sender(1);
  const std::string two(2'048, 'x');
  CHECK(!decode_block(7).has_value());
  const Block many = *decode_block(8 | 7, true);
  CHECK(bodies.add(sender.with(two), many, kNow).step == Step::more);
  CHECK(bodies.add(sender.with("end"), Block{2, false, 7}, kNow).body == two + "end");
  CHECK(bodies.add(sender.with(two + "x"), many, kNow).step == Step::bad_size);
}

}  // namespace
}  // namespace msggw::coap
