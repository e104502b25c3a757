// SPDX-License-Identifier: Apache-2.0
// What is cut for a MSGin5G Server here is put together there, and here again: a message that goes
// through the segments of one gateway into those of another is the message that was sent.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "adapters/msgin5g/bodies.h"
#include "adapters/msgin5g/content.h"
#include "adapters/msgin5g/parcel.h"
#include "tests/scenario/messages_world.h"

namespace msggw::msgin5g {
namespace {

using messages::Message;

/// So many octets of UTF-8, with characters of one to four octets.
std::string any_text(std::size_t octets, std::mt19937& random) {
  static const std::string kCharacters[] = {"a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9D\x84\x9E"};
  std::string text;
  while (text.size() + 4 <= octets) text += kCharacters[random() % 4];
  return text + std::string(octets - text.size(), 'z');
}

std::string any_octets(std::size_t octets, std::mt19937& random) {
  std::string content;
  while (content.size() < octets) content += static_cast<char>(random());
  return content;
}

/// All sizes up to 64 KiB that stand at a border of segments of 2,048, and some that do not.
std::vector<std::size_t> sizes() {
  std::vector<std::size_t> all{1, 2, 3, 4, 140, 160, 1'000, 1'535, 1'536, 1'537, 65'535, 65'536};
  for (const std::size_t segments : {1, 2, 3, 16, 31}) {
    for (const std::size_t octets : {2'047, 2'048, 2'049, 2'046, 2'050})
      all.push_back((segments - 1) * 2'048 + octets);
  }
  return all;
}

/// Sent by this gateway, delivered to another: the bodies shuffled, each a segment or the whole.
std::string carried(const std::string& content, const Writing& writing, std::mt19937& random) {
  scenario::MessagesWorld world;
  auto parcel = Parcel::pack(world.message("m", content), writing);
  REQUIRE(parcel);
  std::vector<std::size_t> order(parcel->bodies());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);

  for (const std::size_t which : order) {
    const auto body = parcel->take_body(which);
    REQUIRE(body);
    auto message = read_message(*body, [&](const Message&) { return writing.encoding; }, Limits{});
    REQUIRE(message);
    CHECK(message->content.size() <= writing.cutting.segment_octets);
    if (writing.encoding == PayloadEncoding::text)
      CHECK(payload_of(message->content, PayloadEncoding::text));  // no character is cut
    REQUIRE_FALSE(world.deliver(*std::move(message)));
  }
  world.settle_all();
  const auto taken = world.take_down();
  REQUIRE(taken.size() == 1);
  CHECK_FALSE(taken[0].segment);
  return taken[0].content;
}

TEST_CASE("content of any size comes through segments as it was, as text and as base64") {
  std::mt19937 random(11);
  for (const SegmentCounts counts : {SegmentCounts::content, SegmentCounts::payload}) {
    for (const std::size_t size : sizes()) {
      CAPTURE(size);
      Writing writing;
      writing.cutting.segment_counts = counts;
      const std::string text = any_text(size, random);
      CHECK(carried(text, writing, random) == text);
      writing.encoding = PayloadEncoding::base64;
      const std::string octets = any_octets(size, random);
      CHECK(carried(octets, writing, random) == octets);
    }
  }
}

TEST_CASE("255 segments, and as many as there may be") {
  std::mt19937 random(12);
  Writing writing;
  writing.cutting.segment_octets = 4;
  for (const std::size_t segments : {254, 255, 256, 4'096}) {
    const std::string text(4 * segments - 3, 'z');
    CHECK(carried(text, writing, random) == text);
  }
}

}  // namespace
}  // namespace msggw::msgin5g
