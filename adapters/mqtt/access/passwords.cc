// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/passwords.h"

#include <algorithm>
#include <string>

#include "gateway/base/bytes.h"

namespace msggw::mqtt::access {

RightPasswords::Digest RightPasswords::digest(std::string_view name, std::string_view password,
                                              std::string_view hash) const {
  std::string all;
  base::ByteWriter to(all);
  for (const std::string_view part : {name, password, hash}) to.bytes(part);
  return {base::keyed_hash(keys_[0], all), base::keyed_hash(keys_[1], all)};
}

bool RightPasswords::has(const Digest& digest) {
  if (halves_[0].contains(digest)) return true;
  if (!halves_[1].contains(digest)) return false;
  add(digest);
  return true;
}

void RightPasswords::add(const Digest& digest) {
  if (halves_[0].size() >= kMostInHalf) {
    halves_[1] = std::move(halves_[0]);
    halves_[0].clear();
  }
  halves_[0].insert(digest);
}

bool RightPasswords::grow_old(base::TimePoint now) {
  if (now < turn_at_) return false;
  turn_at_ = now + kHalf;
  halves_[1] = std::move(halves_[0]);
  halves_[0].clear();
  return true;
}

bool HashBudget::allows(base::Source source, base::TimePoint now) {
  // A clock that was set back would keep all out until it is as late again.
  if (now + kAtOnce < asked_at_) *this = HashBudget(parts_);
  asked_at_ = now;
  std::erase_if(spent_by_, [now](const auto& each) { return each.second <= now; });
  const auto found = spent_by_.find(source);
  const base::Duration own = found == spent_by_.end() ? base::Duration{0} : found->second - now;
  const base::Duration all = std::max(spent_until_ - now, base::Duration{0});
  return own < kAtOnce - all && tries_.pass(source, now);
}

void HashBudget::spent(base::Source source, base::Duration took, base::TimePoint now) {
  spent_until_ = std::max(spent_until_, now) + parts_ * took;
  base::TimePoint& own = spent_by_[source];
  own = std::max(own, now) + parts_ * took;
}

bool HashTime::allows(base::Source source, bool is_here, base::TimePoint now) {
  if (is_here) return (others_wait(now) ? rest_ : own_).allows(source, now);
  if (all_.allows(source, now)) return true;
  others_until_ = now + kPatience;
  return false;
}

void HashTime::spent(base::Source source, bool is_here, base::Duration took, base::TimePoint now) {
  if (is_here) own_.spent(source, took, now);
  if (is_here && others_wait(now)) rest_.spent(source, took, now);
  all_.spent(source, took, now);
}

}  // namespace msggw::mqtt::access
