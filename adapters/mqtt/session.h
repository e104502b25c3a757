// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/mqtt/outstanding.h"
#include "adapters/mqtt/protocol/checker.h"
#include "adapters/mqtt/protocol/writer.h"
#include "gateway/base/clock.h"
#include "gateway/base/metrics.h"
#include "gateway/base/result.h"

namespace msggw::mqtt {

/// One message from the broker. Points into the session's buffer: use it before returning.
struct Incoming {
  /// How it came by its RETAIN flag (MQTT 5, 3.3.1.3).
  enum class Retained {
    no,
    now,     ///< published with it just now; without a payload that clears what is stored
    before,  ///< stored at the broker since some time before this session
  };

  std::string_view topic;  ///< any octets
  std::string_view payload;
  std::string_view response_topic;  ///< MQTT 5, 3.3.2.3.5; empty: none
  std::string_view correlation;     ///< MQTT 5, 3.3.2.3.6; empty: none
  Retained retained = Retained::no;
  bool faulty = false;               ///< as protocol::Properties has it
  std::string_view properties = {};  ///< MQTT 5, for protocol::user_property()
  std::uint16_t packet_id = 0;       ///< 0: QoS 0
  bool again = false;  ///< DUP: the broker may have handed it over before, and was not told so
  std::uint32_t expiry_s = 0;  ///< MQTT 5, 3.3.2.3.3: as much as is left; 0: none
};

/// One client session at a broker, MQTT 5 or 3.1.1. Octets in, octets out; knows no loop and no
/// socket: its owner carries the octets, calls tick(), and looks at phase() after each call. A
/// packet that is not as the standard wants it ends the connection. After an end the object is
/// `closed`, error() says why, and begin() begins again; what the broker has not acknowledged is
/// then sent again, in its order.
///
/// A broker of MQTT 5 is asked for packets of at most Settings::connect.maximum_packet_size octets.
/// One of 3.1.1 cannot be, and would hand over again what ended a connection: of a longer message
/// the first so many octets are received, and what is behind them is read over.
///
/// The session outlives the connection, so that requests which arrive while the gateway is away
/// are delivered later. What comes with QoS 1 is acknowledged when its receiver has it durable, and
/// in its order (MQTT 5, 4.6). Both buffers are bounded: the one from the broker by
/// Settings::connect.maximum_packet_size, the one to it as long as nothing is dealt with while
/// is_full(). Loop thread only.
class Session {
 public:
  enum class Phase {
    closed,
    connecting,  ///< up to the broker's CONNACK
    accepted,    ///< up to the broker's SUBACK
    ready,       ///< subscribed; messages flow
  };

  /// From the broker and not yet acknowledged; in MQTT 5 it is asked for not more (3.1.2.11.3).
  static constexpr std::size_t kReceiveMaximum = 1'024;
  /// One that gives more than there are packet identifiers is left.
  static constexpr std::size_t kMostUnacknowledged = 65'535;
  static constexpr std::size_t kReadOctets = 64U << 10;
  static constexpr std::size_t kMostOutgoing = 64U << 10;
  /// Given back by a receiver that will not deal with a message: it is never acknowledged, and
  /// whoever continues the session gets it.
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  /// The reason code of a publication that is not sent any more (let_go()); the standard has none
  /// of that number.
  static constexpr std::uint8_t kNotSent = 0xFF;

  /// The tag of a publication, and the broker's reason code for it: below 128 it has been taken.
  using Answered = std::function<void(std::uint64_t tag, std::uint8_t reason)>;
  /// Takes a message and gives back the number with which it may be acknowledged (settle());
  /// 0: at once.
  using Receive = std::function<std::uint64_t(const Incoming&)>;

  struct Settings {
    protocol::Connect connect;
    std::vector<protocol::Subscription> subscriptions;
    /// The session is one of a group: it needs shared subscriptions, and ends with leave().
    bool shared = false;
  };
  /// What the broker lets the gateway have; less than it asks for is a degraded service.
  struct Grants {
    protocol::Version version = protocol::Version::mqtt5;
    bool qos_1 = true;           ///< publications
    bool qos_1_requests = true;  ///< subscriptions
    bool retain = true;
  };
  /// Where what is retained now is asked for beside the subscriptions.
  enum class Watch {
    none,
    asked,    ///< up to the broker's SUBACK
    granted,  ///< messages come
    refused,
  };

  /// `denied` counts the publications that the broker refuses. `receive` is called from within
  /// deal(), `answered` from within deal(), publish(), settle() and let_go().
  Session(Settings settings, base::metrics::Counter& denied, Receive receive, Answered answered);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Of the connections to come.
  void set_connect(protocol::Connect connect) { settings_.connect = std::move(connect); }
  const protocol::Connect& connect() const noexcept { return settings_.connect; }
  /// Begins a connection with CONNECT.
  void begin(protocol::Version version, base::TimePoint now);

