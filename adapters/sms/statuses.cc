// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/statuses.h"

namespace msggw::sms {

namespace {

smpp::Status status_of(base::Errc code) noexcept {
  switch (code) {
    case base::Errc::overloaded: return smpp::Status::throttled;
    case base::Errc::unavailable:
    case base::Errc::storage: return smpp::Status::temporary_application_error;
    case base::Errc::unknown_device:
    case base::Errc::refused: return smpp::Status::rejected_by_application;
    case base::Errc::malformed:
    case base::Errc::missing:
    case base::Errc::incorrect:
    case base::Errc::too_large:
    case base::Errc::unsupported: break;
  }
  return smpp::Status::permanent_application_error;
}

}  // namespace

smpp::Status status_of(const core::Answer& answer) noexcept {
  switch (answer.verdict) {
    case core::Verdict::provisioned:
    case core::Verdict::pending:
    case core::Verdict::deregistered: return smpp::Status::ok;
    case core::Verdict::refused: return smpp::Status::rejected_by_application;
    case core::Verdict::failed: break;
  }
  return status_of(answer.error.code);
}

smpp::Status status_of(const messages::Refusal& why) noexcept {
  if (why.cause == messages::kDeviceQueueFull) return smpp::Status::temporary_application_error;
  return status_of(why.error.code);
}

}  // namespace msggw::sms
