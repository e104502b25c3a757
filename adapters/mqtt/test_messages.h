// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/messages/adapter.h"
#include "gateway/messages/device_side.h"
#include "gateway/messages/server_side.h"
#include "gateway/messages/store_side.h"
#include "storage/device_record.h"
#include "storage/memory_store.h"
#include "storage/message_record.h"

namespace msggw::mqtt::test {

/// Messages with what is around them played by the test: the writer, the reader and the MSGin5G
/// Server. Devices send to "as-default" where they name nobody.
class TestMessages {
 public:
  TestMessages(const core::Tables& devices, base::metrics::Registry& registry)
      : devices_(devices), registry_(registry), store_(storage::gateway_tables().size()) {
    policy_.servers = {"server-1"};
    policy_.default_recipient = messages::Address{messages::AddressType::as, "as-default"};
    restart();
  }

  messages::DeviceSide& device_side() { return *device_side_; }
  messages::ServerSide& server() { return *server_; }
  messages::Queue& queue() { return *queue_; }

  /// Only what is durable is left.
  void restart() {
    batch_.reset();
    queue_.emplace(limits, devices_, registry_, messages::WindowKeys{{1, 2}, {3, 4}});
    device_side_.emplace(*queue_, policy_);
    server_.emplace(*queue_);
    store_side_.emplace(*queue_);
    const auto loaded = store_.load(storage::kQueue, [&](std::uint64_t key, std::string_view row) {
      const auto restored =
          store_side_->restore(messages::MessageNo{key}, storage::parse_header(row).value());
      base::ensure(restored.has_value(), "the stored row is good");
    });
    base::ensure(loaded.has_value(), "the memory store loads");
    store_side_->start();
  }

  void play(messages::Adapter& adapter, bool commits, base::TimePoint now) {
    store_side_->tick(now);
    for (const messages::MessageNo no : store_side_->take_wanted(64)) {
      const auto row = store_.find(storage::kMessages, messages::number(no)).value();
      store_side_->loaded(no, storage::parse_carried(*row).value(), now);
    }
    if (!batch_ && store_side_->has_changes()) {
      batch_.emplace();
      storage::put_changes(*batch_, *queue_, store_side_->take_changes());
    }
    if (batch_ && commits) {
      base::ensure(store_.apply(*batch_).has_value(), "the memory store takes a batch");
      batch_.reset();
      store_side_->committed();
    }
    messages::Outbox& out = store_side_->outbox();
    for (const auto& to : std::exchange(out.to_devices, {})) adapter.answer(to.answer);
    for (const core::DeviceNo device : std::exchange(out.waited_for, {}))
      adapter.waited_for(device);
  }

  /// The server has a message for a device.
  void deliver(const std::string& id, const std::string& content = "content",
               const std::string& to = "sid-0",
               messages::Priority priority = messages::Priority::normal) {
    messages::Message message;
    message.from = {messages::AddressType::as, "as-1"};
    message.to = {messages::AddressType::ue, to};
    message.message_id = id;
    message.application = "valve";
    message.content = content;
    message.wants_report = true;
    message.priority = priority;
    const auto answer =
        server_->deliver(messages::Role::n3g, std::move(message), {}, base::Clock{}.now());
    base::ensure(!answer, "the gateway takes the message of the test");
  }
  void deliver_report(const std::string& id, bool delivered) {
    const auto answer = server_->deliver_report(messages::Role::n3g,
                                                {{messages::AddressType::as, "as-1"},
                                                 {messages::AddressType::ue, "sid-0"},
                                                 id,
                                                 delivered,
                                                 {}},
                                                {}, base::Clock{}.now());
    base::ensure(!answer, "the gateway takes the report of the test");
  }
  /// What the server gets next, and it takes it; none: nothing is to go up.
  std::optional<messages::Carried> next_up() {
    const auto next = server_->next([](core::ProfileNo) { return true; });
    if (!next) return std::nullopt;
    messages::Carried carried = next->carried;
    server_->accepted(next->no, base::Clock{}.now());
    return carried;
  }

  messages::Limits limits;

 private:
  const core::Tables& devices_;
  base::metrics::Registry& registry_;
  storage::MemoryStore store_;
  messages::Policy policy_;
  std::optional<messages::Queue> queue_;
  std::optional<messages::DeviceSide> device_side_;
  std::optional<messages::ServerSide> server_;
  std::optional<messages::StoreSide> store_side_;
  std::optional<storage::Batch> batch_;
};

}  // namespace msggw::mqtt::test
