// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "adapters/wire/coap/server.h"
#include "gateway/base/context.h"
#include "provisioning/function/desk.h"
#include "provisioning/function/parking.h"
#include "provisioning/function/trial.h"

namespace msggw::function {

/// What /.well-known/core says of the Provisioning Function.
std::vector<coap::ListedResource> listed_resources();

/// One CoAP listener of the Provisioning Function, with the resources and bodies of HTTP except for
/// bulk requests, and beside them `/msgin5g` for MSGin5G messages (docs/provisioning-openapi.yaml
/// tells both). Codes are those of the statuses: 201 2.01 with Location-Path, 200 2.04 after POST
/// and 2.05 after GET, 204 2.02, 4xx and 5xx the code with the same meaning; Retry-After is
/// Max-Age. Bodies are JSON (50) or CBOR (60), those of errors too: problem documents. A body
/// without a Content-Format is JSON. Loop thread only.
class CoapFace {
 public:
  /// Binds, if it is to listen. `desk` must outlive this object. Throws as coap::Server does.
  CoapFace(const base::Context& context, base::Scheme channel, const coap::ServerOptions& listener,
           Desk& desk);

  /// From now on a tester decides what goes wrong; must outlive this object.
  void watch(Trials& trials) noexcept { trials_ = &trials; }

  base::Scheme channel() const noexcept { return channel_; }
  std::uint16_t port() const noexcept { return server_.port(); }  ///< 0: it does not listen

  /// Gives the answers that waited for this commit.
  void committed(CommitNo no);

  // As coap::Server has them.
  coap::Place prepare(const coap::ServerOptions& listener) { return server_.prepare(listener); }
  void take(coap::Place place) { server_.take(std::move(place)); }

 private:
  using To = Watched<coap::Ticket>;

  coap::Reply handle(coap::Incoming& incoming, coap::Response& out);
  coap::Reply try_out(const Call& call, coap::Incoming& incoming, coap::Response& out);
  void give(coap::Ticket to, Reply&& reply, coap::Delivery delivery, bool plain_text);
  void give_spoilt(To& to, Reply&& reply);

  Desk& desk_;
  Trials* trials_ = nullptr;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  ///< an answer too late finds it gone
  base::Scheme channel_;
  std::uint32_t most_body_octets_;
  Parking<To> parking_;
  coap::Server server_;
};

}  // namespace msggw::function
