// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/content.h"

#include <utility>

#include "gateway/base/base64.h"
#include "gateway/base/text.h"

namespace msggw::msgin5g {

namespace {

constexpr std::size_t kLeastSegmentOctets = 4;

base::Result<void> check_text(std::string_view content) {
  if (base::is_utf8(content)) return {};
  return base::fail(base::Errc::unsupported,
                    "the content is not UTF-8 text; only base64 could carry it");
}

/// Octets of the longest head of `text` (UTF-8) that has at most `most` and ends with a character.
std::size_t text_head(std::string_view text, std::size_t most) noexcept {
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  while (continues(most)) --most;
  return most;
}

/// Octets of the next segment of `rest`.
std::size_t next_size(std::string_view rest, PayloadEncoding encoding, const Cutting& cutting) {
  const std::size_t most = cutting.segment_octets;
  const bool grows =
      encoding == PayloadEncoding::base64 && cutting.segment_counts == SegmentCounts::payload;
  if ((grows ? base::base64_size(rest.size()) : rest.size()) <= most) return rest.size();
  if (encoding == PayloadEncoding::text) return text_head(rest, most);
  return grows ? most / 4 * 3 : most / 3 * 3;
}

}  // namespace

base::Result<std::string> payload_of(std::string_view content, PayloadEncoding encoding) {
  std::string payload;
  if (encoding == PayloadEncoding::base64) {
    base::append_base64(payload, content);
    return payload;
  }
  if (auto text = check_text(content); !text) return tl::unexpected(std::move(text.error()));
  payload = content;
  return payload;
}

base::Result<std::string> content_of(std::string_view payload, PayloadEncoding encoding) {
  if (encoding == PayloadEncoding::text) return std::string(payload);
  auto octets = base::octets_of_base64(payload);
  if (!octets) return base::fail(base::Errc::malformed, "is not base64 (RFC 4648 4, with padding)");
  return *std::move(octets);
}

std::optional<std::string> why_wrong(const Cutting& cutting) {
  if (cutting.segment_octets < kLeastSegmentOctets)
    return "is less than 4 octets, in which not every character has room";
  return std::nullopt;
}

base::Result<std::vector<std::string_view>> cut(std::string_view content, PayloadEncoding encoding,
                                                const Cutting& cutting) {
  base::ensure(!why_wrong(cutting), "a segment has room for a character");
  if (encoding == PayloadEncoding::text) {
    if (auto text = check_text(content); !text) return tl::unexpected(std::move(text.error()));
  }
  std::vector<std::string_view> segments;
  do {
    if (segments.size() == cutting.segments) {
      return base::fail(base::Errc::too_large, "the content takes more than " +
                                                   std::to_string(cutting.segments) + " segments");
    }
    segments.push_back(content.substr(0, next_size(content, encoding, cutting)));
    content.remove_prefix(segments.back().size());
  } while (!content.empty());
  return segments;
}

}  // namespace msggw::msgin5g
