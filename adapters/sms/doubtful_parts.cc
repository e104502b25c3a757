// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/doubtful_parts.h"

#include <utility>

#include "adapters/sms/finished_texts.h"

namespace msggw::sms {

namespace {

std::string key_of_part(const Writing& part) {
  return key_of_parts(part) + ' ' + std::to_string(part.piece.sequence) + ' ' +
         std::to_string(sms_text::digest_of(part.piece.alphabet, part.piece.data));
}

}  // namespace

bool DoubtfulParts::add(Part part, base::TimePoint next) {
  if (!since_.emplace(key_of_part(part.writing), part.since).second) return false;
  ++of_device_[part.device];
  parts_.emplace(next, std::move(part));
  return true;
}

bool DoubtfulParts::holds(const Writing& part, base::TimePoint until) const {
  if (since_.empty()) return false;
  const auto found = since_.find(key_of_part(part));
  return found != since_.end() && found->second < until;
}

std::optional<DoubtfulParts::Part> DoubtfulParts::take_due(base::TimePoint now) {
  if (parts_.empty() || parts_.begin()->first > now) return std::nullopt;
  Part part = std::move(parts_.extract(parts_.begin()).mapped());
  forget(part);
  return part;
}

void DoubtfulParts::forget(const Part& part) {
  since_.erase(key_of_part(part.writing));
  const auto count = of_device_.find(part.device);
  if (--count->second == 0) of_device_.erase(count);
}

std::vector<DoubtfulParts::Part> DoubtfulParts::take_like(core::DeviceNo device,
                                                          const Writing& part) {
  std::vector<Part> taken;
  const std::string key = key_of_parts(part);
  std::erase_if(parts_, [&](auto& entry) {
    if (entry.second.device != device || key_of_parts(entry.second.writing) != key) return false;
    forget(entry.second);
    taken.push_back(std::move(entry.second));
    return true;
  });
  return taken;
}

std::vector<messages::DraftNo> DoubtfulParts::take_others(
    core::DeviceNo device, const Writing& whole, const std::vector<std::uint64_t>& digests) {
  std::vector<messages::DraftNo> drafts;
  if (!of_device_.contains(device)) return drafts;
  const std::string key = key_of_parts(whole);
  std::erase_if(parts_, [&](const auto& entry) {
    const Part& part = entry.second;
    if (part.device != device || key_of_parts(part.writing) != key) return false;
    const Piece& piece = part.writing.piece;
    if (sms_text::digest_of(piece.alphabet, piece.data) == digests.at(piece.sequence - 1U))
      return false;
    drafts.push_back(part.draft);
    forget(part);
    return true;
  });
  return drafts;
}

std::vector<messages::DraftNo> DoubtfulParts::take_of(core::DeviceNo device) {
  std::vector<messages::DraftNo> drafts;
  std::erase_if(parts_, [&](const auto& entry) {
    if (entry.second.device != device) return false;
    drafts.push_back(entry.second.draft);
    forget(entry.second);
    return true;
  });
  return drafts;
}

std::optional<base::TimePoint> DoubtfulParts::next_deadline() const {
  if (parts_.empty()) return std::nullopt;
  return parts_.begin()->first;
}

}  // namespace msggw::sms