  Phase phase() const noexcept { return phase_; }
  /// Why the last connection ended. `malformed`, `incorrect`, `too_large`: the broker sent a wrong
  /// packet; `unsupported`: it does not speak this version; `refused`, `unavailable`: it says so.
  const base::Error& error() const noexcept { return error_; }
  /// Whether the broker has said anything on this connection.
  bool has_heard() const noexcept { return has_heard_; }
  bool session_present() const noexcept { return session_present_; }
  const Grants& grants() const noexcept { return grants_; }

  /// Where the next octets from the broker go; never empty. Only while deal() has no more.
  std::span<char> room();
  void received(std::size_t octets) noexcept {
    end_ += octets;
    has_heard_ = has_heard_ || octets > 0;
  }
  /// Deals with up to `most` whole packets. True: there may be more for another turn.
  bool deal(std::size_t most, base::TimePoint now);

  /// What is to be sent, the oldest first; also after the end, for a DISCONNECT.
  std::string_view to_broker() const noexcept {
    return std::string_view(outgoing_).substr(written_);
  }
  void written(std::size_t octets, base::TimePoint now);
  /// Nothing more is read until some is sent.
  bool is_full() const noexcept { return unsent() >= kMostOutgoing; }

  /// All messages with a number up to this one may be acknowledged.
  void settle(std::uint64_t number);
  /// Keep-alive; to be called once a second.
  void tick(base::TimePoint now);
  /// Ends the connection for `error`, which the owner has found; DISCONNECT says what kind it is.
  /// The broker keeps the session.
  void give_up(base::Error error) { end(std::move(error)); }
  /// After an end: what is perishable is answered with kNotSent, and no later connection sees it.
  void let_go();
  /// Says good-bye for good: the broker keeps the session for the next gateway, unless it is one of
  /// a group, whose share goes to the others.
  void leave();

  /// Whether publish() can take another one now.
  bool has_room() const noexcept {
    return phase_ == Phase::ready && !outstanding_.is_full() && unsent() < kMostOutgoing;
  }
  /// Publications that the broker has not acknowledged, or not got yet.
  std::size_t outstanding() const noexcept { return outstanding_.size(); }
  /// Takes one publication. False: it never will go out (not a topic, or too long for MQTT); its
  /// tag has been answered. Requires has_room().
  bool publish(const Outgoing& message);

  /// Asks for everything that is retained at `filter`, and for what is published there by others.
  /// Requires that the session is ready.
  void watch(const std::string& filter);
  /// Until the next connection or unwatch().
  Watch watched() const noexcept { return watch_; }
  void unwatch(const std::string& filter);

 private:
  struct Unsettled {
    std::uint16_t id;
    std::uint64_t number;
  };

  std::size_t unsent() const noexcept { return outgoing_.size() - written_; }
  base::Result<std::optional<protocol::Header>> header_of(std::string_view octets,
                                                          std::size_t& excess) const;
  bool read_over(base::TimePoint now);
  base::Result<std::optional<protocol::Packet>> next();
  void take(const protocol::Packet& packet);
  void accepted(const protocol::Packet& connack);
  void subscribed(const protocol::Packet& suback);
  void delivered(const protocol::Packet& publish);
  void acknowledged(const protocol::Packet& puback);
  void answer(std::optional<std::uint64_t> tag, std::uint8_t reason);
  const char* unusable(const protocol::Properties& connack) const;
  void acknowledge();
  void send_outstanding();
  void end(base::Error error, bool ends_session = false);

  Settings settings_;
  base::metrics::Counter& denied_;
  Receive receive_;
  Answered answered_;
  protocol::Checker checker_;
  Grants grants_;
  Phase phase_ = Phase::closed;
  Watch watch_ = Watch::none;
  std::uint16_t watch_id_ = 0;
  base::Error error_{base::Errc::unavailable, "not connected yet"};
  bool has_heard_ = false;
  bool session_present_ = false;
  std::chrono::seconds keep_alive_{};
  std::uint32_t broker_takes_ = 0;  ///< octets of a packet; 0: any
  std::vector<char> incoming_;
  std::size_t begin_ = 0;  ///< of what is in incoming_ and not yet dealt with
  std::size_t end_ = 0;
  std::size_t excess_ = 0;  ///< of the last packet, still to be read over
  std::string outgoing_;
  std::size_t written_ = 0;
  std::deque<Unsettled> unsettled_;
  std::uint64_t settled_ = 0;
  Outstanding outstanding_;
  base::TimePoint last_sent_{};
  base::TimePoint last_received_{};
  std::optional<base::TimePoint> pinged_;  ///< and not answered
};

}  // namespace msggw::mqtt
