// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/counters.h"

namespace msggw::smsc {

void Counters::submitted(Status status) {
  ++submits;
  if (status == status::ok) {
    ++submits_accepted;
  } else {
    ++submit_statuses[status];
  }
}

boost::json::object to_json(const Counters& c) {
  boost::json::object statuses{{"ESME_ROK", c.submits_accepted}};
  for (const auto& [status, count] : c.submit_statuses) statuses[status_name(status)] = count;
  const auto ms = [](fleet::Instant t) {
    return std::chrono::duration<double, std::milli>(t).count();
  };
  return {{"connections", c.connections},
          {"connectionsRefused", c.connections_refused},
          {"binds", c.binds},
          {"bindsRefused", c.binds_refused},
          {"submits", c.submits},
          {"submitStatuses", std::move(statuses)},
          {"receiptsSent", c.receipts_sent},
          {"receiptsAccepted", c.receipts_accepted},
          {"receiptsRefused", c.receipts_refused},
          {"receiptsLost", c.receipts_lost},
          {"receiptsDropped", c.receipts_dropped},
          {"messagesSent", c.messages_sent},
          {"messagesAccepted", c.messages_accepted},
          {"messagesRefused", c.messages_refused},
          {"temporary", c.temporary},
          {"cutOff", c.cut_off},
          {"unanswered", c.unanswered},
          {"redelivered", c.redelivered},
          {"enquiriesSent", c.enquiries_sent},
          {"enquiriesReceived", c.enquiries_received},
          {"unknownCommands", c.unknown_commands},
          {"unknownResponses", c.unknown_responses},
          {"malformed", c.malformed},
          {"deliverLatencyMs",
           {{"p50", ms(c.latency.quantile(0.5))},
            {"p99", ms(c.latency.quantile(0.99))},
            {"max", ms(c.latency.max())}}}};
}

}  // namespace msggw::smsc
