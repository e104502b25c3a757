// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/finished_texts.h"

#include <string_view>
#include <utility>

#include "adapters/sms/text/reassembly.h"

namespace msggw::sms {

namespace {

constexpr std::size_t kDigestOctets = 8;

std::string octets_of(std::uint64_t digest) {
  std::string octets;
  for (std::size_t i = 0; i < kDigestOctets; ++i)
    octets.push_back(static_cast<char>(digest >> (8 * i) & 0xFF));
  return octets;
}

}  // namespace

std::string key_of_parts(const Writing& part) {
  const Piece& piece = part.piece;
  return part.number + ' ' + part.service.text + ' ' +
         std::to_string(static_cast<int>(piece.form)) + ' ' + std::to_string(piece.reference) +
         ' ' + std::to_string(piece.total);
}

Writing FinishedTexts::mark(const Writing& last, const std::vector<std::uint64_t>& digests) {
  Writing mark = last;
  mark.piece.sequence = 0;
  mark.piece.data.clear();
  for (const std::uint64_t digest : digests) mark.piece.data += octets_of(digest);
  return mark;
}

void FinishedTexts::add(const Writing& mark, messages::DraftNo draft,
                        std::vector<base::TimePoint> came, base::TimePoint now) {
  std::string key = key_of_parts(mark);
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) dropped_.push_back(found->second.draft);
  const std::size_t parts = mark.piece.data.size() / kDigestOctets;
  came.resize(parts, now);
  by_key_.insert_or_assign(
      key, Finished{mark.piece.data, std::vector<bool>(parts), std::move(came), draft});
  order_.push_back({std::move(key), draft, now});
  while (order_.size() > options_.max_partial_messages) drop_first();
}

bool FinishedTexts::repeats(const Writing& part, base::TimePoint until) const {
  if (by_key_.empty()) return false;
  const auto found = by_key_.find(key_of_parts(part));
  if (found == by_key_.end()) return false;
  const Finished& finished = found->second;
  const std::size_t at = part.piece.sequence - std::size_t{1};
  if (at >= finished.seen.size() || finished.seen[at] || finished.came[at] >= until) return false;
  const std::string digest = octets_of(sms_text::digest_of(part.piece.alphabet, part.piece.data));
  return finished.digests.compare(at * kDigestOctets, kDigestOctets, digest) == 0;
}

void FinishedTexts::came_again(const Writing& part) {
  by_key_.at(key_of_parts(part)).seen.at(part.piece.sequence - std::size_t{1}) = true;
}

void FinishedTexts::tick(base::TimePoint now) {
  while (!order_.empty() && order_.front().since + options_.partial_timeout <= now) drop_first();
}

std::optional<base::TimePoint> FinishedTexts::next_deadline() const {
  if (order_.empty()) return std::nullopt;
  return order_.front().since + options_.partial_timeout;
}

void FinishedTexts::drop_first() {
  const Age oldest = std::move(order_.front());
  order_.pop_front();
  const auto found = by_key_.find(oldest.key);
  if (found == by_key_.end() || found->second.draft != oldest.draft) return;
  dropped_.push_back(oldest.draft);
  by_key_.erase(found);
}

}  // namespace msggw::sms
