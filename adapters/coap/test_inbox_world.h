// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/coap/adapter.h"
#include "adapters/coap/test_world.h"
#include "gateway/credentials/doors.h"
#include "storage/store.h"
#include "tests/adapters/messages.h"
#include "tests/support/temp_folder.h"

namespace msggw::coap_adapter::test {

/// Which store has the messages.
enum class Kept { memory, lmdb };

/// The gateway with its CoAP adapter and messages. Messages of devices need no proof of who they
/// are, and an address may get what it wants, unless the test says otherwise.
class InboxWorld : public msggw::test::Service {
  msggw::test::TempFolder folder_;

 public:
  static Options options();
  explicit InboxWorld(const Options& options = InboxWorld::options(), Kept kept = Kept::memory,
                      const messages::Limits& limits = {}, const core::Limits& core_limits = {});
  ~InboxWorld() override;

  std::uint16_t port() const { return adapter->port(); }
  /// The adapter and the messages end, and begin again on the same port with what the store has.
  void restart(const std::function<void(Options&)>& change = {});
  /// It runs on with other options.
  void reload(const std::function<void(Options&)>& change);
  /// Turns until nothing of messages is on its way to the store.
  void settle();
  void deliver(const std::string& service_id, const std::string& id, const std::string& content);

  credentials::Book book{
      {.key_file = folder_.path() / "credentials.key"}, gateway.tables(), registry};
  credentials::OperatorSide credentials{book};
  credentials::Proofs proofs{book};
  std::optional<msggw::test::Messages> messages;
  std::optional<CoapAdapter> adapter;

 private:
  void begin();
  core::Adapter* served() override { return adapter ? &*adapter : nullptr; }
  void play() override;

  Options options_;
  messages::Limits limits_;
  std::unique_ptr<storage::Store> store_;
};

/// A registered device and how it speaks of its messages.
class InboxDevice : public Device {
 public:
  /// Registers as `private_id`.
  InboxDevice(InboxWorld& world, const std::string& private_id, const std::string& info = {});

  const std::string& handle() const { return handle_; }  ///< "rd/<handle>"
  int next_mid() { return ++mid_; }
  Message request_for(int method, const std::string& below, std::string payload = {});
  /// GET of the inbox with `query` ("?after=..."), and what is answered.
  Message get(const std::string& query = {}) { return ask(request_for(kGet, "inbox" + query)); }
  /// GET with Observe and this token.
  Message observe(std::uint32_t value = 0, const std::string& token = "obs");
  Message report(const std::string& body) { return ask(request_for(kPost, "report", body)); }
  void end(const Message& notification, int type);
  void acknowledge(const Message& notification) { end(notification, kAck); }

  static Message with(Message message, int number, std::string value) {
    message.options.emplace_back(number, std::move(value));
    return message;
  }

 private:
  std::string handle_;
  int mid_ = 0;
};

inline constexpr int kObserve = 6;

/// The ETag of a message as `after=` has it.
std::string after_of(const Message& message);
/// The member "msgId" of the payload; empty: there is none.
std::string id_in(const Message& message);

}  // namespace msggw::coap_adapter::test
