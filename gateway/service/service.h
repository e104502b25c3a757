// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gateway/base/context.h"
#include "gateway/core/adapter.h"
#include "gateway/core/commits.h"
#include "gateway/core/journey.h"
#include "gateway/core/turn.h"
#include "gateway/credentials/doors.h"
#include "gateway/messages/adapter.h"
#include "gateway/messages/device_side.h"
#include "gateway/messages/store_side.h"
#include "gateway/service/operator_reads.h"
#include "provisioning/client/client.h"
#include "storage/reader.h"
#include "storage/store.h"
#include "storage/write_behind.h"

namespace msggw::service {

/// The doors of the core that a turn goes through.
struct Doors {
  core::Turn& turn;
  core::Journey& journey;
  core::Commits& commits;
  messages::StoreSide& messages;
  credentials::StoreSide& credentials;
};

/// Who stands around the core.
struct Surroundings {
  std::vector<core::Adapter*> adapters;
  std::vector<messages::Adapter*> message_adapters;
  /// The MSGin5G Server's side: answers to it, and the end of its turn. Empty: there is none.
  std::function<void(const messages::Answer&)> to_server{};
  std::function<void(base::TimePoint)> end_server_turn{};
  messages::DeviceSide* device_messages = nullptr;  ///< what adapters give messages to, if any
  /// Devices and credentials whose changes have become durable. Empty: nobody wants to know.
  std::function<void(const std::vector<core::DeviceNo>&,
                     const std::vector<credentials::CredentialNo>&)>
      durable{};
};

/// What happens in a turn of the gateway, after the adapters took in what was there: decide (tick),
/// ask the Provisioning Function, answer devices, offer the changes to the writer. Owns nothing but
/// the writer; the core, the client and the adapters must outlive it. Loop thread only.
class Service {
 public:
  Service(const base::Context& context, const Doors& doors, storage::Store& store);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Reads every row of the store into the core. Throws std::runtime_error for a row that cannot be
  /// read: going on without it could give a device a second Service ID.
  void load();

  /// Before the first turn. The client's events must end in the core.
  void attach(client::Client& client, Surroundings around);

  void end_turn();

  /// messages::ReadContents. At most a few lists at once are the caller's business.
  void read_contents(std::vector<messages::MessageNo> numbers, OperatorReads::Done done) {
    operator_reads_.add(std::move(numbers), std::move(done));
  }

  /// Whether nothing that was taken in is still to be committed.
  bool idle() const { return !has_changes() && !committing_; }
  /// Whether the store takes what it is given.
  bool healthy() const { return !writer_.failing(); }
  /// Why not.
  std::string trouble() const { return writer_.reason(); }

  /// After a batch of so many changes, the next one waits so long; after a smaller one, not at all.
  static constexpr std::size_t kMany = 64;
  static constexpr base::Duration kApart{2};

 private:
  void ask();
  void read(base::TimePoint now);
  void brought(std::vector<storage::Reader::Row> rows);
  void deliver();
  void see_off(base::TimePoint now);
  void deliver_messages();
  void write(base::TimePoint now);
  bool has_changes() const {
    return doors_.commits.has_changes() || doors_.messages.has_changes() ||
           doors_.credentials.has_changes();
  }
  void wake_at_deadline(base::TimePoint now);

  base::Context context_;
  Doors doors_;
  storage::Store& store_;
  client::Client* client_ = nullptr;
  Surroundings around_;
  boost::asio::steady_timer timer_;
  base::TimePoint timer_at_{base::TimePoint::max()};
  // From submit() until the loop learns of the commit, which is later than !busy().
  bool committing_ = false;
  std::vector<core::DeviceNo> devices_under_way_;  ///< in the batch, if somebody wants to know
  std::vector<credentials::CredentialNo> credentials_under_way_;
  bool reading_ = false;              // likewise
  base::TimePoint commit_after_{};    ///< what changes until then goes in one batch
  std::size_t wanted_under_way_ = 0;  ///< of what is being read: the others are for the operator
  OperatorReads operator_reads_;
  base::TimePoint read_after_{};
  storage::Reader reader_;
  storage::WriteBehind writer_;  // last: its destructor waits for the batch in flight
};

}  // namespace msggw::service
