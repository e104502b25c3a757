// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/mqtt/connection.h"
#include "adapters/mqtt/sender.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/core/registrations.h"
#include "gateway/credentials/doors.h"

namespace msggw::mqtt {

/// What a device is told on its topics, as JSON; empty: it is not registered over MQTT.
std::string state_of(const core::Registrations& registrations, core::DeviceNo device);

/// What the gateway puts on the topics of devices at the broker: how they stand, retained under
/// each of their postings (core::Tables::postings()), and answers that are said once. What cannot
/// be posted now is owed, and only who it is owed is kept: a device is told how it stands then, in
/// the order in which that came up.
///
/// A broker reads what it is sent in order. So that who is answered at once does not wait behind a
/// thousand devices whose commit has just ended, those are owed, and told as long as the broker has
/// acknowledged all but kAhead.
///
/// A posting ends when the broker has taken the clearing of its topic, and not before: what was not
/// cleared for certain is cleared again (Reconciliation). Loop thread only.
class Board {
 public:
  /// All references must outlive the board. `proofs` may be null: no device has credentials.
  /// `most_later`: answers that wait for room.
  Board(const base::Context& context, core::Registrations& registrations,
        const credentials::Proofs* proofs, Connection& connection, std::size_t most_later);

  /// Posts how the device stands under all its names; those beside `at_once`, whose posting is
  /// durable, when all of the row is.
  void tell(core::DeviceNo device, std::string_view at_once = {});
  /// The same, when there is room and the row is durable.
  void owe(core::DeviceNo device);
  /// Says `body` once to whoever listens on the registration topic of `id`.
  void say(std::string_view id, std::string_view body);
  /// The same on the topic that a device has named for its answer.
  void respond(std::string_view topic, std::string_view correlation, std::string_view body);
  /// How long it is worth saying.
  enum class Lasts {
    connection,  ///< how a device stands, which it is told anew over the next one
    always,      ///< what became of a message: nobody else says so
  };
  /// The same, when there is room; what lasts, also when the broker is back.
  void respond_later(const Sender& sender, std::string_view body, Lasts lasts);
  /// Says `body` once on the sender's topic for what became of its messages, when there is room, or
  /// when the broker is back.
  void ack_later(const Sender& sender, std::string_view body);
  /// Takes away what stands under a name that is no posting of any device. False: no room now.
  bool clear(std::string_view id);
  /// What should stand on the registration topic of `id` if that is a posting of the device; empty:
  /// nothing, as where the topic does not speak for the device any more.
  std::string wanted(core::DeviceNo device, std::string_view id) const;

  /// Tags whose lower three bits are this are not the board's.
  static constexpr std::uint64_t kOthersTag = 7;
  /// The broker's answer to a publication.
  void answered(std::uint64_t tag, std::uint8_t reason);
  /// Pays what is owed, as far as there is room.
  void end_turn();

  void limit_to(std::size_t most_later) noexcept { room_.limit_to(most_later); }
  std::size_t owed() const noexcept { return owed_to_.size(); }
  bool has_room() const noexcept {
    return connection_.is_ready() && connection_.outstanding() < kAhead;
  }
  bool is_durable(core::DeviceNo device) const;
  /// What the broker has refused is posted again from now on.
  void release_held();
  /// Whether the broker has refused something within kThrownOff before `lost`: Mosquitto 2.0 closes
  /// the connection behind its no.
  bool was_thrown_off(base::TimePoint lost) const noexcept {
    return lost >= denied_at_ && lost - denied_at_ <= kThrownOff;
  }
  /// Whether something was refused by the broker, or found no room to be owed, since the last call.
  bool take_missed() noexcept { return std::exchange(missed_, false); }

 private:
  enum class Kind : std::uint8_t { posted = 1, cleared, said, responded, acked };
  enum class Taken { yes, not_now, never };
  /// Of a topic, until the broker has answered or something else is posted there.
  struct Clearing {
    std::uint64_t tag;
    std::string id;
  };
  static constexpr std::size_t kOwedATurn = 256;
  static constexpr std::size_t kAhead = 256;
  static constexpr std::chrono::milliseconds kThrownOff{500};
  /// If the broker refuses more devices than that, it is taken to refuse all.
  static constexpr std::size_t kMostHeld = 64;
  /// Of an id that is answered at all; a refusal should not cost more than the request did.
  static constexpr std::size_t kMostIdOctets = core::Device::kMostPostingOctets;

  struct Metrics {
    base::metrics::Counter& published(const char* kind) const {
      return base::metrics::counter(registry, "msggw_mqtt_published_total",
                                    "Messages that the broker has taken", {{"kind", kind}});
    }
    base::metrics::Counter& refused(const char* reason) const {
      return base::metrics::counter(registry, "msggw_mqtt_refused_total",
                                    "Requests and publications turned away", {{"reason", reason}});
    }

    base::metrics::Registry& registry;
    std::array<base::metrics::Counter*, 5> taken{&published("registration"), &published("clear"),
                                                 &published("answer"), &published("response"),
                                                 &published("ack")};  ///< by Kind
    base::metrics::Counter& unpublishable = refused("unpublishable");
    base::metrics::Counter& backlog = refused("backlog");
    base::metrics::Gauge& owed =
        base::metrics::gauge(registry, "msggw_mqtt_devices_owed",
                             "Devices to be told how they stand when the broker takes it");
    base::metrics::Gauge& waiting =
        base::metrics::gauge(registry, "msggw_mqtt_answers_waiting",
                             "Answers that wait for room at the broker, or for the broker");
  };

  bool speaks_for(core::DeviceNo device) const;
  bool post(core::DeviceNo device, std::string_view id, std::string_view body);
  Taken publish_to(std::string_view id, std::string_view body, bool retained);
  bool can_name(std::string_view id);
  void publish_later(const Sender& sender, Outgoing message, Lasts lasts);
  std::uint64_t tag_of(Kind kind, core::DeviceNo device = {}) noexcept {
    return std::uint64_t(device) << 32 | (++last_ & 0x1FFFFFFF) << 3 | std::uint64_t(kind);
  }
  template <class Which>
  std::string take_clearing(core::DeviceNo device, Which which);
  bool holds(core::DeviceNo device) const {
    return held_.size() >= kMostHeld || held_.contains(device);
  }
  void pay_responses();
  void pay_devices();
  void tell_denied(std::uint8_t reason);

  core::Registrations& registrations_;
  const credentials::Proofs* proofs_;
  boost::asio::io_context& io_;
  const base::Clock& clock_;
  Connection& connection_;
  Metrics metrics_;
  std::deque<core::DeviceNo> owed_;
  boost::unordered_flat_set<core::DeviceNo> owed_to_;  ///< the same, to be found
  static constexpr std::uint64_t kAnySession = 0;
  /// Waits for room at the broker, and for whom.
  struct Later {
    base::Source source;
    Outgoing message;
    std::uint64_t only_in;  ///< this session of the connection, or kAnySession
  };
  std::deque<Later> later_;
  base::RoomBySource room_;  ///< of these: no device has more than it leaves free
  boost::unordered_flat_map<core::DeviceNo, std::vector<Clearing>> clearings_;
  std::uint64_t last_ = 0;
  boost::unordered_flat_set<core::DeviceNo> held_;  ///< whose postings the broker has refused
  base::TimePoint denied_at_{};
  bool missed_ = false;
  /// The refusals that were told, and in which session: each once.
  std::bitset<256> denied_;
  std::uint64_t denied_in_ = 0;
  base::log::Limit backlog_log_{1};
  Outgoing message_;  ///< reused
};

}  // namespace msggw::mqtt
