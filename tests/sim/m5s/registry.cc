// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/registry.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <utility>

#include "tests/sim/m5s/date_time.h"

namespace msggw::m5s {

Registry::Put Registry::put(Registration registration, Instant now) {
  registration.until = now + registration.lifetime;
  const auto found = devices_.find(registration.service_id);
  if (found == devices_.end()) {
    if (devices_.size() >= kMostDevices) return Put::full;
    std::string id = registration.service_id;
    devices_.emplace(std::move(id), std::move(registration));
    return Put::created;
  }
  const bool was_there = found->second.until > now;
  found->second = std::move(registration);
  return was_there ? Put::renewed : Put::created;
}

bool Registry::remove(std::string_view service_id, Instant now) {
  const auto found = devices_.find(service_id);
  if (found == devices_.end() || found->second.until <= now) return false;
  found->second.until = Instant(0);
  return true;
}

const Registration* Registry::find(std::string_view service_id, Instant now) const {
  const auto found = devices_.find(service_id);
  return found == devices_.end() || found->second.until <= now ? nullptr : &found->second;
}

std::optional<std::string> Registry::add(ApplicationServer server) {
  if (!servers_.contains(server.service_id) && servers_.size() >= kMostServers) return std::nullopt;
  server.registration = "as-" + std::to_string(++last_registration_);
  std::string registration = server.registration;
  std::string id = server.service_id;
  servers_.insert_or_assign(std::move(id), std::move(server));
  return registration;
}

void Registry::add_own(std::string service_id) {
  ApplicationServer own;
  own.service_id = service_id;
  servers_.insert_or_assign(std::move(service_id), std::move(own));
}

std::optional<std::string> Registry::remove_server(std::string_view registration) {
  const auto found = std::find_if(servers_.begin(), servers_.end(), [&](const auto& one) {
    return !registration.empty() && one.second.registration == registration;
  });
  if (found == servers_.end()) return std::nullopt;
  std::string id = found->first;
  servers_.erase(found);
  return id;
}

const ApplicationServer* Registry::server(std::string_view service_id) const {
  const auto found = servers_.find(service_id);
  return found == servers_.end() ? nullptr : &found->second;
}

bool Registry::set_group(const std::string& id, std::vector<std::string> members) {
  if (members.empty()) {
    groups_.erase(id);
    return true;
  }
  if (members.size() > kMostMembers) return false;
  if (!groups_.contains(id) && groups_.size() >= kMostGroups) return false;
  groups_[id] = std::move(members);
  return true;
}

const std::vector<std::string>* Registry::group(std::string_view id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : &found->second;
}

Route Registry::route(const Address& to, Instant now) const {
  if (to.type == "UE") {
    const auto found = devices_.find(to.id);
    if (found == devices_.end()) return {};
    return {found->second.until > now ? Route::Kind::gateway : Route::Kind::away, &found->second,
            nullptr};
  }
  if (to.type != "AS") return {Route::Kind::not_handled, nullptr, nullptr};
  const ApplicationServer* const found = server(to.id);
  if (found == nullptr) return {};
  return {found->target ? Route::Kind::server : Route::Kind::inbox, nullptr, found};
}

Address Registry::member(const std::string& service_id) const {
  return {servers_.contains(service_id) ? "AS" : "UE", service_id};
}

void Registry::forget() {
  devices_.clear();
  std::erase_if(servers_, [](const auto& one) { return !one.second.registration.empty(); });
}

boost::json::array Registry::show_devices(std::string_view after, std::size_t most,
                                          Instant now) const {
  boost::json::array all;
  for (auto next = devices_.upper_bound(after); next != devices_.end() && all.size() < most;
       ++next) {
    const Registration& one = next->second;
    boost::json::object shown{{"ueSvcId", one.service_id},
                              {"gwType", name_of(one.kind)},
                              {"targetUri", base::to_string(one.target)},
                              {"lifetime", one.lifetime.count()},
                              {"registered", one.until > now}};
    if (one.segment_octets) shown["segSize"] = *one.segment_octets;
    if (one.until > now) shown["until"] = print_date_time(one.until);
    all.emplace_back(std::move(shown));
  }
  return all;
}

boost::json::array Registry::show_servers() const {
  boost::json::array all;
  for (const auto& [id, one] : servers_) {
    boost::json::object shown{{"asSvcId", id}};
    if (one.app) shown["appId"] = *one.app;
    if (one.target) shown["targetUri"] = base::to_string(*one.target);
    if (!one.registration.empty()) shown["registrationId"] = one.registration;
    all.emplace_back(std::move(shown));
  }
  return all;
}

boost::json::object Registry::show_groups() const {
  boost::json::object all;
  for (const auto& [id, members] : groups_) {
    boost::json::array shown;
    for (const std::string& one : members) shown.emplace_back(boost::json::string(one));
    all[id] = std::move(shown);
  }
  return all;
}

const char* name_of(GatewayKind kind) {
  return kind == GatewayKind::l3g ? "L3G" : "N3G";
}

}  // namespace msggw::m5s
