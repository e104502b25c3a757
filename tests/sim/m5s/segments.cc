// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/segments.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace msggw::m5s {

namespace {

/// Octets of `text` up to a cut, at most `most` of them if its first character has not more.
std::size_t cut_at(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  const auto is_inside = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  std::size_t at = most >= 4 ? most / 4 * 4 : most;
  while (at > 0 && is_inside(at)) --at;
  if (at > 0) return at;
  for (at = 1; is_inside(at);) ++at;
  return at;
}

}  // namespace

Segments::Taken Segments::add(const Message& segment, Instant now, Message& whole) {
  drop_old(now);
  if (!segment.segment || !segment.segment->set || !segment.segment->number) return Taken::refused;
  const Key key{segment.from, segment.to, *segment.segment->set};
  auto found = sets_.find(key);
  if (found == sets_.end()) {
    if (sets_.size() >= kMostSets) return Taken::refused;
    found = sets_.emplace(key, Set{{}, 0, now + kWithin}).first;
  }
  Set& set = found->second;
  const std::size_t octets = segment.payload ? segment.payload->size() : 0;
  if (set.segments.size() >= kMostSegments || set.octets + octets > kMostOctets) {
    sets_.erase(found);
    ++dropped_;
    return Taken::refused;
  }
  if (set.segments.emplace(*segment.segment->number, segment).second) set.octets += octets;
  if (!is_whole(set)) return Taken::waits;
  whole = set.segments.begin()->second;
  std::string payload;
  for (const auto& [number, one] : set.segments) payload += one.payload.value_or("");
  whole.payload = std::move(payload);
  whole.is_segment.reset();
  whole.segment.reset();
  sets_.erase(found);
  return Taken::whole;
}

bool Segments::is_whole(const Set& set) {
  const std::int64_t first = set.segments.begin()->first;
  const std::int64_t last = set.segments.rbegin()->first;
  if (first < 0 || first > 1) return false;
  if (static_cast<std::size_t>(last - first) + 1 != set.segments.size()) return false;
  if (set.segments.rbegin()->second.segment->last.value_or(false)) return true;
  const auto& total = set.segments.begin()->second.segment->total;
  return total && static_cast<std::int64_t>(set.segments.size()) >= *total;
}

void Segments::drop_old(Instant now) {
  dropped_ += std::erase_if(sets_, [&](const auto& one) { return one.second.until <= now; });
}

std::vector<Message> cut(const Message& message, std::size_t most) {
  std::vector<Message> out;
  std::string_view rest = message.payload ? std::string_view(*message.payload) : "";
  if (most == 0 || rest.size() <= most) return {message};
  while (!rest.empty()) {
    const std::size_t octets = cut_at(rest, most);
    Message segment = message;
    segment.payload = rest.substr(0, octets);
    segment.is_segment = true;
    segment.segment = SegmentPlace{message.id, {}, static_cast<std::int64_t>(out.size()) + 1, {}};
    if (!out.empty()) segment.wants_report.reset();  // TS 23.554 8.5: in the first segment only
    out.push_back(std::move(segment));
    rest.remove_prefix(octets);
  }
  out.front().segment->total = static_cast<std::int64_t>(out.size());
  out.back().segment->last = true;
  return out;
}

}  // namespace msggw::m5s
