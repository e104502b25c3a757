// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/face_counters.h"

#include <string>

namespace msggw::msgin5g {

FaceCounters::FaceCounters(base::metrics::Registry& metrics)
    : metrics_(metrics),
      priorities_ignored_(
          base::metrics::counter(metrics, "msggw_server_priorities_ignored_total",
                                 "Messages with a 3gpp-Sbi-Message-Priority that is none")) {}

void FaceCounters::answered(Operation operation, std::optional<Refusal> refusal) {
  const std::size_t column = refusal ? static_cast<std::size_t>(*refusal) : kRefusals;
  auto& slot = answered_[static_cast<std::size_t>(operation)][column];
  if (slot == nullptr) {
    slot = &base::metrics::counter(metrics_, "msggw_server_requests_total",
                                   "Requests of MSGin5G Servers, by what they were told",
                                   {{"operation", std::string(name_of(operation))},
                                    {"outcome", refusal ? text_of(*refusal).outcome : "accepted"}});
  }
  slot->Increment();
}

}  // namespace msggw::msgin5g
