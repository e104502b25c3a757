// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/array.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/base/address.h"
#include "tests/sim/m5s/message.h"

namespace msggw::m5s {

enum class GatewayKind : std::uint8_t { l3g, n3g };

/// A device that a gateway has registered on its behalf (docs/msgs-ueregistration.yaml).
struct Registration {
  std::string service_id;
  GatewayKind kind = GatewayKind::n3g;
  base::Uri target;  ///< apiRoot of the gateway
  std::chrono::seconds lifetime{0};
  std::optional<std::int64_t> segment_octets{};
  Instant until{0};  ///< 0: deregistered
};

/// An Application Server (msgs-asregistration). Without `target` its messages stay in its inbox.
struct ApplicationServer {
  std::string service_id;
  std::optional<std::string> app{};
  std::optional<base::Uri> target{};
  std::string registration;  ///< registrationId, empty: the double's own
};

/// The way to a recipient.
struct Route {
  enum class Kind {
    unknown,      ///< no such recipient, now or ever
    away,         ///< a device that was registered once
    gateway,      ///< at `device`
    server,       ///< at `server`, which has a target
    inbox,        ///< at `server`, which has none
    not_handled,  ///< addrType is neither UE nor AS
  };
  Kind kind = Kind::unknown;
  const Registration* device = nullptr;
  const ApplicationServer* server = nullptr;
};

/// Who is where: devices behind gateways, Application Servers, groups. A device that left stays
/// known, so that messages for it can wait. Pointers are good until the next change.
class Registry {
 public:
  static constexpr std::size_t kMostDevices = 2'000'000;
  static constexpr std::size_t kMostServers = 10'000;
  static constexpr std::size_t kMostGroups = 10'000;
  static constexpr std::size_t kMostMembers = 10'000;  ///< of a group

  enum class Put { created, renewed, full };
  /// `until` follows from the lifetime.
  Put put(Registration registration, Instant now);
  /// False: it is not registered now.
  bool remove(std::string_view service_id, Instant now);
  /// Null: not registered now.
  const Registration* find(std::string_view service_id, Instant now) const;

  /// Takes the place of an earlier one with that Service ID. Returns the registrationId; none:
  /// there are too many.
  std::optional<std::string> add(ApplicationServer server);
  /// The server's own, without a registrationId: nobody can remove it.
  void add_own(std::string service_id);
  /// The Service ID it had; none: no such registrationId.
  std::optional<std::string> remove_server(std::string_view registration);
  const ApplicationServer* server(std::string_view service_id) const;

  /// False: there are too many. No members: the group is gone.
  bool set_group(const std::string& id, std::vector<std::string> members);
  /// Null: no such group.
  const std::vector<std::string>* group(std::string_view id) const;

  Route route(const Address& to, Instant now) const;
  /// A member of a group is what its Service ID says; a device unless an Application Server has it.
  Address member(const std::string& service_id) const;
  /// Devices and Application Servers that came from outside: as after a restart that lost them.
  void forget();

  /// At most `most` of those whose Service ID is above `after`, in its order.
  boost::json::array show_devices(std::string_view after, std::size_t most, Instant now) const;
  boost::json::array show_servers() const;
  boost::json::object show_groups() const;

 private:
  std::map<std::string, Registration, std::less<>> devices_;
  std::map<std::string, ApplicationServer, std::less<>> servers_;
  std::map<std::string, std::vector<std::string>, std::less<>> groups_;
  std::uint64_t last_registration_ = 0;
};

const char* name_of(GatewayKind kind);  ///< "L3G", "N3G"

}  // namespace msggw::m5s
