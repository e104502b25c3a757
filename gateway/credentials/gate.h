// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/core/speaker.h"
#include "gateway/core/tables.h"
#include "gateway/credentials/doors.h"

namespace msggw::credentials {

/// The same speaker, of whom there is this evidence. `proofs` may be null: no device has
/// credentials.
core::Speaker with(core::Evidence evidence, core::Speaker speaker, const Proofs* proofs);

/// Who speaks over one bearer, as far as tables and credentials know, and what that allows. Each
/// operation of the bearer asks it; who is not served is counted, and told to the operator where
/// the peer is told less. Loop thread only.
class Gate {
 public:
  /// All must outlive it.
  Gate(core::Bearer bearer, const core::Tables& tables, const Proofs* proofs,
       base::metrics::Registry& registry);

  /// Who calls himself `private_id`, in any spelling, with this evidence.
  core::Speaker called(std::string_view private_id, core::Evidence evidence) const {
    return with(evidence, core::called(tables_, private_id), proofs_);
  }
  /// Who speaks of the registration of `device`; none: of one that there is not.
  core::Speaker holder(std::optional<core::DeviceNo> device, core::Evidence evidence) const {
    return with(evidence, core::holder(tables_, device), proofs_);
  }

  /// core::why_not(), counted and told. `said`: the Private ID that he says, if he says one.
  std::optional<core::Denial> why_not(const core::Speaker& speaker, core::Act act,
                                      const core::ListenerPolicy& policy, std::string_view said,
                                      base::TimePoint now);

 private:
  core::Bearer bearer_;
  const core::Tables& tables_;
  const Proofs* proofs_;
  std::array<base::metrics::Counter*, core::kWhys> denied_;  ///< by why
  base::log::Limit log_;
};

}  // namespace msggw::credentials
