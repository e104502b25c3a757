// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/transfer.h"

#include <doctest/doctest.h>

namespace msggw::coap::transfer_test {
namespace {

using Step = Transfer::Step;

Transfer transfer(std::string body, std::size_t most = 10'000) {
  ClientRequest request;
  request.content_format = kFormatJson;
  request.payload = std::move(body);
  return {std::move(request), *destination_of(*base::parse_uri("coap://h/p")), most};
}

AnswerPart answer(Code code, std::string payload = {}) {
  AnswerPart part;
  part.code = code;
  part.payload = std::move(payload);
  return part;
}

AnswerPart block2(std::uint32_t number, bool more, std::string payload, std::uint8_t exponent = 0) {
  AnswerPart part = answer(Code::content, std::move(payload));
  part.options.block2 = encode_block({number, more, exponent});
  part.options.etag = "e";
  return part;
}

AnswerPart go_on(std::uint32_t number, std::uint8_t exponent) {
  AnswerPart part = answer(Code::continue_blocks);
  part.options.block1 = encode_block({number, true, exponent});
  return part;
}

const std::string k16(16, 'x');

TEST_CASE("a body that fits goes as it is") {
  Transfer one = transfer(k16);
  const RequestPart part = one.next(16, "t");
  CHECK(part.payload == k16);
  CHECK(!part.block1.has_value());
  CHECK(part.request_tag.empty());
  CHECK(one.take(answer(Code::created, "done")).value() == Step::done);
  CHECK(std::move(one).response().payload == "done");
}

TEST_CASE("a body in blocks, which the server wants smaller") {
  Transfer one = transfer(std::string(80, 'b'));
  RequestPart part = one.next(33, "t");
  CHECK(part.block1 == Block{0, true, 1});
  CHECK(part.size1 == 80);
  CHECK(part.request_tag == "t");
  CHECK(one.take(go_on(0, 0)).value() == Step::send_next);
  part = one.next(33, "t");
  CHECK(part.block1 == Block{2, true, 0});  // 32 octets are there: two blocks of 16
  CHECK(!part.size1.has_value());
  CHECK(one.take(go_on(2, 0)).value() == Step::send_next);
  one.next(33, "t");
  CHECK(one.take(go_on(3, 0)).value() == Step::send_next);
  part = one.next(33, "t");
  CHECK(part.block1 == Block{4, false, 0});
  SUBCASE("answered") {
    CHECK(one.take(answer(Code::changed)).value() == Step::done);
  }
  SUBCASE("told to go on after the last") {
    CHECK(!one.take(go_on(4, 0)).has_value());
  }
}

TEST_CASE("an upload that is refused in between") {
  Transfer one = transfer(std::string(80, 'b'));
  one.next(16, "t");
  CHECK(one.take(answer(Code::too_large, "why")).value() == Step::done);
  CHECK(std::move(one).response().code == Code::too_large);
  Transfer other = transfer(std::string(80, 'b'));
  other.next(16, "t");
  CHECK(!other.take(go_on(1, 0)).has_value());  // for another block
}

TEST_CASE("an answer in blocks") {
  Transfer one = transfer("{}");
  one.next(1'024, "t");
  AnswerPart first = block2(0, true, k16);
  first.options.location = "/there";
  CHECK(one.take(std::move(first)).value() == Step::send_next);
  const RequestPart part = one.next(1'024, "t");
  CHECK(part.block2 == Block{1, false, 0});
  CHECK(part.payload.empty());
  CHECK(!part.content_format.has_value());
  SUBCASE("to the end") {
    CHECK(one.take(block2(1, false, "end")).value() == Step::done);
    const ClientResponse response = std::move(one).response();
    CHECK(response.payload == k16 + "end");
    CHECK(response.location == "/there");
  }
  SUBCASE("many at once, over tcp") {
    AnswerPart many = block2(1, false, "end");
    many.reliable = true;
    CHECK(one.take(std::move(many)).value() == Step::done);
  }
  SUBCASE("which ends in an error") {
    CHECK(one.take(answer(Code::not_found, "gone")).value() == Step::done);
    const ClientResponse response = std::move(one).response();
    CHECK(response.code == Code::not_found);
    CHECK(response.payload == "gone");
    CHECK(response.location.empty());
  }
  SUBCASE("wrong: another block") {
    CHECK(!one.take(block2(2, false, "x")).has_value());
  }
  SUBCASE("wrong: too short") {
    CHECK(!one.take(block2(1, true, "x")).has_value());
  }
  SUBCASE("wrong: another version") {
    AnswerPart other = block2(1, false, "x");
    other.options.etag = "f";
    CHECK(!one.take(std::move(other)).has_value());
  }
  SUBCASE("wrong: a reserved size") {
    CHECK(!one.take(block2(1, false, "x", 7)).has_value());
  }
}

TEST_CASE("answers that make no sense, and one that is too large") {
  CHECK(!transfer("").take(answer(Code::empty)).has_value());
  CHECK(!transfer("").take(answer(static_cast<Code>(0x60))).has_value());
  CHECK(!transfer("").take(answer(Code::continue_blocks)).has_value());
  CHECK(!transfer("").take(block2(1, false, "x")).has_value());
  AnswerPart critical = answer(Code::content);
  critical.options.take(9, {});
  CHECK(!transfer("").take(std::move(critical)).has_value());
  const auto large = transfer("", 15).take(answer(Code::content, k16));
  REQUIRE(!large.has_value());
  CHECK(large.error().code == base::Errc::too_large);
  Transfer blocks = transfer("", 31);
  CHECK(blocks.take(block2(0, true, k16)).has_value());
  CHECK(blocks.take(block2(1, true, k16)).error().code == base::Errc::too_large);
}

}  // namespace
}  // namespace msggw::coap::transfer_test
