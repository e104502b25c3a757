// SPDX-License-Identifier: Apache-2.0
#include "gateway/credentials/gate.h"

#include <string>

namespace msggw::credentials {

Gate::Gate(core::Bearer bearer, const core::Tables& tables, const Proofs* proofs,
           base::metrics::Registry& registry)
    : bearer_(bearer), tables_(tables), proofs_(proofs), denied_{} {
  for (std::size_t i = 0; i < core::kWhys; ++i)
    denied_[i] = &base::metrics::counter(
        registry, "msggw_not_served_total",
        "Requests of peers that may not speak as the device, or want what they may not",
        {{"bearer", std::string(core::name_of(bearer))},
         {"reason", std::string(core::name_of(static_cast<core::Denial::Why>(i)))}});
}

core::Speaker with(core::Evidence evidence, core::Speaker speaker, const Proofs* proofs) {
  speaker.evidence = evidence;
  speaker.can_prove = speaker.device && proofs != nullptr && proofs->has_any(*speaker.device);
  return speaker;
}

std::optional<core::Denial> Gate::why_not(const core::Speaker& speaker, core::Act act,
                                          const core::ListenerPolicy& policy, std::string_view said,
                                          base::TimePoint now) {
  auto denial = core::why_not(speaker, act, policy);
  if (!denial) return denial;
  using Why = core::Denial::Why;
  denied_.at(static_cast<std::size_t>(denial->why))->Increment();
  const bool is_told = denial->why == Why::kind || denial->why == Why::credentials;
  if (!is_told || !log_.pass(now)) return denial;
  base::log::warn(
      "speaker_not_served",
      {{"bearer", core::name_of(bearer_)},
       {"private_id", speaker.device ? tables_.device(*speaker.device).private_id : said},
       {"reason", core::name_of(denial->why)},
       {"suppressed", log_.take_suppressed()}});
  return denial;
}

}  // namespace msggw::credentials
