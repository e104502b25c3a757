#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace msggw::admin {

/// How the gateway is, beside what the core counts; made by whoever wires it, each time it is asked
/// for.
struct Status {
  struct Listener {
    std::string url;
    std::string purpose;
  };
  /// An address of the Provisioning Function, in the order in which they are tried.
  struct Address {
    std::string url;
    std::string origin;  ///< "configured", or what it was derived from
    bool up = true;      ///< whether it answered last time, true before the first request
  };

  std::string version;
  std::chrono::seconds uptime{0};
  std::string folder;
  bool store_healthy = true;
  std::optional<bool> broker_connected;  ///< none: MQTT is off
  std::vector<Address> provisioning_functions;
  std::vector<Listener> listeners;
};

}  // namespace msggw::admin
