// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/segment_sets.h"

#include <algorithm>

#include "gateway/base/result.h"

namespace msggw::messages {

namespace {

bool is_before(const SegmentSet::Part& part, std::uint32_t number) noexcept {
  return part.number < number;
}

}  // namespace

const SegmentSet::Part* SegmentSet::find(std::uint32_t number) const noexcept {
  const auto at = std::lower_bound(parts.begin(), parts.end(), number, is_before);
  return at == parts.end() || at->number != number ? nullptr : &*at;
}

bool SegmentSet::is_whole() const noexcept {
  if (parts.empty() || parts.front().number > 1) return false;
  const std::uint32_t first = parts.front().number;
  const std::uint32_t end = parts.back().number;
  if (end - first + 1 != parts.size() || (last && *last != end)) return false;
  return total ? parts.size() == *total : last && first == 0;
}

std::optional<SetNo> SegmentSets::find(const Key& key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  return found->second;
}

SegmentSet* SegmentSets::find(SetNo no) noexcept {
  const auto found = sets_.find(no);
  return found == sets_.end() ? nullptr : found->second.get();
}

SetNo SegmentSets::add(MessageNo no, const Place& place, const Header& header) {
  auto set_no = find(place.set);
  if (!set_no) {
    do set_no = SetNo{++last_};
    while (last_ == 0 || sets_.contains(*set_no));
    auto& made = sets_[*set_no] = std::make_unique<SegmentSet>();
    made->key = place.set;
    made->device = header.device;
    by_key_.emplace(place.set, *set_no);
    by_device_[header.device].push_back(*set_no);
  }
  SegmentSet& set = *sets_.at(*set_no);
  const auto at = std::lower_bound(set.parts.begin(), set.parts.end(), place.number, is_before);
  base::ensure(at == set.parts.end() || at->number != place.number,
               "messages: a segment is in its set once");
  set.parts.insert(at, {place.number, place.octets, no});
  if (place.total != 0 && !set.total) set.total = place.total;
  if (place.last && !set.last) set.last = place.number;
  set.content_octets += place.octets;
  set.octets += header.octets;
  set.deadline_s = std::max(set.deadline_s, header.expires_s);
  octets_ += header.octets;
  return *set_no;
}

void SegmentSets::erase(SetNo no) {
  const auto found = sets_.find(no);
  base::ensure(found != sets_.end(), "messages: a set that is there");
  const SegmentSet& set = *found->second;
  octets_ -= set.octets;
  by_key_.erase(set.key);
  const auto of_device = by_device_.find(set.device);
  std::erase(of_device->second, no);
  if (of_device->second.empty()) by_device_.erase(of_device);
  sets_.erase(found);
}

std::vector<SetNo> SegmentSets::of(core::DeviceNo device) const {
  const auto found = by_device_.find(device);
  return found == by_device_.end() ? std::vector<SetNo>() : found->second;
}

std::size_t SegmentSets::count_of(core::DeviceNo device) const {
  const auto found = by_device_.find(device);
  return found == by_device_.end() ? 0 : found->second.size();
}

std::size_t SegmentSets::segments_of(core::DeviceNo device) const {
  const auto found = by_device_.find(device);
  std::size_t segments = 0;
  if (found == by_device_.end()) return segments;
  for (const SetNo no : found->second) segments += sets_.at(no)->parts.size();
  return segments;
}

/// From the back: it is asked of the newest, and most come in order.
Place SegmentSets::place_of(MessageNo no, SetNo set_no) const {
  const SegmentSet& set = *sets_.at(set_no);
  const auto part = std::find_if(set.parts.rbegin(), set.parts.rend(),
                                 [no](const SegmentSet::Part& one) { return one.no == no; });
  base::ensure(part != set.parts.rend(), "messages: a segment is in its set");
  return {set.key, part->number, set.total.value_or(0), part->octets, set.last == part->number};
}

std::vector<SetNo> SegmentSets::all() const {
  std::vector<SetNo> all;
  for (const auto& [no, set] : sets_) all.push_back(no);
  return all;
}

}  // namespace msggw::messages
