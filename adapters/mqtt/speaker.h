// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/mqtt/options.h"
#include "gateway/core/speaker.h"

namespace msggw::mqtt {

/// All that is known of an MQTT device is where it writes: that is an identity if the broker lets
/// each device write below its own ID only, and else a claim.
inline core::Evidence evidence_of(const Options& options) noexcept {
  return options.topics_prove ? core::Evidence::identity : core::Evidence::claim;
}

inline core::ListenerPolicy policy_of(const Options& options) noexcept {
  return {options.admission, options.open_messages, options.claims_despite_credentials,
          core::PrivateIdKinds(options.private_id_kinds)};
}

}  // namespace msggw::mqtt
