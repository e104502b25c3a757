// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/msgin5g/far_server.h"
#include "gateway/core/tables.h"

namespace msggw::msgin5g {

/// What a profile says of the way of its devices' messages.
struct Route {
  std::vector<FarServer*> servers;  ///< in the order of the profile; empty: none is known here
  Cutting cutting;                  ///< of the profile's "segmentSize", if it names one
};

/// Where the next request of a device goes.
struct Way {
  const Route* route;
  FarServer* server;
  FarAddress* address;
};

/// The MSGin5G Servers, and which of them a device has. Loop thread only.
class Servers {
 public:
  /// All must outlive it. Throws std::runtime_error as FarServer.
  Servers(const base::Context& context, const Options& options, const core::Tables& devices);

  /// To the first server that serves; to one before it that does not, if it is to be probed. None:
  /// nothing may be sent now.
  std::optional<Way> way(core::ProfileNo profile, base::TimePoint now);
  /// The first server of the profile that serves, else its first; null: none is known here.
  FarServer* home(core::ProfileNo profile);
  /// Whether some profile has both.
  bool have_devices_in_common(const FarServer& one, const FarServer& other) const;
  /// In the order of the configuration.
  std::vector<FarServer*> all() const;
  /// When end_turn() has something to do, or the next server that does not answer may be asked, if
  /// that is still to come.
  std::optional<base::TimePoint> next_turn(base::TimePoint now) const;
  void end_turn(base::TimePoint now);
  /// The options have changed in place. A server keeps its place by its name; one that is named no
  /// more gets nothing new, and stays for what is under way. False: the files of some could not be
  /// used, and these stay as they are.
  bool reconfigure();
  std::vector<ServerState> states() const;

 private:
  const Route& route_of(core::ProfileNo profile);
  Route make_route(const core::ServiceProfile& profile) const;

  base::Context context_;
  const Options& options_;
  const core::Tables& devices_;
  std::vector<std::unique_ptr<FarServer>> servers_;
  std::vector<std::unique_ptr<FarServer>> gone_;
  std::deque<std::optional<Route>> routes_;  ///< by profile
};

}  // namespace msggw::msgin5g
