// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>

#include "tests/sim/fleet/report.h"
#include "tests/sim/smsc/wire.h"

namespace msggw::smsc {

/// What has happened since the start or the last reset; GET /counters shows them by these names in
/// camelCase.
struct Counters {
  std::uint64_t connections = 0, connections_refused = 0;
  std::uint64_t binds = 0, binds_refused = 0;
  std::uint64_t submits = 0, submits_accepted = 0;
  std::uint64_t receipts_sent = 0, receipts_accepted = 0, receipts_refused = 0, receipts_lost = 0,
                receipts_dropped = 0;
  std::uint64_t messages_sent = 0, messages_accepted = 0, messages_refused = 0;
  std::uint64_t temporary = 0;    ///< deliver_sm answered with a temporary error
  std::uint64_t cut_off = 0;      ///< deliver_sm whose link was lost before the answer
  std::uint64_t unanswered = 0;   ///< deliver_sm without an answer in time
  std::uint64_t redelivered = 0;  ///< deliver_sm sent a second time and more
  std::uint64_t enquiries_sent = 0, enquiries_received = 0;
  std::uint64_t unknown_commands = 0, unknown_responses = 0, malformed = 0;
  std::map<Status, std::uint64_t> submit_statuses;
  fleet::Histogram latency;  ///< from deliver_sm to its response

  void submitted(Status status);
};

boost::json::object to_json(const Counters& counters);

}  // namespace msggw::smsc
