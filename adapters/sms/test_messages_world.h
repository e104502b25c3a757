// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/sms/test_world.h"

namespace msggw::sms::test {

/// A gateway that offers messages.
class MessagesWorld : public World {
 public:
  MessagesWorld() { offers_messages = true; }

  /// As World::start(), with an SMSC that is bound.
  void begin();
  /// Turns until nothing of messages is on its way to the store.
  void settle();
  /// What an SMSC hears of its deliver_sm; none: the connection was cut before.
  std::optional<smpp::Status> deliver(const smpp::Message& message);
  /// Hands one over and does not wait.
  std::uint64_t hand_over(const smpp::Message& message);
  /// The messages that went up since the last time; the server takes each.
  std::vector<messages::Message> sent_up();
};

/// A text in parts, as mo(): one message for each.
std::vector<smpp::Message> long_mo(const std::string& number, const std::string& text,
                                   sms_text::ReferenceForm form, std::uint16_t reference = 7);

}  // namespace msggw::sms::test
