// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sms/link.h"
#include "adapters/sms/options.h"
#include "gateway/base/backoff.h"
#include "gateway/base/context.h"

namespace msggw::sms {

/// One bind at an SMSC, kept up for ever by one link after another: tries the addresses in their
/// order, comes back with full jitter, reports each change of its state (`smsc_bound`,
/// `smsc_lost`). A bind is as good as none until it has held for a while, and one that ends because
/// the SMSC fails (Session::has_failed()) gives way to the next address. Loop thread only.
class Connection {
 public:
  enum class Phase { idle, connecting, bound, waiting };

  /// A message from the SMSC, to be answered. It is the answer's name, also when the link over
  /// which it came has gone.
  struct Request {
    std::uint64_t link = 0;
    smpp::Token token = 0;
  };
  /// Called from the loop and from flush().
  struct Events {
    std::function<void(Connection&, const Request&, const smpp::Message&)> message;
    std::function<void(Connection&, smpp::Ticket, const smpp::Pdu&)> answered;
    std::function<void(Connection&, smpp::Ticket)> unanswered;  ///< it may have arrived
  };
  struct Metrics {
    Metrics(base::metrics::Registry& registry, const std::string& smsc, std::string_view bind);
    base::metrics::Gauge& bound;
    base::metrics::Counter& binds;
    base::metrics::Counter& failures;
    base::metrics::Counter& pdus_in;
    base::metrics::Counter& pdus_out;
    base::metrics::Counter& faults;
    base::metrics::Counter& flaws;
    base::metrics::Counter& timeouts;
    base::metrics::Counter& overload;
    base::metrics::Counter& unknown_responses;
  };

  /// What is kept up, and how. References must outlive the connection.
  struct Setup {
    const SmscOptions& smsc;
    smpp::Command bind;  ///< one of the three binds
    base::BackoffLimits backoff;
    /// Looked at for each link. Null: in cleartext, or not at all if the SMSC has a `ca`.
    const tls::Context& tls;
  };

  Connection(const base::Context& context, const Setup& setup, Events events);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  /// Takes leave in good order and does not come back, but by start().
  void stop();
  /// Takes leave in good order, and comes back at once with the options as they are now.
  void renew();
  /// The options are others, and the bind needs no other: it keeps to them from now on.
  void follow_options();

  Phase phase() const noexcept { return phase_; }
  /// Returns since when it is in this phase.
  base::TimePoint since() const noexcept { return since_; }
  /// Returns when it was bound, or lost, for the last time.
  base::TimePoint turned() const noexcept { return turned_; }
  /// Returns why it is not bound; empty at first, and when it is.
  const std::string& reason() const noexcept { return reason_; }
  /// Returns the address in use, or the one tried last.
  std::string address() const { return base::to_string(options_.addresses[tried_]); }
  /// Returns "transceiver", "transmitter" or "receiver".
  std::string_view bind_name() const noexcept;
  /// Returns true if it is bound for messages to devices.
  bool may_send() const noexcept;
  /// Returns how many messages may be sent now.
  std::size_t room() const noexcept;

  /// As Session::send(). Requires may_send() and room.
  base::Result<> send(smpp::Message message, smpp::Ticket ticket);
  /// Returns false if the link over which the request came has gone; the SMSC then gives it again.
  bool answer(const Request& request, smpp::Status status);
  /// Sends what is to be sent, tells of what has happened. To be called once a turn.
  void flush();

 private:
  static constexpr std::chrono::seconds kGoodAfter{5};

  void connect();
  void on_event(smpp::Event& event);
  void on_ended(const std::string& reason);
  void enter(Phase phase);
  void wait();
  void count();

  base::Context context_;
  const SmscOptions& options_;
  const tls::Context& tls_;
  const smpp::Command bind_;
  Metrics metrics_;
  Events events_;
  base::Backoff backoff_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<Link> link_;
  smpp::SessionCounters counted_;
  std::uint64_t number_ = 0;  ///< of the link
  std::size_t address_ = 0;   ///< the one that is tried next
  std::size_t tried_ = 0;
  base::TimePoint since_{};
  base::TimePoint turned_{};
  Phase phase_ = Phase::idle;
  std::string reason_;
  std::string bind_refused_;       ///< what the SMSC said, until the link has ended
  std::vector<std::string> told_;  ///< by address, why it was not bound, since it was last
  bool stopping_ = false;
  bool renewing_ = false;
};

/// Returns "stopped", "connecting", "bound" or "waiting" (until the next try). Static storage.
std::string_view name_of(Connection::Phase phase) noexcept;

}  // namespace msggw::sms
