// SPDX-License-Identifier: Apache-2.0
// Parts of long texts that no request brings: of an earlier process, and those that were in doubt.
#include <algorithm>
#include <utility>

#include "adapters/sms/uplink.h"

namespace msggw::sms {

namespace {

constexpr base::Duration kMostBefore{5'000};

/// So long before a text in parts is given up; a loop may be late.
base::Duration before(base::Duration timeout) {
  return std::min(kMostBefore, timeout / 4);
}

}  // namespace

/// It is given again, or another text says the same there.
void Uplink::doubt(DoubtfulParts::Part part, base::TimePoint now) {
  const base::Duration timeout = options_.partial_timeout;
  const auto until = lacked_until(part.writing);
  const auto next =
      until ? *until - before(timeout) : std::min(now + timeout / 2, part.since + timeout);
  const messages::DraftNo draft = part.draft;
  if (!doubtful_.add(std::move(part), next)) drop({draft});
}

/// It is a part of the text that would be given up without it; else it was given again.
void Uplink::settle_doubtful(base::TimePoint now) {
  const base::Duration timeout = options_.partial_timeout;
  while (auto part = doubtful_.take_due(now)) {
    const auto until = lacked_until(part->writing);
    const core::DeviceNo device = part->device;
    if (until && *until - before(timeout) <= now) {
      add_kept(*std::move(part), now, false);
      let_go(device, now);
    } else if (until || part->since + timeout > now) {
      doubt(*std::move(part), now);
    } else {
      drop({part->draft});
    }
  }
}

/// If the next text of a reference begins, what is in doubt belongs to the one before.
void Uplink::settle_before(core::DeviceNo device, const Writing& next, base::TimePoint now) {
  if (doubtful_.size() == 0 || !inbox_.supersedes(next.number, next.service.text, next.piece))
    return;
  for (DoubtfulParts::Part& part : doubtful_.take_like(device, next)) {
    if (lacked_until(part.writing))
      add_kept(std::move(part), now, false);
    else
      doubt(std::move(part), now);
  }
  let_go(device, now);
}

std::optional<base::TimePoint> Uplink::lacked_until(const Writing& part) const {
  return inbox_.lacked_until(part.number, part.service.text, part.piece);
}

/// What is whole by it waits to be let go.
void Uplink::add_kept(DoubtfulParts::Part part, base::TimePoint at, bool is_restored) {
  Writing& writing = part.writing;
  const auto tag = messages::number(part.draft);
  parts_.emplace(tag, PartSeen{part.since, writing.is_first});
  auto added = inbox_.add(writing.number, writing.service.text, writing.piece, tag, at, true);
  if (added.outcome == sms_text::Added::Outcome::complete) {
    if (!is_restored) remember(part.device, writing, added, at);
    writing.is_first = has_first(added.tags);
    Text text{added.message.is_text, std::move(added.message.body)};
    Drafts drafts;
    for (const std::uint64_t of : added.tags) drafts.push_back(messages::DraftNo{of});
    const auto came = std::ranges::max(came_of(added.tags));
    held_.add(part.device, {std::move(writing), std::move(text), std::move(drafts), came});
  } else if (added.outcome != sms_text::Added::Outcome::waiting) {
    drop({part.draft});
  }
}

bool Uplink::has_first(const std::vector<std::uint64_t>& tags) const {
  return std::ranges::any_of(tags, [this](std::uint64_t tag) { return parts_.at(tag).is_first; });
}

std::vector<base::TimePoint> Uplink::came_of(const std::vector<std::uint64_t>& tags) const {
  std::vector<base::TimePoint> came;
  for (const std::uint64_t tag : tags) came.push_back(parts_.at(tag).came);
  return came;
}

}  // namespace msggw::sms
