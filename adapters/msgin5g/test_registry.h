// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "adapters/msgin5g/test_world.h"

namespace msggw::msgin5g::test {

inline constexpr std::string_view kRegistrations = "/msgs-ueregistration/v1/registrations/";

/// What a MSGin5G Server knows of devices (docs/msgs-ueregistration.yaml); `fault` may answer
/// first.
struct Registry {
  using Answer = ScriptedServer::Answer;
  using Request = ScriptedServer::Request;

  Answer operator()(const Request& request) {
    if (const auto other = fault ? fault(request) : std::nullopt) return *other;
    if (!request.path.starts_with(kRegistrations)) return message(request);
    const std::string id = request.path.substr(kRegistrations.size());
    if (request.method == "DELETE")
      return devices.erase(id) > 0 ? Answer{204, "", ""} : problem(404, "CONTEXT_NOT_FOUND");
    if (request.method == "PUT") return {put(id, request.body), "", ""};
    boost::json::array results;
    largest = std::max(largest, request.body.at("registrations").as_array().size());
    for (const auto& one : request.body.at("registrations").as_array()) {
      const std::string id(one.at("ueSvcId").as_string());
      boost::json::object result{{"ueSvcId", id}};
      if (refused.contains(id)) {
        result["status"] = refused.at(id);
        result["cause"] = "NOT_ALLOWED";
      } else {
        result["status"] = put(id, one.as_object());
      }
      results.push_back(std::move(result));
    }
    return {200, boost::json::serialize(boost::json::object{{"results", results}})};
  }
  Answer message(const Request& request) const {
    const std::string from(request.body.at("oriAddr").at("addr").as_string());
    return devices.contains(from) ? Answer{} : problem(404, "ORIGINATOR_NOT_REGISTERED");
  }
  unsigned put(const std::string& id, const boost::json::object& body) {
    ++puts;
    return devices.insert_or_assign(id, body).second ? 201 : 204;
  }

  std::function<std::optional<Answer>(const Request&)> fault;
  std::map<std::string, boost::json::object> devices;
  std::map<std::string, int> refused;  ///< with this status, in bulk requests
  std::size_t puts = 0;
  std::size_t largest = 0;  ///< bulk request
};

/// A gateway that registers devices, and one server, which a test may end and begin again.
struct Pair {
  Pair() {
    world.register_devices();
    server.emplace(world.io);
    server->script = std::ref(registry);
  }
  void start(Options options = {}) {
    options.servers = {World::server("m5s-1", {server->root()})};
    options.probe_first = base::Duration{1};
    options.probe_most = base::Duration{20};
    world.start(options);
  }
  /// Of first contacts.
  void serve_any_number() {
    core::Limits& limits = world.messages.devices().limits();
    limits.first_contacts_per_address = 0;
    world.messages.devices().restart();
    world.messages.restart();
  }
  void server_returns() {
    const std::uint16_t port = server_port;
    server.emplace(world.io, port);
    server->script = std::ref(registry);
  }
  void server_goes() {
    server_port = server->port();
    server.reset();
  }
  bool all(core::DeviceState state, std::uint32_t devices = 3) {
    for (std::uint32_t no = 0; no < devices; ++no) {
      if (world.state(no) != state) return false;
    }
    return true;
  }
  bool until_registered(std::uint32_t devices = 3) {
    return world.until([&] { return all(core::DeviceState::registered, devices); });
  }
  void leave(const char* id) {
    static_cast<void>(world.messages.devices().gateway().registrations().deregister(
        id, core::Bearer::coap, core::Ticket{9}, world.messages.devices().now()));
  }
  double outcome(const std::string& name) {
    return world.metric("msggw_server_registrations_total{outcome=\"" + name +
                        "\",server=\"m5s-1\"}");
  }

  World world;
  Registry registry;
  std::optional<ScriptedServer> server;
  std::uint16_t server_port = 0;
};

}  // namespace msggw::msgin5g::test
