// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "adapters/msgin5g/adapter.h"
#include "gateway/admin/status.h"
#include "gateway/base/context.h"
#include "gateway/config/sections/config.h"
#include "gateway/core/gateway.h"
#include "gateway/messages/policy.h"
#include "gateway/messages/server_side.h"
#include "gateway/process/listeners.h"

namespace msggw::process {

/// Where devices may send: to servers that are configured.
messages::Policy policy_of(const config::Config& config);

/// Messages between devices and MSGin5G Servers, wired: there where [msgin5g] is enabled, and only
/// there. Loop thread only.
class Messaging {
 public:
  /// All must outlive it. Throws as msgin5g::ServerAdapter.
  Messaging(const base::Context& context, const config::Config& config, core::Gateway& gateway,
            messages::Queue& queue);

  messages::ServerSide& server_side() noexcept { return server_side_; }
  msgin5g::ServerAdapter& servers() noexcept { return servers_; }

  /// After servers().start().
  Listener listener() const;
  /// The addresses of all servers, in their order.
  std::vector<Listener> peers() const;
  /// Whether some server has answered since the start.
  bool is_known() const;
  /// Whether some server answers.
  bool is_served() const;
  std::vector<admin::Status::ServerState> states() const;

 private:
  const msgin5g::Options& options_;
  messages::ServerSide server_side_;
  msgin5g::ServerAdapter servers_;
};

}  // namespace msggw::process
