// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/content.h"

#include <doctest/doctest.h>

#include <string>

#include "adapters/msgin5g/encodings.h"
#include "gateway/base/text.h"

namespace msggw::msgin5g {
namespace {

constexpr PayloadEncoding kEncodings[] = {PayloadEncoding::text, PayloadEncoding::base64};
constexpr SegmentCounts kCounts[] = {SegmentCounts::content, SegmentCounts::payload};

Cutting cutting(std::size_t octets, SegmentCounts counts = SegmentCounts::content) {
  return {.segment_octets = octets, .segment_counts = counts};
}

/// Characters of one to four octets, in turn.
std::string mixed(std::size_t characters) {
  constexpr std::string_view kEach[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
  std::string text;
  for (std::size_t i = 0; i < characters; ++i) text += kEach[i * i % 4 ^ i % 3];
  return text;
}

TEST_CASE("content and payload are the same both ways") {
  for (const std::string& content : {std::string(), std::string("x"), mixed(50)}) {
    for (const PayloadEncoding encoding : kEncodings) {
      const auto payload = payload_of(content, encoding);
      REQUIRE(payload.has_value());
      CHECK(content_of(*payload, encoding).value() == content);
    }
  }
  CHECK(payload_of("\xff", PayloadEncoding::text).error().code == base::Errc::unsupported);
  CHECK(payload_of("\xff", PayloadEncoding::base64).value() == "/w==");
  CHECK(content_of("/w", PayloadEncoding::base64).error().code == base::Errc::malformed);
}

TEST_CASE("octets that are no text are told to need an option, by appId") {
  Options options;
  options.base64_apps = {"raw"};
  const Encodings text(options);
  CHECK_FALSE(text.why_not("", mixed(9)));
  CHECK_FALSE(text.why_not("raw", "\xff"));
  REQUIRE(text.why_not("", "\xff"));
  CHECK(text.why_not("other", "\xff")->find("msgin5g.content_encoding") != std::string::npos);
  options.content_encoding = PayloadEncoding::base64;
  options.text_apps = {"words"};
  const Encodings base64(options);
  CHECK_FALSE(base64.why_not("", "\xff"));
  CHECK(base64.why_not("words", "\xff"));
}

TEST_CASE("segments are whole, within their size, and as few as can be") {
  for (const PayloadEncoding encoding : kEncodings) {
    for (const SegmentCounts counts : kCounts) {
      for (std::size_t size = 4; size <= 40; ++size) {
        for (std::size_t characters = 0; characters <= 40; ++characters) {
          const std::string content = mixed(characters);
          const auto segments = cut(content, encoding, cutting(size, counts));
          REQUIRE(segments.has_value());
          std::string octets;
          std::string payloads;
          for (const std::string_view segment : *segments) {
            const std::string payload = payload_of(segment, encoding).value();
            CHECK((counts == SegmentCounts::content ? segment.size() : payload.size()) <= size);
            if (segments->size() > 1) CHECK_FALSE(segment.empty());
            octets += segment;
            payloads += payload;
          }
          CHECK(octets == content);
          CHECK(payloads == payload_of(content, encoding).value());
          const std::size_t least_full = encoding == PayloadEncoding::text  ? size - 3
                                         : counts == SegmentCounts::content ? size / 3 * 3
                                                                            : size / 4 * 3;
          for (std::size_t i = 0; i + 1 < segments->size(); ++i)
            CHECK((*segments)[i].size() >= least_full);
        }
      }
    }
  }
}

TEST_CASE("the example of 5000 octets, and a content that just fits") {
  const std::string content(5'000, 'x');
  const auto segments = cut(content, PayloadEncoding::text, {});
  REQUIRE(segments->size() == 3);
  CHECK((*segments)[0].size() == 2'048);
  CHECK((*segments)[2].size() == 904);
  const std::string_view whole = std::string_view(content).substr(0, 2'048);
  CHECK(cut(whole, PayloadEncoding::base64, {})->size() == 1);  // no multiple of three
  CHECK(cut(whole, PayloadEncoding::base64, cutting(2'048, SegmentCounts::payload))->size() == 2);
  CHECK(cut("", PayloadEncoding::text, {})->size() == 1);
}

TEST_CASE("what cannot be cut is not") {
  CHECK(why_wrong(cutting(3)).has_value());
  CHECK(why_wrong(cutting(0)).has_value());
  CHECK_FALSE(why_wrong(cutting(4)).has_value());
  CHECK(cut("ab\xff", PayloadEncoding::text, {}).error().code == base::Errc::unsupported);
  CHECK(cut("ab\xff", PayloadEncoding::base64, {}).has_value());
  Cutting two = cutting(4);
  two.segments = 2;
  CHECK(cut("12345678", PayloadEncoding::text, two)->size() == 2);
  CHECK(cut("123456789", PayloadEncoding::text, two).error().code == base::Errc::too_large);
}

}  // namespace
}  // namespace msggw::msgin5g
