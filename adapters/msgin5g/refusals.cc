// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/refusals.h"

namespace msggw::msgin5g {

namespace {

Refusal why_of(const messages::Refusal& refusal) noexcept {
  switch (refusal.error.code) {
    case base::Errc::unknown_device: return Refusal::recipient;
    case base::Errc::unsupported:
    case base::Errc::refused: return Refusal::address_type;
    case base::Errc::too_large: return Refusal::too_large;
    case base::Errc::overloaded:
      return refusal.cause == "DEVICE_QUEUE_FULL" ? Refusal::congestion_risk : Refusal::congestion;
    case base::Errc::unavailable: return Refusal::congestion;
    case base::Errc::malformed:
    case base::Errc::missing:
    case base::Errc::incorrect:
    case base::Errc::storage: break;
  }
  return Refusal::store;
}

}  // namespace

Problem problem_of(const messages::Refusal& refusal) {
  Problem problem{why_of(refusal), refusal.error.detail, {}, refusal.retry_after};
  if (problem.why == Refusal::recipient)
    problem.invalid_params = {{"/destAddr/addr", "is no device of this gateway"}};
  if (problem.why == Refusal::too_large)
    problem.invalid_params = {{"/payload", "is longer than this gateway takes"}};
  return problem;
}

}  // namespace msggw::msgin5g
