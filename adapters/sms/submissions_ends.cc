// SPDX-License-Identifier: Apache-2.0
// How messages to phones end.
#include <utility>

#include "adapters/sms/submissions.h"

namespace msggw::sms {

void Submissions::give_up(std::string_view event, smpp::Ticket ticket, End end,
                          const std::string& reason, base::TimePoint now) {
  Message& message = *find(ticket);
  message.failed = true;
  // What has been said of its end stands.
  if (stop_waiting(message, end)) {
    message.out.smsc = message.smsc;
    say_not_sent(event, end, message.out, reason, now);
    const bool may_have_come = message.unanswered > 0 || message.answers_due > 0;
    owner_.ended(message.out.no, end, message.put_off_by, may_have_come);
  }
  release_if_done(ticket);
}

void Submissions::no_longer_put_off(Message& message) {
  if (std::exchange(message.delayed, 0) > 0) --put_off_;
}

bool Submissions::stop_waiting(Message& message, End end) {
  if (!std::exchange(message.waiting, false)) return false;
  no_longer_put_off(message);
  --waiting_;
  count(end);
  return true;
}

void Submissions::say_not_sent(std::string_view event, End end, const Outgoing& message,
                               const std::string& reason, base::TimePoint now) {
  base::log::Limit& limit = logs_[static_cast<std::size_t>(end)];
  if (!limit.pass(now)) return;
  base::log::warn(event, {{"smsc", options_.of(message.smsc).name},
                          {"to", message.to},
                          {"reason", reason},
                          {"suppressed", limit.take_suppressed()}});
}

void Submissions::release_if_done(smpp::Ticket ticket) {
  Message* const message = find(ticket);
  if (message == nullptr || message->waiting || message->answers_due > 0) return;
  if (!message->failed && message->receipts_due > 0) return;
  Message empty;
  empty.use = (message->use + 1) & kUseMask;
  *message = std::move(empty);
  free_.push_back(slot_of(ticket));
}

}  // namespace msggw::sms
