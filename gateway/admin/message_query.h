// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/messages/operator_side.h"

namespace msggw::admin {

/// What is selected, as it is said: the device by its name, which is still to be looked up.
struct MessageSelection {
  std::string private_id;  ///< decoded, not checked further; empty: of all devices
  messages::Selection of;
};

/// The query of GET /api/v1/messages.
struct MessageListQuery {
  static constexpr std::size_t kMostLimit = 1'000;

  MessageSelection selection;
  std::string message_id;  ///< empty: any
  std::size_t limit = 100;
  messages::MessageNo first{};
};
/// incorrect: an unknown or repeated parameter, a value that is not allowed.
base::Result<MessageListQuery> parse_message_list_query(std::string_view query);

/// The query of GET /api/v1/trace: a Private ID, a Service ID or a msgId, decoded. incorrect,
/// missing.
base::Result<std::string> parse_trace_query(std::string_view query);

/// The body of POST /api/v1/messages/removals.
struct MessageRemovalQuery {
  MessageSelection selection;
  messages::MessageNo first{};
  std::optional<messages::MessageNo> before{};  ///< numbers from this on are not looked at
  bool preview = false;                         ///< nothing is removed
};
/// malformed, missing (it names nothing that messages have in common), incorrect.
base::Result<MessageRemovalQuery> parse_message_removal_query(std::string_view body);

}  // namespace msggw::admin
