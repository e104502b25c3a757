// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/sms/test_world.h"
#include "storage/memory_store.h"
#include "tests/adapters/messages.h"

namespace msggw::sms::test {

/// The gateway with its SMS adapter and messages, whose store is in memory and outlives restarts.
class MessagesWorld : public World {
 public:
  MessagesWorld();
  ~MessagesWorld() override { adapter.reset(); }

  /// As World::start(), with an SMSC that is bound.
  void begin();
  /// The adapter and the messages end as by kill -9, and begin again with what the store has.
  void restart();
  /// Turns until nothing of messages is on its way to the store.
  void settle();
  /// What an SMSC hears of its deliver_sm; none: the connection was cut before.
  std::optional<smpp::Status> deliver(const smpp::Message& message);
  /// Hands one over and does not wait.
  std::uint64_t hand_over(const smpp::Message& message);
  /// The messages that went up since the last time; the server takes each.
  std::vector<messages::Message> sent_up();

  messages::Limits message_limits;
  std::optional<msggw::test::Messages> messages;
  storage::MemoryStore store;

 private:
  Doors doors() override;
  void play() override;
};

/// A text in parts, as mo(): one message for each.
std::vector<smpp::Message> long_mo(const std::string& number, const std::string& text,
                                   sms_text::ReferenceForm form, std::uint16_t reference = 7);

}  // namespace msggw::sms::test
