// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "gateway/base/log.h"
#include "gateway/core/server_task.h"
#include "gateway/core/tables.h"

namespace msggw::core {

/// The door of the adapter that registers devices at MSGin5G Servers on their behalf. A device is
/// to be registered there while it has a Service ID and a registration with this gateway; state
/// `registered` says that it is. Loop thread only.
///
/// What is to be said out of turn is here, all else is brought by the walks over the table
/// (ServerWalk). They begin anew with the process: after a restart every device is registered once
/// more, which changes nothing at a server that knows it.
class ServerRegistrations {
 public:
  explicit ServerRegistrations(Tables& tables) : tables_(tables) {}

  /// From now on devices are registered.
  void begin();
  /// No server registers devices: of none it is said any longer that it is.
  void disclaim();

  /// The next out of turn: ends first. Each task, also of a walk, ends with one of the three calls
  /// below, or is let go: then a walk brings it, unless it is an end.
  std::optional<ServerTask> next();
  /// Whether it is still to be said: the device may have left, come back, or be gone since the task
  /// was given out.
  bool is_wanted(const ServerTask& task) const;
  /// How many there are.
  std::size_t waiting() const noexcept;

  /// The server has registered it.
  void registered(const ServerTask& task);
  /// The server says that it does not register this device; tried again in its turn. Nothing can be
  /// done about an `end`.
  void refused(const ServerTask& task, std::string_view cause, base::TimePoint now);
  /// No answer, or one about the server: it comes again, out of turn. `why` is for its operator,
  /// safe to print.
  void failed(ServerTask task, std::string_view why = {});
  /// The server said of a message of the device that it does not know it: it is registered again,
  /// until that has gone up if it has left. False: it has no Service ID.
  bool lost(DeviceNo device);

  const Tables& tables() const noexcept { return tables_; }

 private:
  bool is_of(const ServerTask& task) const;
  void step_back(DeviceNo no);

  Tables& tables_;
  base::log::Limit refused_log_;
};

}  // namespace msggw::core
