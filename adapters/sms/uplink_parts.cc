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
      add_kept(device, std::move(part->writing), part->draft, now);
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
      add_kept(device, std::move(part.writing), part.draft, now);
    else
      doubt(std::move(part), now);
  }
  let_go(device, now);
}

std::optional<base::TimePoint> Uplink::lacked_until(const Writing& part) const {
  return inbox_.lacked_until(part.number, part.service.text, part.piece);
}

/// What is whole by it waits to be let go.
void Uplink::add_kept(core::DeviceNo device, Writing part, messages::DraftNo draft,
                      base::TimePoint at) {
  const auto tag = messages::number(draft);
  if (part.is_first) first_parts_.insert(tag);
  auto added = inbox_.add(part.number, part.service.text, part.piece, tag, at, true);
  if (added.outcome == sms_text::Added::Outcome::complete) {
    part.is_first = has_first(added.tags);
    Text text{added.message.is_text, std::move(added.message.body)};
    std::vector<messages::DraftNo> drafts;
    for (const std::uint64_t of : added.tags) drafts.push_back(messages::DraftNo{of});
    held_.add(device, {std::move(part), std::move(text), std::move(drafts), at});
  } else if (added.outcome != sms_text::Added::Outcome::waiting) {
    drop({draft});
  }
}

bool Uplink::has_first(const std::vector<std::uint64_t>& tags) {
  return std::ranges::any_of(tags,
                             [this](std::uint64_t tag) { return first_parts_.contains(tag); });
}

}  // namespace msggw::sms
