// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/coap/doors.h"
#include "adapters/coap/options.h"
#include "adapters/wire/coap/server.h"
#include "gateway/base/context.h"

namespace msggw::coap_adapter {

/// The listeners of the adapter, one for each transport, as one server: which of them a request or
/// a peer is of, its ticket or its session says (coap::server_of()). One that is not configured is
/// there and does not listen. All share their counters. Loop thread only.
class Listeners {
 public:
  using Handle = std::function<coap::Reply(coap::Transport, coap::Incoming&, coap::Response&)>;

  /// See coap::ServerSecurity.
  using Whom = std::function<std::optional<std::uint64_t>(const coap::Identity&)>;

  /// Binds and listens, throws as coap::Server does. `proofs` may be null: then no secure listener
  /// is configured.
  Listeners(const base::Context& context, const Options& options, credentials::Proofs* proofs,
            const Whom& whom, const Handle& handle, const coap::UnaskedEvents& unasked);

  /// 0: it does not listen there.
  std::uint16_t port(coap::Transport transport) const noexcept;
  void stop(const std::string& diagnostic);
  using Places = std::vector<coap::Place>;
  /// For take(): binds what moves, and reads certificate, key and CA of the secure listeners.
  /// Throws as coap::Server::prepare(), and then nothing has changed.
  Places prepare(const Options& options);
  void take(Places places);

  // As coap::Server has them; pushes go over udp in the clear alone.

  void answer(coap::Ticket ticket, coap::Response response,
              coap::Delivery delivery = coap::Delivery::once) {
    of(ticket).answer(ticket, std::move(response), delivery);
  }
  void abandon(coap::Ticket ticket, coap::Reply how) { of(ticket).abandon(ticket, how); }
  bool is_proven(const coap::Peer& peer) const { return of(peer).is_proven(peer); }
  bool is_fair(coap::Ticket ticket, const coap::Response& response) const {
    return of(ticket).is_fair(ticket, response);
  }
  void ping(const coap::Peer& peer, std::uint64_t subject) { of(peer).ping(peer, subject); }
  coap::Server::Notification notify(const coap::Observer& to, std::uint64_t subject,
                                    coap::Response response) {
    return of(to.peer).notify(to, subject, std::move(response));
  }
  void end_observation(const coap::Observer& to, const coap::Response& response) {
    of(to.peer).end_observation(to, response);
  }
  void forget(const coap::Observer& to, const coap::Server::Notification& what) {
    of(to.peer).forget(to, what);
  }
  coap::PushNo push(const coap::Peer& to, std::uint64_t subject, coap::Push what) {
    return of(to).push(to, subject, std::move(what));
  }
  void forget(coap::PushNo push) { servers_[index(coap::Transport::udp)]->forget(push); }
  coap::Reply refuse(coap::Response& out, coap::Reason reason, coap::Code code,
                     std::string_view diagnostic);

 private:
  static constexpr std::size_t index(coap::Transport transport) noexcept {
    return static_cast<std::size_t>(transport);
  }
  coap::Server& of(coap::Ticket ticket) const { return *servers_.at(coap::server_of(ticket)); }
  coap::Server& of(const coap::Peer& peer) const { return *servers_.at(coap::server_of(peer)); }

  std::array<std::unique_ptr<coap::Server>, 4> servers_;  // all are there
};

}  // namespace msggw::coap_adapter
