// SPDX-License-Identifier: Apache-2.0
#include "provisioning/tester/journal.h"

#include "gateway/base/pattern.h"

namespace msggw::tester {

namespace {

bool fits(const std::string& pattern, const std::string& text) {
  return pattern.empty() || base::matches(pattern, text);
}

}  // namespace

bool Filter::passes(const Entry& entry) const {
  if (channel && entry.channel != *channel) return false;
  if (operation && entry.operation != *operation) return false;
  if (status && entry.status != *status) return false;
  return fits(private_id, entry.private_id) && fits(gateway, entry.gateway) &&
         fits(service_id, entry.service_id) && fits(fault, entry.fault);
}

std::uint64_t Journal::arrived(const Seen& seen, std::string_view fault, base::TimePoint now) {
  const std::uint64_t first = last_ + 1;
  ++last_exchange_;
  if (seen.subjects.empty()) add(seen, {}, fault, now);
  for (const Subject& subject : seen.subjects) add(seen, subject, fault, now);
  return first;
}

void Journal::add(const Seen& seen, const Subject& subject, std::string_view fault,
                  base::TimePoint now) {
  if (entries_.size() >= most_) {
    entries_.pop_front();
    ++lost_;
  }
  Entry& entry = entries_.emplace_back();
  entry.number = ++last_;
  entry.exchange = last_exchange_;
  entry.at = now;
  entry.channel = seen.channel;
  entry.operation = seen.operation;
  entry.ue_type = subject.ue_type;
  entry.private_id = subject.private_id;
  entry.gateway = seen.gateway;
  entry.fault = fault;
}

void Journal::answered(std::uint64_t number, unsigned status, std::string_view service_id,
                       base::TimePoint now) {
  if (entries_.empty() || number < entries_.front().number || number > last_) return;
  Entry& entry = entries_[number - entries_.front().number];
  entry.status = status;
  entry.service_id = service_id;
  entry.took = now - entry.at;
}

void Journal::visit(const Filter& filter, const std::function<void(const Entry&)>& show) const {
  if (entries_.empty() || filter.after >= last_) return;
  const std::uint64_t oldest = entries_.front().number;
  std::size_t shown = 0;
  for (std::size_t i = filter.after < oldest ? 0 : filter.after - oldest + 1;
       i < entries_.size() && shown < filter.limit; ++i) {
    if (!filter.passes(entries_[i])) continue;
    ++shown;
    show(entries_[i]);
  }
}

void Journal::clear() {
  entries_.clear();
  entries_.shrink_to_fit();
  lost_ = 0;
}

}  // namespace msggw::tester
