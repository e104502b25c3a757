// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/inbox.h"

#include <boost/json/array.hpp>
#include <utility>

#include "tests/sim/m5s/date_time.h"

namespace msggw::m5s {

void Inboxes::add(const std::string& service_id, const char* name, boost::json::object content,
                  Instant now) {
  Inbox& inbox = inboxes_[service_id];
  inbox.entries.push_back(
      {{"n", ++inbox.last}, {"at", print_date_time(now)}, {name, std::move(content)}});
  if (inbox.entries.size() > kMostEntries) inbox.entries.pop_front();
}

std::uint64_t Inboxes::received(std::string_view service_id) const {
  const auto found = inboxes_.find(service_id);
  return found == inboxes_.end() ? 0 : found->second.last;
}

boost::json::object Inboxes::list(std::string_view service_id, std::uint64_t after) const {
  boost::json::array entries;
  if (const auto found = inboxes_.find(service_id); found != inboxes_.end()) {
    const auto& [kept, last] = found->second;
    std::uint64_t number = last - kept.size();
    for (const auto& entry : kept) {
      if (++number > after) entries.emplace_back(entry);
    }
  }
  return {{"asSvcId", boost::json::string(service_id)},
          {"received", received(service_id)},
          {"entries", std::move(entries)}};
}

void Inboxes::clear() {
  for (auto& [id, inbox] : inboxes_) inbox.entries.clear();
}

}  // namespace msggw::m5s
