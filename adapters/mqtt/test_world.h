// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/mqtt/adapter.h"
#include "adapters/mqtt/broker.h"
#include "gateway/base/handle.h"
#include "storage/memory_store.h"
#include "tests/adapters/messages.h"
#include "tests/adapters/service.h"
#include "tests/support/temp_folder.h"

namespace msggw::mqtt::test {

using msggw::test::TempFolder;

/// The certificate of a new authority (PEM file in `folder`, ca.pem; its key beside it, ca.key).
std::string new_authority(const TempFolder& folder);

/// A program that runs beside the test; killed at the end. `words[0]` is looked up in PATH.
class Program {
 public:
  explicit Program(std::vector<std::string> words);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  bool has_ended();
  int code() const noexcept { return code_; }
  /// What it has written to standard output and error so far.
  const std::string& output();

 private:
  pid_t pid_ = -1;
  int code_ = -1;
  base::UniqueFd out_;
  std::string output_;
};

/// The gateway with its MQTT adapter, and with messages if they are wanted.
class World : public msggw::test::Service {
 public:
  explicit World(Options options, core::Limits limits = {}, bool with_messages = false);

  Doors doors();
  /// The process dies, and the next one begins with what was durable of messages; the device table
  /// stays. It connects to the broker again.
  void restart_messages();

  /// The server has a message for a device, and wants a report; or a report of "as-1" for "sid-0".
  void deliver(const std::string& id, const std::string& content = "content",
               const std::string& to = "sid-0",
               messages::Priority priority = messages::Priority::normal);
  void deliver_report(const std::string& id, bool delivered);

  /// Runs the program to its end beside the gateway; its exit code.
  int run(std::vector<std::string> words);

  Options options;
  messages::Limits message_limits;  ///< count from restart_messages() on
  storage::MemoryStore store;       ///< of messages
  credentials::Book book{{}, gateway.tables(), registry};
  credentials::OperatorSide credentials{book};
  credentials::Proofs proofs{book};
  std::optional<msggw::test::Messages> messages;
  std::unique_ptr<MqttAdapter> adapter;

 private:
  core::Adapter* served() override { return adapter.get(); }
  void play() override;
  void begin_messages();
};

/// A device's view of some topics: mosquitto_sub, started and subscribed. A message is the line
/// "<topic> <retained: 0 or 1> <correlation data> <payload>".
class Ear {
 public:
  Ear(World& world, std::uint16_t port, std::vector<std::string> more_words);

  /// Turns until a message satisfies `wanted`; empty: none did.
  std::string hear(const std::function<bool(const std::string&)>& wanted);
  std::string hear_with(const std::string& part);
  /// Whole messages so far.
  std::vector<std::string> messages();

 private:
  World& world_;
  Program program_;
};

/// The words for an Ear on one topic filter.
std::vector<std::string> on(const std::string& filter, const char* version = "mqttv5");

/// Comes back at once when the broker does.
inline Options quick() {
  Options options;
  options.reconnect_first = base::Duration{10};
  options.reconnect_most = base::Duration{50};
  return options;
}

/// A broker and a gateway connected to it.
struct Site {
  explicit Site(Options options = {}, core::Limits limits = {}, const std::string& more = {},
                bool with_messages = false);

  /// As a device, by mosquitto_pub.
  void publish(const std::string& topic, const std::string& body, const char* version = "mqttv5",
               const char* qos = "1", std::vector<std::string> more = {});

  TempFolder folder;
  Broker broker;
  std::uint16_t port;
  World world;
};

}  // namespace msggw::mqtt::test
