// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/troubles.h"

#include <algorithm>
#include <string>
#include <utility>

namespace msggw::process {

namespace {

void find_in(const char* part, const std::vector<admin::Status::Address>& addresses,
             base::TimePoint now, std::vector<Trouble>& found) {
  for (const admin::Status::Address& address : addresses) {
    if (!address.up)
      found.push_back({part, address.url, address.reason});
    else if (!address.reason.empty() && now - address.answered.value_or(now) <= kStale)
      found.push_back(
          {part, address.url, "it answers, and not as it should: " + address.reason, false});
  }
}

/// One that is bound as transmitter and as receiver has two connections.
void find_in(const std::vector<admin::Status::SmscState>& smscs, std::vector<Trouble>& found) {
  for (const admin::Status::SmscState& smsc : smscs) {
    if (smsc.state == "bound") continue;
    found.push_back({"smsc", smsc.name + ", " + smsc.bind,
                     smsc.reason.empty() ? smsc.state + " at " + smsc.address : smsc.reason});
  }
}

}  // namespace

std::vector<Trouble> troubles_in(const admin::Status& status, base::TimePoint now) {
  std::vector<Trouble> found;
  if (!status.store_healthy) found.push_back({"store", {}, status.store_reason});
  if (status.broker_connected == false)
    found.push_back(
        {"broker", {}, status.broker_reason.empty() ? "not connected yet" : status.broker_reason});
  else if (!status.broker_lacks.empty())
    found.push_back({"broker", {}, "it cannot do " + status.broker_lacks, false});
  find_in("provisioningFunction", status.provisioning_functions, now, found);
  for (const admin::Status::ServerState& server : status.servers)
    find_in("server", server.addresses, now, found);
  find_in(status.smscs, found);
  return found;
}

void Troubles::look(std::vector<Trouble> now_there, base::TimePoint now) {
  for (Trouble& trouble : now_there) {
    if (trouble.since != base::TimePoint{}) continue;
    const auto before = std::find_if(all_.begin(), all_.end(), [&](const Trouble& each) {
      return each.part == trouble.part && each.name == trouble.name && each.down == trouble.down;
    });
    trouble.since = before == all_.end() ? now : before->since;
  }
  all_ = std::move(now_there);
}

}  // namespace msggw::process
