// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string_view>

#include "adapters/sms/options.h"
#include "gateway/core/speaker.h"
#include "gateway/core/tables.h"

namespace msggw::sms {

/// The number of a phone is an identity if its SMSC can be trusted to let nobody write under
/// another's, and else a claim.
inline core::Evidence evidence_of(const Options& options, SmscNo smsc) noexcept {
  return options.of(smsc).trusted ? core::Evidence::identity : core::Evidence::claim;
}

/// Who writes under `number` at that SMSC.
inline core::Speaker speaker_of(const core::Tables& tables, std::string_view number, SmscNo smsc,
                                const Options& options) {
  return {tables.find_private_id(number), evidence_of(options, smsc)};
}

/// Who is let in at all is decided before (Options::first_contact).
inline core::ListenerPolicy policy_of(const Options& options) noexcept {
  return {core::Admission::open, options.open_messages};
}

/// Whether whoever is registered over SMS has proven to be the device.
inline bool vouches(const Options& options) noexcept {
  return std::ranges::all_of(options.all, &SmscOptions::trusted);
}

}  // namespace msggw::sms
