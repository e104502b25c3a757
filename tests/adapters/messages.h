// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/base/context.h"
#include "gateway/messages/adapter.h"
#include "gateway/messages/device_side.h"
#include "gateway/messages/server_side.h"
#include "gateway/messages/store_side.h"
#include "storage/store.h"

namespace msggw::test {

/// What messages have around them, for the tests of one adapter: a writer that commits at once or
/// hangs, a reader, and a MSGin5G Server that takes everything. Rows go through the store's codec.
class Messages {
 public:
  /// Reads what is in the store. Devices may send to "as-1" without naming it.
  Messages(const base::Context& context, const core::Tables& devices, storage::Store& store,
           const messages::Limits& limits = {});

  messages::DeviceSide& device_side() { return device_side_; }
  const messages::Queue& queue() const { return queue_; }

  /// One turn: commits, reads, tells the adapter.
  void turn(messages::Adapter& adapter);

  /// A message of "as-1" for a device.
  static messages::Message message(const std::string& service_id, const std::string& id,
                                   const std::string& content);
  void deliver(messages::Message message, messages::Role role = messages::Role::n3g);
  void deliver(messages::Report report);
  /// What the server gets next, and it takes it; none: nothing is to go up.
  std::optional<messages::Carried> next_up();
  /// All of that.
  std::vector<messages::Carried> take_up();

  bool commits = true;  ///< false: the store hangs
  bool reads = true;    ///< false: nothing is read from the store

 private:
  void commit();
  void read();

  const base::Clock& clock_;
  storage::Store& store_;
  messages::Queue queue_;
  messages::DeviceSide device_side_;
  messages::ServerSide server_side_;
  messages::StoreSide store_side_;
  std::optional<storage::Batch> batch_;  ///< under way
};

}  // namespace msggw::test
