// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sms/connection.h"
#include "adapters/sms/options.h"
#include "adapters/sms/smpp/pace.h"
#include "gateway/base/log.h"

namespace msggw::sms {

/// One SMSC: its one or two binds, and the pace at which it takes messages. Loop thread only.
class Smsc {
 public:
  struct Request {
    SmscNo smsc{};
    std::size_t connection = 0;
    Connection::Request request;
    /// The batch of messages with which all is durable that its answer is about.
    std::uint64_t after = 0;
  };
  struct Events {
    std::function<void(const Request&, const smpp::Message&)> message;
    std::function<void(SmscNo, smpp::Ticket, const smpp::Pdu&)> answered;
    std::function<void(smpp::Ticket)> unanswered;
  };

  /// The SMSC `no` of `options`. Throws std::runtime_error for a TLS file that cannot be used.
  Smsc(const base::Context& context, const Options& options, SmscNo no, const Events& events);

  /// Does nothing if it has been started and not stopped since.
  void start();
  void stop();
  /// Other options from now on, all but name and bind. Binds that would be made otherwise now are
  /// made anew; the files of TLS are read again, for connections to come, and where they cannot be
  /// used the old ones stay. Events say so.
  void reconfigure(const SmscOptions& options);

  /// Returns true if every bind that it has is up.
  bool is_bound() const noexcept;
  /// Returns true if a bind over which messages can be sent is up.
  bool may_send() const noexcept;
  /// Returns true if a message may be sent now; it is then counted against the pace.
  bool take_room(base::TimePoint now);
  /// Returns when the pace lets the next message go. Returns none if the window is full or nothing
  /// is bound.
  std::optional<base::TimePoint> room_at(base::TimePoint now);
  /// Returns when a connection that brings messages was bound, or lost, for the last time: an
  /// answer to what came before may not have arrived.
  base::TimePoint turned() const noexcept;
  /// As Connection::send().
  base::Result<> send(smpp::Message message, smpp::Ticket ticket);
  /// As Connection::answer().
  bool answer(const Request& request, smpp::Status status);
  /// The SMSC said "not so fast".
  void slow_down(base::TimePoint now);
  /// Sends what is to be sent, tells of what has happened. To be called once a turn.
  void flush();

  /// One for each bind, in their order; at least one.
  const std::vector<std::unique_ptr<Connection>>& connections() const noexcept {
    return connections_;
  }
  SmscNo no() const noexcept { return no_; }
  const SmscOptions& options() const noexcept { return options_; }

 private:
  Connection* sender() const noexcept;
  void read_tls();

  const SmscNo no_;
  SmscOptions options_;
  tls::Source tls_;
  const base::Clock& clock_;
  smpp::Pace pace_;
  base::log::Limit throttled_log_{1};
  base::metrics::Gauge& rate_;
  std::vector<std::unique_ptr<Connection>> connections_;
  bool is_started_ = false;
};

}  // namespace msggw::sms
