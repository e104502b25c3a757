// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/messaging.h"

#include <algorithm>
#include <utility>

#include "adapters/msgin5g/encodings.h"
#include "gateway/base/address.h"

namespace msggw::process {

messages::Policy policy_of(const config::Config& config) {
  messages::Policy policy = config.messages.policy;
  for (const msgin5g::ServerOptions& server : config.msgin5g.servers)
    policy.servers.push_back(server.service_id);
  policy.why_not_carried = [encodings = msgin5g::Encodings(config.msgin5g)](
                               std::string_view application, std::string_view content) {
    return encodings.why_not(application, content);
  };
  return policy;
}

Messaging::Messaging(const base::Context& context, const config::Config& config,
                     core::Gateway& gateway, messages::Queue& queue)
    : options_(config.msgin5g),
      server_side_(queue),
      servers_(context, config.msgin5g, server_side_, gateway.tables()) {
  if (options_.registration == msgin5g::Registration::server)
    servers_.register_devices(gateway.server_registrations());
}

Listener Messaging::listener() const {
  return {base::to_string(msgin5g::own_uri(options_, servers_.port())),
          "MSGin5G Servers, messages for devices"};
}

std::vector<Listener> Messaging::peers() const {
  std::vector<Listener> all;
  for (const msgin5g::ServerOptions& server : options_.servers) {
    for (const base::Uri& uri : server.uris)
      all.push_back({base::to_string(uri), "MSGin5G Server " + server.name});
  }
  return all;
}

bool Messaging::is_served() const {
  for (const msgin5g::ServerState& server : servers_.servers()) {
    if (std::any_of(server.addresses.begin(), server.addresses.end(),
                    [](const auto& address) { return address.answers; }))
      return true;
  }
  return false;
}

bool Messaging::is_known() const {
  for (const msgin5g::ServerState& server : servers_.servers()) {
    if (std::any_of(server.addresses.begin(), server.addresses.end(),
                    [](const auto& address) { return address.answered.has_value(); }))
      return true;
  }
  return false;
}

std::vector<admin::Status::ServerState> Messaging::states() const {
  std::vector<admin::Status::ServerState> all;
  for (msgin5g::ServerState& server : servers_.servers()) {
    admin::Status::ServerState state{server.name, server.service_id, server.under_way, {}};
    for (auto& address : server.addresses) {
      state.addresses.push_back({std::move(address.url),
                                 {},
                                 address.answers,
                                 std::move(address.reason),
                                 address.answered});
    }
    all.push_back(std::move(state));
  }
  return all;
}

}  // namespace msggw::process
