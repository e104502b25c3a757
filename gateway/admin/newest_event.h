// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "gateway/messages/trace.h"

namespace msggw::admin {

/// The newest event of that kind of a message; null: none since the process began, or newer ones
/// took its place.
inline const messages::MessageEvent* newest_event(const messages::MessageTrace& trace,
                                                  messages::MessageNo no,
                                                  messages::Happening what) {
  for (std::size_t i = trace.size(); i-- > 0;) {
    if (trace[i].no == no && trace[i].what == what) return &trace[i];
  }
  return nullptr;
}

}  // namespace msggw::admin
