// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "adapters/msgin5g/device_registrar.h"
#include "adapters/msgin5g/encodings.h"
#include "adapters/msgin5g/face.h"
#include "adapters/msgin5g/options.h"
#include "adapters/msgin5g/sender.h"
#include "adapters/msgin5g/token_guard.h"
#include "adapters/wire/http/server.h"
#include "gateway/base/context.h"
#include "gateway/core/open_requests.h"
#include "gateway/core/server_registrations.h"
#include "gateway/core/tables.h"
#include "gateway/messages/server_side.h"

namespace msggw::msgin5g {

/// The side of the MSGin5G Servers: takes what they deliver (TS 29.538 6.2, 6.3), answers it when
/// it is durable, and brings them what devices send. Loop thread only.
class ServerAdapter final : private Receiver {
 public:
  /// `side` and `devices` must outlive it, and a registrar too. Throws std::runtime_error if a
  /// certificate or key towards a server cannot be used.
  ServerAdapter(const base::Context& context, Options options, messages::ServerSide& side,
                const core::Tables& devices);
  ServerAdapter(const ServerAdapter&) = delete;
  ServerAdapter& operator=(const ServerAdapter&) = delete;

  /// From start() on devices are registered at their servers, and go on when they are. `door` must
  /// outlive this. Before start(); never for Registration::none.
  void register_devices(core::ServerRegistrations& door);
  /// Listens. Throws as http::Server (what, where, why, the way out) for a taken port and a file
  /// that cannot be used, and std::runtime_error for a listener that would be open to the network
  /// (why_not_open()).
  void start();
  /// Requires start().
  std::uint16_t port() const noexcept { return server_->port(); }

  /// An answer of messages::Outbox::to_server. The ticket may be unknown by now.
  void answer(const messages::Answer& answer);
  /// Once at the end of each turn, after the answers: sends what may be sent.
  void end_turn(base::TimePoint now);
  /// Takes nothing new from now on, from neither side; answers still go out.
  void stop() noexcept;
  /// After stop(): whether everybody has their answer, servers and this gateway.
  bool idle() const noexcept {
    return open_.size() == 0 && sender_.idle() && (!device_registrar_ || device_registrar_->idle());
  }
  /// For reconfigure(): a listener by other options, bound if it moves. After start(), throws as
  /// that.
  http::Place prepare(const Options& options) const;
  /// Other options from now on, all but whether and for how long devices are registered; servers
  /// are told of a listener that has moved. Certificates and keys towards servers are read again,
  /// for connections from now on; where they cannot be used the old ones stay. Logs what it did.
  void reconfigure(const Options& options, http::Place place);

  /// Another one than that of register_devices(), for tests. Without any, a message that a server
  /// refuses because it does not know the device ends.
  void set_registrar(Registrar* registrar) noexcept { sender_.set_registrar(registrar); }
  /// A device that was lost (Registrar) is registered again.
  void registered(core::DeviceNo device) { sender_.registered(device); }
  /// ... or the server says that it does not register it.
  void not_registered(core::DeviceNo device) { sender_.not_registered(device); }

  /// In the order of the configuration.
  std::vector<ServerState> servers() const { return servers_.states(); }

 private:
  PayloadEncoding encoding_of(const messages::Message& message) override;
  void deliver_message(Role role, messages::Message message, Ticket ticket) override;
  void deliver_report(Role role, messages::Report report, Ticket ticket) override;
  std::optional<Problem> no_room() const;
  std::optional<Problem> check_token(Role role, std::string_view authorization, bool is_answered);
  bool renew_guard();
  void park(const Ticket& ticket, const std::optional<messages::Answer>& answer);
  void plan_next_turn(base::TimePoint now);
  base::Uri target() const { return options_.target_uri.root.value_or(own_uri(options_, port())); }

  base::Context context_;
  Options options_;
  messages::ServerSide& side_;
  Encodings encodings_;
  std::optional<TokenGuard> guard_;
  base::log::Limit token_log_;
  Face face_;
  Servers servers_;
  Sender sender_;
  std::optional<DeviceRegistrar> device_registrar_;
  core::OpenRequests<std::optional<Ticket>> open_;
  base::metrics::Gauge& open_gauge_;
  bool stopped_ = false;
  boost::asio::steady_timer timer_;
  base::TimePoint timer_at_{base::TimePoint::max()};
  std::optional<http::Server> server_;
};

}  // namespace msggw::msgin5g
