// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/mqtt/local_stream.h"
#include "adapters/mqtt/options.h"
#include "gateway/base/handle.h"
#include "gateway/base/metrics.h"

struct mosquitto;
extern "C" void mosquitto_destroy(struct mosquitto*);

namespace msggw::mqtt {

/// One message from the broker. Points into the library's buffers: use it before returning.
struct Incoming {
  std::string_view topic;
  std::string_view payload;
  std::string_view response_topic;  ///< MQTT 5, 3.3.2.3.5; empty: none
  std::string_view correlation;     ///< MQTT 5, 3.3.2.3.6; empty: none
};

/// One message for the broker, always QoS 1.
struct Outgoing {
  std::string topic;
  std::string payload;
  std::string correlation;  ///< empty: none
  bool retained = false;
};

/// One MQTT 5 client session at a broker: libmosquitto without its thread and without the network.
/// Octets in, octets out; never waits, knows no loop and no socket of the broker: its owner carries
/// the octets, calls tick(), and looks at phase() after each call. What is given to take() must
/// have passed the filter: libmosquitto 2.0.11 asserts on some packets that a broker may send.
/// After a failure the object is `closed`, reason() says why, and connect() begins again; what the
/// broker has not acknowledged is sent again by the library.
///
/// The session outlives the connection by kSessionExpiry, so that requests which arrive while the
/// gateway is away are delivered later. Loop thread only.
class Link {
 public:
  enum class Phase {
    closed,
    connecting,  ///< up to the broker's CONNACK
    accepted,    ///< up to the broker's SUBACK
    ready,       ///< subscribed; messages flow
  };

  static constexpr std::uint32_t kSessionExpirySeconds = 3'600;
  /// The broker is asked to drop what is longer than this or than the options need, whichever is
  /// more: there is room to receive and refuse with a reason, but a device cannot make the library
  /// allocate the 256 MB of the largest packet.
  static constexpr std::uint32_t kLeastPacketOctets = 2U << 20;
  /// Unacknowledged publications in the library. It walks their list for each publication and each
  /// acknowledgement, and reads up to as many packets in one call, so that a few are enough and
  /// many are dear.
  static constexpr std::size_t kWindow = 128;

  using Receive = std::function<void(const Incoming&)>;

  /// `receive` is called from within read(). Throws std::runtime_error for options that cannot
  /// work; `options` must outlive the link.
  Link(const Options& options, std::vector<std::string> subscriptions,
       base::metrics::Counter& denied, Receive receive);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Begins a connection, with CONNECT. One that is there is dropped.
  void connect();

  Phase phase() const noexcept { return phase_; }
  /// Why the last connection ended, for people.
  const std::string& reason() const noexcept { return reason_; }
  bool session_present() const noexcept { return session_present_; }

  /// Whole packets from the broker. All are dealt with before it returns, unless the connection
  /// ends at one.
  void take(std::string_view octets);
  /// What is to go to the broker next, and how many octets of `to` that is; 0: nothing now. Also
  /// after the end of the connection, for what was written before.
  std::size_t give(std::span<char> to);
  /// Keep-alive; to be called once a second.
  void tick();
  /// Says good-bye and closes. The broker keeps the session.
  void disconnect();
  /// The same for `reason`, which the owner has found, with a reason code for the broker (MQTT 5,
  /// 3.14.2.1).
  void give_up(std::string reason, std::uint8_t code = 0);
  /// The longest packet that the broker is asked to send.
  std::size_t most_packet_octets() const noexcept;

  /// Whether publish() can take another one now.
  bool has_room() const noexcept { return phase_ == Phase::ready && unacknowledged_ < window_; }
  /// Hands one publication to the library, which copies it. False: it never will go out (not a
  /// topic). Requires has_room().
  bool publish(const std::string& topic, std::string_view payload, std::string_view correlation,
               bool retained);

  // From the library's callbacks.
  void received(const Incoming& incoming);
  void answered(bool session_present, std::size_t receive_maximum);
  void subscribed(int id, std::span<const int> codes);
  void acknowledged(int reason_code);
  void lost(int code);

 private:
  using Client = base::Handle<mosquitto, mosquitto_destroy>;

  void set_options();
  bool has_unread() const;
  void read();
  void after(int code, int error);
  void fail(std::string reason);

  const Options& options_;
  LocalStream local_;
  std::vector<std::string> subscriptions_;
  base::metrics::Counter& denied_;
  Receive receive_;
  Client client_;
  base::UniqueFd end_;  ///< ours; the library has the other
  Phase phase_ = Phase::closed;
  std::string reason_ = "not connected yet";
  bool session_present_ = false;
  int subscription_ = 0;  ///< packet identifier of the SUBSCRIBE
  std::size_t window_ = kWindow;
  std::size_t unacknowledged_ = 0;
};

}  // namespace msggw::mqtt
