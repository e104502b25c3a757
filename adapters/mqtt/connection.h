// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/mqtt/options.h"
#include "adapters/mqtt/session.h"
#include "adapters/mqtt/stream.h"
#include "adapters/mqtt/topics.h"
#include "adapters/wire/tls/contexts.h"
#include "gateway/base/backoff.h"
#include "gateway/base/context.h"
#include "gateway/base/metrics.h"

namespace msggw::mqtt {

/// The connection to the broker, kept up for ever: resolves, connects, carries octets between the
/// stream and the session, keeps alive, and comes back with full jitter. MQTT 5 is tried first
/// after each loss, and 3.1.1 where the broker refuses it or closes twice without a word. A wrong
/// packet ends the connection like any other loss. Reports each change of the state, and of the
/// reason while it is down, as `broker_connected`, `broker_degraded` and `broker_lost`. Loop thread
/// only.
class Connection {
 public:
  /// Packets taken in before the loop's other sources have their turn.
  static constexpr std::size_t kPacketsATurn = 64;
  /// From the first SYN to the broker's SUBACK.
  static constexpr std::chrono::seconds kConnectWithin{10};
  /// So often a broker may end a connection at CONNECT before it is taken for one of MQTT 3.1.1.
  static constexpr unsigned kClosedEarly = 2;
  /// A connection that lasted this long was a good one: the next wait is a short one again.
  static constexpr std::chrono::seconds kGoodAfter{5};

  /// Whom the session calls (Session).
  struct Handlers {
    Session::Receive receive;
    Session::Answered answered;
  };

  /// `receive` is called from the loop, between turns of others; `answered` also at the end of a
  /// connection. Payloads of devices may have `most_octets`. Throws std::runtime_error for options
  /// that cannot work. `options` must outlive the connection.
  Connection(const base::Context& context, const Options& options, Topics topics,
             std::size_t most_octets, Handlers handlers);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() {
    is_started_ = true;
    try_connect();
  }
  /// Leaves at the broker what is not yet read, for whoever continues the session; still sends.
  void stop_reading() { reading_ = false; }
  /// The options have changed in place, all but client_id and those that stand in topics. Reads the
  /// TLS files, for connections to come; the old ones stay if they cannot be used. The connection
  /// is made anew if it leads elsewhere now, or begins otherwise.
  void reconfigure(std::size_t most_octets);

  const Options& options() const noexcept { return options_; }
  const Topics& topics() const noexcept { return topics_; }

  bool is_ready() const noexcept { return session_.phase() == Session::Phase::ready; }
  /// What there is to know of a broker that can do less than is used; empty: nothing.
  std::string lacks() const;
  const Session::Grants& grants() const noexcept { return session_.grants(); }
  /// Why there is no session now, or was none the last time, for people.
  const std::string& reason() const noexcept { return reason_; }
  /// Publications taken that the broker has not acknowledged yet.
  std::size_t outstanding() const noexcept { return session_.outstanding() + queue_.size(); }

  /// How often there was a connection with a session: another number, another connection.
  std::uint64_t sessions() const noexcept { return sessions_; }
  /// Whether the broker has kept the session of the connection before; else what waited in it for
  /// the gateway is lost.
  bool is_continued() const noexcept { return session_.session_present(); }

  /// When the last connection ended.
  base::TimePoint lost_at() const noexcept { return lost_at_; }

  /// False: not taken, because the broker is away or Options::max_outgoing is reached. What is
  /// taken and has a tag is answered once, unless the process ends before.
  bool publish(const Outgoing& message);
  /// As Session has them.
  void watch(const std::string& filter) { session_.watch(filter); }
  void unwatch(const std::string& filter) { session_.unwatch(filter); }
  Session::Watch watched() const noexcept { return session_.watched(); }
  /// Messages that the receiver gave a number up to this one may be acknowledged.
  void settle(std::uint64_t number) { session_.settle(number); }
  /// Sends what was published or settled since the last time.
  void flush() { pump(); }

 private:
  struct Metrics {
    base::metrics::Counter& refused(const char* reason) const {
      return base::metrics::counter(registry, "msggw_mqtt_refused_total",
                                    "Requests and publications turned away", {{"reason", reason}});
    }

    base::metrics::Registry& registry;
    base::metrics::Gauge& connected = base::metrics::gauge(
        registry, "msggw_mqtt_connected", "Whether the gateway has a session at the broker");
    base::metrics::Counter& reconnects = base::metrics::counter(
        registry, "msggw_mqtt_reconnects_total", "Connections to the broker after the first");
    base::metrics::Counter& denied = refused("denied_by_broker");
    base::metrics::Counter& unpublishable = refused("unpublishable");
    base::metrics::Counter& wrong_packets = base::metrics::counter(
        registry, "msggw_mqtt_wrong_packets_total",
        "Packets of the broker that MQTT does not allow; each ended a connection");
    base::metrics::Gauge& lacks(const char* feature) const {
      return base::metrics::gauge(registry, "msggw_mqtt_broker_lacks",
                                  "Whether the broker cannot do what the gateway would use",
                                  {{"feature", feature}});
    }
    base::metrics::Gauge& lacks_mqtt_5 = lacks("mqtt5");
    base::metrics::Gauge& lacks_qos_1 = lacks("qos1");
    base::metrics::Gauge& lacks_retain = lacks("retain");
  };
  enum class Stage { away, opening, open };
  enum class Reported { nothing, connected, lost };

  template <class Handler>
  auto while_alive(Handler handler);

  tls::Options tls_options() const;
  void read_tls();
  void try_connect();
  void resolve();
  void connect_to_next();
  void opened();
  void wait_readable();
  void read_soon();
  void on_readable();
  bool read();
  void look();
  void pump();
  bool push();
  bool another_version(const base::Error& error);
  void report(const std::string& reason);
  void wait_a_second();
  void on_second();
  void drain();
  void hand_over(const Outgoing& message);
  void connected();
  void report_connected();
  void broken(const base::Error& error);
  void over();
  void lost(const base::Error& error);
  void let_go();

  const Options& options_;
  std::string endpoint_;  ///< where options_ led when it was looked at last
  Topics topics_;
  const base::Clock& clock_;
  Metrics metrics_;
  tls::Source tls_;
  Session::Answered answered_;
  Session session_;
  base::Backoff backoff_;
  boost::asio::ip::tcp::resolver resolver_;
  Stream stream_;
  boost::asio::steady_timer timer_;  ///< the next try, or the next second
  std::deque<Outgoing> queue_;
  std::vector<Stream::Endpoint> addresses_;               ///< not yet tried, the next one last
  protocol::Version version_ = protocol::Version::mqtt5;  ///< of the next try
  Stream::Endpoint address_;                              ///< of this try
  std::string reason_ = "not connected yet";
  base::TimePoint began_{};  ///< this try, then this connection
  base::TimePoint lost_at_{};
  Stage stage_ = Stage::away;
  Reported reported_ = Reported::nothing;
  std::uint64_t sessions_ = 0;
  unsigned closed_early_ = 0;  ///< connections in a row that ended without a word
  bool is_started_ = false;
  bool was_ready_ = false;
  bool waiting_for_room_ = false;  ///< at the broker
  bool held_ = false;              ///< not reading, because what goes to the broker must go first
  bool reading_ = true;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace msggw::mqtt
