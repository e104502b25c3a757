// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/servers.h"

#include <algorithm>
#include <boost/json/value.hpp>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "adapters/msgin5g/content.h"
#include "gateway/base/json.h"
#include "gateway/base/log.h"
#include "gateway/base/text.h"

namespace msggw::msgin5g {

namespace {

/// Of a text that the provisioning client has read before; none: it says none that can be used.
std::optional<std::size_t> segment_octets_in(const std::string& service_info) {
  const auto info = base::parse_json(service_info, {.octets = service_info.size()});
  const auto* const size = info ? base::member(*info, "segmentSize") : nullptr;
  if (size == nullptr || !size->is_int64() || size->get_int64() <= 0) return std::nullopt;
  return static_cast<std::size_t>(size->get_int64());
}

void tell_unknown(const core::ServiceProfile& profile) {
  std::string ids;
  for (const std::string& id : profile.server_service_ids)
    ids.append(ids.empty() ? "" : ", ").append(base::printable(id));
  base::log::warn("servers_unknown", {{"service_ids", ids}});
}

bool serves(const FarServer* server) {
  return server->available();
}

}  // namespace

Servers::Servers(const base::Context& context, const Options& options, const core::Tables& devices)
    : context_(context), options_(options), devices_(devices) {
  for (const ServerOptions& server : options.servers)
    servers_.push_back(std::make_unique<FarServer>(context, server, options));
}

std::optional<Way> Servers::way(core::ProfileNo profile, base::TimePoint now) {
  const Route& route = route_of(profile);
  const bool spare = std::any_of(route.servers.begin(), route.servers.end(), serves);
  for (FarServer* const server : route.servers) {
    if (FarAddress* const address = server->pick(now, spare)) return Way{&route, server, address};
    if (server->available()) return std::nullopt;  // it serves, and has no room now
  }
  return std::nullopt;
}

FarServer* Servers::home(core::ProfileNo profile) {
  const auto& servers = route_of(profile).servers;
  const auto serving = std::find_if(servers.begin(), servers.end(), serves);
  if (serving != servers.end()) return *serving;
  return servers.empty() ? nullptr : servers.front();
}

bool Servers::have_devices_in_common(const FarServer& one, const FarServer& other) const {
  return std::any_of(routes_.begin(), routes_.end(), [&](const std::optional<Route>& route) {
    const auto has = [&](const FarServer& server) {
      return std::find(route->servers.begin(), route->servers.end(), &server) !=
             route->servers.end();
    };
    return route && has(one) && has(other);
  });
}

std::vector<FarServer*> Servers::all() const {
  std::vector<FarServer*> all;
  for (const auto& server : servers_) all.push_back(server.get());
  return all;
}

std::optional<base::TimePoint> Servers::next_turn(base::TimePoint now) const {
  std::optional<base::TimePoint> next;
  for (const auto& server : servers_) {
    const auto time = server->next_turn(now);
    if (time) next = next ? std::min(*next, *time) : *time;
  }
  return next;
}

void Servers::end_turn(base::TimePoint now) {
  for (const auto& server : servers_) server->end_turn(now);
  for (const auto& server : gone_) server->end_turn(now);
}

bool Servers::reconfigure() {
  bool all = true;
  std::vector<std::unique_ptr<FarServer>> now;
  for (const ServerOptions& options : options_.servers) {
    const auto has_its_name = [&](const auto& server) {
      return server != nullptr && server->options().name == options.name;
    };
    std::unique_ptr<FarServer> server;
    for (auto* before : {&servers_, &gone_}) {
      const auto found = std::find_if(before->begin(), before->end(), has_its_name);
      if (found == before->end()) continue;
      server = std::move(*found);
      break;
    }
    try {
      if (server == nullptr)
        server = std::make_unique<FarServer>(context_, options, options_);
      else
        all = server->reconfigure(options) && all;
      now.push_back(std::move(server));
    } catch (const std::runtime_error& error) {  // a file that was good a moment ago
      base::log::error("server_reload_failed", {{"reason", error.what()}});
      all = false;
    }
  }
  std::move(servers_.begin(), servers_.end(), std::back_inserter(gone_));
  std::erase(gone_, nullptr);
  servers_ = std::move(now);
  routes_.clear();
  return all;
}

std::vector<ServerState> Servers::states() const {
  std::vector<ServerState> all;
  for (const auto& server : servers_) all.push_back(server->state());
  return all;
}

const Route& Servers::route_of(core::ProfileNo profile) {
  const auto place = static_cast<std::size_t>(profile);
  if (place >= routes_.size()) routes_.resize(place + 1);
  if (!routes_[place]) routes_[place] = make_route(devices_.profile(profile));
  return *routes_[place];
}

Route Servers::make_route(const core::ServiceProfile& profile) const {
  Route route{{}, options_.cutting};
  for (const std::string& id : profile.server_service_ids) {
    for (const auto& server : servers_) {
      if (server->options().service_id == id) route.servers.push_back(server.get());
    }
  }
  if (route.servers.empty()) tell_unknown(profile);
  Cutting own = options_.cutting;
  own.segment_octets = segment_octets_in(profile.service_info).value_or(own.segment_octets);
  if (!why_wrong(own)) route.cutting = own;
  return route;
}

}  // namespace msggw::msgin5g
