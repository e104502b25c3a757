// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/core/tables.h"
#include "gateway/messages/queue.h"

namespace msggw::admin {

struct TraceQuery {
  std::string_view of;      ///< a Private ID, a Service ID, or else a msgId
  base::TimePoint began{};  ///< of the process
  base::TimePoint now{};    ///< of what has happened in this turn
};
/// What the process remembers of what happened to a device, or under a msgId, oldest first. One
/// JSON object: `began`; `full` (older events have been overwritten); `privateId` and `state` if it
/// is a device; `events`, the newest kMostTraced of them; and `messages`, how those stand that the
/// events name and that are still known.
std::string trace_json(const TraceQuery& query, const core::Tables& devices,
                       const messages::Queue& queue);

inline constexpr std::size_t kMostTraced = 1'000;

}  // namespace msggw::admin
