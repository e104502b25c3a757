// SPDX-License-Identifier: Apache-2.0
// What devices are told, and what SMSCs hear when that is durable.
#include "adapters/sms/adapter.h"

namespace msggw::sms {

/// What the device is told of what has just been decided, durable with it.
void SmsAdapter::tell(OpenMessage& message, bool was_registered) {
  const auto device = registrations_.tables().find_private_id(message.number);
  if (!device) return;
  const bool is_now = is_registered(message.number);
  if (message.wish != OpenMessage::Wish::stop)
    message.request.after =
        answers_.registered(*device, message, is_now && !was_registered, clock_.now());
  else if (was_registered && !is_now)
    message.request.after = answers_.stopped(*device, message, clock_.now());
}

/// Now if the SMSC is to give it again, else when all that it is about is durable. False from the
/// connection: its link is another one by now, and the SMSC gives the message again.
void SmsAdapter::reply(const Smsc::Request& request, smpp::Status status) {
  using smpp::StatusClass;
  const StatusClass kind = smpp::class_of(status);
  const bool is_last = kind == StatusClass::ok || kind == StatusClass::permanent;
  if (!is_last || downlink_.is_durable(request.after))
    return static_cast<void>(smsc_of(request.smsc).answer(request, status));
  if (answered_.size() >= options_.max_open_requests) {
    uplink_.answered_late(request.smsc);
    return static_cast<void>(smsc_of(request.smsc).answer(request, smpp::Status::queue_full));
  }
  answered_.push_back({request, status, clock_.now() + downlink_.answer_within()});
}

void SmsAdapter::reply_when_durable(base::TimePoint now) {
  for (; !answered_.empty(); answered_.pop_front()) {
    const Answered& first = answered_.front();
    const bool is_durable = downlink_.is_durable(first.request.after);
    if (!is_durable && now < first.until) return;
    if (!is_durable) uplink_.answered_late(first.request.smsc);
    smsc_of(first.request.smsc)
        .answer(first.request,
                is_durable ? first.status : smpp::Status::temporary_application_error);
  }
}

}  // namespace msggw::sms
