// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/wire/coap/alarm.h"
#include "adapters/wire/coap/counters.h"
#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/pushes.h"
#include "adapters/wire/coap/server.h"

namespace msggw::coap {

/// What a server sends unasked, and who is told what became of it; see Server. Loop thread only.
class UnaskedMessages {
 public:
  UnaskedMessages(const base::Context& context, ServerCounters& counters, UnaskedEvents events);
  /// Before anything is sent; the endpoint must have the events of fill().
  void use(Endpoint& endpoint) { endpoint_ = &endpoint; }
  void fill(EndpointEvents& events);

  Server::Notification notify(const Observer& to, std::uint64_t subject, Response response);
  void end_observation(const Observer& to, const Response& response);
  PushNo push(const Peer& to, std::uint64_t subject, Push what) {
    return pushes_.start(to, subject, std::move(what));
  }
  void forget(PushNo push) { pushes_.forget(push); }

 private:
  Pushes::Events push_events();
  void ended(Unasked what, std::uint64_t subject, const Peer& peer, Ending how);
  void wait_for_answers();

  const base::Clock& clock_;
  ServerCounters& counters_;
  UnaskedEvents events_;
  Endpoint* endpoint_ = nullptr;
  Pushes pushes_;
  Alarm answers_;
};

}  // namespace msggw::coap
