// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/mqtt/connection.h"
#include "adapters/mqtt/deadlines.h"
#include "adapters/mqtt/doors.h"
#include "adapters/mqtt/presence.h"
#include "adapters/mqtt/signs.h"
#include "adapters/payload/messages.h"
#include "gateway/base/context.h"
#include "gateway/base/metrics.h"

namespace msggw::mqtt {

/// Brings messages and reports to devices that are there: on <id>/down and <id>/reports, of each
/// device and priority one at a time, until there is proof (TS 23.554 8.6.1) or it is clear that
/// there will be none.
///
/// A device is there while its `status` is online, and kHeardFor after anything else that it has
/// published. Proven is
/// - what the device reports;
/// - what a broker of MQTT 5 has taken, if mqtt.proof is `broker`, the device does not say that it
///   reports, and is known to be connected.
/// A device that is not there (its Will, reason code 16) gets it when it comes again. The rest ends
/// with NO_PROOF: after mqtt.proof_within, or at the PUBACK where nothing more can be learnt, of a
/// device that neither reports nor says its status; what such a device is told of its own messages
/// has come with the PUBACK, as far as anybody can know.
///
/// The broker is no second queue: what it has not acknowledged when the connection ends is not sent
/// again from here, but brought anew. So is what a device has yet to report, if the broker has lost
/// the session in which the report may have waited. Loop thread only.
class Downlink {
 public:
  /// What the broker keeps for a device longer than this, or than its proof is waited for, is
  /// dropped there (MQTT 5): the sender has been told that it did not come.
  static constexpr std::chrono::seconds kMostExpiry{30};
  /// After a sign of life a device is taken to be there so long, or up to half of it longer.
  static constexpr std::chrono::seconds kHeardFor{30};
  /// When a device that was absent, although it says that it is online, is tried again. The time
  /// doubles until it speaks: behind a broker that was killed there are many that are gone.
  static constexpr base::Duration kLookAgain{15'000};
  static constexpr base::Duration kMostLookAgain{3'600'000};

  /// All references must outlive it; `connection` may be made after it. Without messages in `doors`
  /// nothing happens.
  Downlink(const base::Context& context, const Doors& doors, Connection& connection,
           Presence& presence);

  /// The device has published something as `id`, or is online.
  void heard(core::DeviceNo device, std::string_view id);
  /// The device is not there any more, or not registered.
  void left(core::DeviceNo device);
  /// messages::Adapter::waited_for().
  void waited_for(core::DeviceNo device) { call(device); }
  /// The device says what became of a message. False: of none that it has been given, nor of one
  /// that is the next to be.
  bool reported(core::DeviceNo device, const payload::ReportBody& report);

  static bool is_its(std::uint64_t tag) noexcept { return (tag & 7) == kTag; }
  /// The broker's answer to a publication.
  void answered(std::uint64_t tag, std::uint8_t reason);
  void end_turn(base::TimePoint now);

  /// What has been brought and is neither proven nor given up.
  std::size_t under_way() const noexcept { return under_way_; }

 private:
  using Tag = std::uint64_t;
  enum class Outcome { reported, broker, failed, no_proof, absent, came_back, denied, unsupported };
  static constexpr std::size_t kOutcomes = 8;
  static constexpr Tag kTag = 7;
  static constexpr std::size_t kMostATurn = 256;
  static constexpr std::size_t kAhead = 256;  ///< unacknowledged publications
  static constexpr std::size_t kMostLooks = 65'536;
  static constexpr std::size_t kMostReturned = 10'000;
  static constexpr std::size_t kRowsATurn = 4'096;

  /// What was brought: under way, or returned since the device was not there, and then remembered
  /// for a report that comes late.
  struct Attempt {
    messages::MessageNo no{};
    core::DeviceNo device{};
    messages::Priority priority{};
    bool is_message = false;
    bool reports = false;  ///< the device says that it reports
    bool under_way = true;
    std::uint32_t octets = 0;  ///< as it is stored
    std::string message_id;
  };
  using Looks = std::multimap<base::TimePoint, core::DeviceNo>;
  struct Look {
    base::Duration wait{0};             ///< before the last one
    std::optional<Looks::iterator> at;  ///< the next one
  };
  using Slots = std::array<Tag, messages::kPriorities>;

  struct Metrics {
    explicit Metrics(base::metrics::Registry& registry);
    std::array<base::metrics::Counter*, kOutcomes> outcomes;
    std::array<base::metrics::Counter*, 2> published;  ///< a message, a report
    base::metrics::Counter& astray;
    base::metrics::Gauge& under_way;
    base::metrics::Gauge& under_way_octets;
  };

  std::size_t waiting(core::DeviceNo device) const;
  std::optional<std::string> name_of(core::DeviceNo device) const;
  bool may_have(core::DeviceNo device) const;
  bool is_here(core::DeviceNo device) const;
  void call(core::DeviceNo device);
  void uncall(core::DeviceNo device);
  void look_later(core::DeviceNo device);
  void look_no_more(core::DeviceNo device);
  void follow_connection();
  void doubt();
  void forget_signs(base::TimePoint now);
  void look(base::TimePoint now);
  void give_up(base::TimePoint now);
  void bring(base::TimePoint now);
  void bring_one(const messages::Delivery& delivery, base::TimePoint now);
  bool write(const messages::Delivery& delivery, const std::string& name, base::TimePoint now);
  void remember(Tag tag, Attempt attempt, base::TimePoint now);
  bool is_under_way(Tag tag) const {
    const auto found = attempts_.find(tag);
    return found != attempts_.end() && found->second.under_way;
  }
  void taken(Tag tag, const Attempt& attempt, base::TimePoint now);
  void end(Tag tag, Outcome outcome, base::TimePoint now, std::string_view said = {});
  void give_back(Tag tag, Outcome outcome);
  void leave(Attempt& attempt);
  void forget(Tag tag);

  core::Registrations& registrations_;
  messages::DeviceSide* messages_;
  const credentials::Proofs* proofs_;
  boost::asio::io_context& io_;
  const base::Clock& clock_;
  Connection& connection_;
  Presence& presence_;
  Metrics metrics_;
  boost::unordered_flat_map<Tag, Attempt> attempts_;
  boost::unordered_flat_map<core::DeviceNo, Slots> slots_;  ///< 0: none
  Deadlines deadlines_;
  std::deque<Tag> returned_;
  std::size_t under_way_ = 0;
  std::uint64_t under_way_octets_ = 0;
  Tag last_ = 0;
  Signs heard_;  ///< of devices that are not online
  base::TimePoint turned_{};
  boost::unordered_flat_set<core::DeviceNo> called_;  ///< reachable, as far as messages know
  Looks looks_;
  boost::unordered_flat_map<core::DeviceNo, Look> looked_for_;
  /// Of devices with several names: the one under which it spoke last.
  boost::unordered_flat_map<core::DeviceNo, std::string> spoke_as_;
  std::uint64_t session_ = 0;
  bool was_ready_ = false;
  std::optional<core::DeviceNo> walk_;  ///< the next to be called after a connection
  Outgoing message_;                    ///< reused
};

}  // namespace msggw::mqtt
