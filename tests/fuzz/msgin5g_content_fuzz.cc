// SPDX-License-Identifier: Apache-2.0
// Content that is cut and joined, and a payload that is read. The first octet chooses the size of a
// segment, the second what it counts and the encoding; the rest is the content.
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/msgin5g/content.h"

namespace {

using namespace msggw::msgin5g;
using msggw::base::ensure;

void check_cut(std::string_view content, PayloadEncoding encoding, const Cutting& cutting) {
  const auto whole = payload_of(content, encoding);
  const auto segments = cut(content, encoding, cutting);
  ensure(whole.has_value() == segments.has_value(), "what can be sent can be cut");
  if (!whole) return;
  std::string octets;
  std::string payloads;
  for (const std::string_view segment : *segments) {
    const std::string payload = payload_of(segment, encoding).value();
    ensure((cutting.segment_counts == SegmentCounts::content ? segment.size() : payload.size()) <=
               cutting.segment_octets,
           "a segment is within its size");
    octets += segment;
    payloads += payload;
  }
  ensure(octets == content && payloads == *whole, "joined, segments are what was cut");
}

void check_payload(std::string_view payload) {
  const auto octets = content_of(payload, PayloadEncoding::base64);
  if (octets)
    ensure(payload_of(*octets, PayloadEncoding::base64).value() == payload, "one spelling");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view content(reinterpret_cast<const char*>(data) + 2, size - 2);
  Cutting cutting;
  cutting.segment_octets = 4 + data[0] % 64u;
  cutting.segment_counts = (data[1] & 1) != 0 ? SegmentCounts::payload : SegmentCounts::content;
  cutting.segments = size;
  check_cut(content, (data[1] & 2) != 0 ? PayloadEncoding::base64 : PayloadEncoding::text, cutting);
  check_payload(content);
  return 0;
}
