// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/wire/http/server.h"
#include "provisioning/function/desk.h"
#include "provisioning/function/parking.h"
#include "provisioning/function/trial.h"

namespace msggw::function {

/// The Provisioning Function over HTTP (docs/provisioning-openapi.yaml): puts requests to the desk
/// and its replies into HTTP. An answer that promises what is not durable yet is parked until the
/// commit. Loop thread only.
class HttpFace {
 public:
  /// `desk` must outlive this object.
  explicit HttpFace(Desk& desk) : desk_(desk) {}

  /// From now on a tester decides what goes wrong; must outlive this object.
  void watch(Trials& trials) noexcept { trials_ = &trials; }

  /// `channel` is http or https.
  void handle(base::Scheme channel, const http::Request& request, const http::Responder& responder);

  /// Gives the answers that waited for this commit.
  void committed(CommitNo no);

  /// Forgets what waits: the listeners are closed.
  void drop_parked() noexcept { parking_.drop(); }

 private:
  using To = Watched<http::Responder>;

  void try_out(const Call& call, const http::Responder& responder);
  void give(To& to, Reply&& reply);
  void give_spoilt(To& to, Reply&& reply);

  Desk& desk_;
  Trials* trials_ = nullptr;
  Parking<To> parking_;
};

}  // namespace msggw::function
