// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "adapters/sms/options.h"
#include "gateway/base/pattern.h"
#include "gateway/core/speaker.h"

namespace msggw::sms {

/// Whether nobody but that phone can write under `number` at that SMSC.
inline bool is_trusted_for(const SmscOptions& smsc, std::string_view number) noexcept {
  return smsc.trusted &&
         (smsc.trusted_numbers.empty() || base::matches_any(smsc.trusted_numbers, number));
}

/// The number of a phone is an identity if its SMSC is trusted for it, and else a claim.
inline core::Evidence evidence_of(const SmscOptions& smsc, std::string_view number) noexcept {
  return is_trusted_for(smsc, number) ? core::Evidence::identity : core::Evidence::claim;
}

/// Of whoever has that number: whether one of the SMSCs is trusted for it.
inline core::Evidence evidence_of(const Options& options, std::string_view number) noexcept {
  const bool may_prove = std::ranges::any_of(
      options.all, [&](const SmscOptions& smsc) { return is_trusted_for(smsc, number); });
  return may_prove ? core::Evidence::identity : core::Evidence::claim;
}

/// Whether the operator has named an SMSC over which the phone of that number comes.
inline bool has_its_smsc(const Options& options, std::string_view number) noexcept {
  return std::ranges::any_of(options.all, [&](const SmscOptions& smsc) {
    return !smsc.trusted_numbers.empty() && is_trusted_for(smsc, number);
  });
}

/// Who is let in at all is decided before (Options::first_contact).
inline core::ListenerPolicy policy_of(const Options& options) noexcept {
  return {options.admission, options.open_messages, options.claims_despite_credentials};
}

/// Whether whoever is registered over SMS has proven to be the device.
inline bool vouches(const Options& options) noexcept {
  for (std::size_t i = 0; i < options.all.size(); ++i) {
    const SmscOptions& smsc = options.all[i];
    if (!options.is_gone(i) && (!smsc.trusted || !smsc.trusted_numbers.empty())) return false;
  }
  return true;
}

}  // namespace msggw::sms
