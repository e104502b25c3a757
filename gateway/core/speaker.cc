// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/speaker.h"

namespace msggw::core {

std::optional<base::Error> why_not(const Speaker& speaker, Act act, const ListenerPolicy& policy) {
  const bool is_proven = speaker.evidence == Evidence::identity;
  if (speaker.is_other && act != Act::register_device)
    return base::Error{base::Errc::unknown_device, "no such registration"};
  if (speaker.is_other)
    return base::Error{base::Errc::refused, "the identity that was proved is not this device's"};
  if (policy.admission == Admission::proven && !is_proven)
    return base::Error{base::Errc::refused, "devices prove who they are here"};
  const bool hides = speaker.can_prove && !is_proven && !policy.claims_despite_credentials;
  if (policy.admission == Admission::known && (!speaker.device || hides))
    return base::Error{base::Errc::refused, "only devices that the operator added are served"};
  if (hides)
    return base::Error{base::Errc::refused,
                       "this device has credentials, and is served where it proves them"};
  if (act == Act::register_device || is_proven) return std::nullopt;
  if (!speaker.device) return base::Error{base::Errc::unknown_device, "no such registration"};
  if (act == Act::message && !policy.open_messages)
    return base::Error{base::Errc::refused,
                       "messages are for devices that prove who they are; the operator may allow "
                       "others (open_messages)"};
  return std::nullopt;
}

}  // namespace msggw::core
