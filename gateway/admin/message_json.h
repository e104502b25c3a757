// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gateway/core/tables.h"
#include "gateway/messages/operator_side.h"

namespace msggw::admin {

/// A message or a report as the operator's API shows it: number, kind, stage, whose it is and how
/// it stands, and, if `carried` is there, who it is from and for, in the names of TS 29.538. What
/// its sender's application wrote is in it only `with_content`: as text where it is that and can be
/// shown as it is, else as base64.
struct MessageView {
  messages::MessageNo no{};  ///< its header must be there
  const messages::Carried* carried = nullptr;
  bool with_content = false;
  std::string_view message_id{};  ///< told if nothing is carried any more; empty: not known
};
void append_message_json(std::string& out, const MessageView& view, const messages::Queue& queue);

/// "2026-01-31T12:00:00.123Z".
std::string print_moment(base::TimePoint at);

}  // namespace msggw::admin
