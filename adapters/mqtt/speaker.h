// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "adapters/mqtt/options.h"
#include "gateway/core/speaker.h"
#include "gateway/core/tables.h"

namespace msggw::mqtt {

/// All that is known of an MQTT device is where it writes: that is an identity if the broker lets
/// each device write below its own ID only, and else a claim.
inline core::Evidence evidence_of(const Options& options) noexcept {
  return options.topics_prove ? core::Evidence::identity : core::Evidence::claim;
}

/// Who speaks on the topics of `id`.
inline core::Speaker speaker_of(const core::Tables& tables, std::string_view id,
                                const Options& options) {
  return {tables.find_private_id(id), evidence_of(options)};
}

inline core::ListenerPolicy policy_of(const Options& options) noexcept {
  return {options.admission, options.open_messages};
}

}  // namespace msggw::mqtt
