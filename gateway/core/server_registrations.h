// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/log.h"
#include "gateway/core/tables.h"

namespace msggw::core {

/// What the MSGin5G Server is to be told of a device.
struct ServerTask {
  enum class Kind : std::uint8_t {
    begin,  ///< TS 23.554 8.2.3: it is reached through this gateway; also to renew that
    end     ///< TS 23.554 8.2.4: it no longer is
  };
  Kind kind = Kind::begin;
  DeviceNo device{};  ///< of `end` it may be another device's number by now
  std::string service_id;
  UeType ue_type{};
  ProfileNo profile{};  ///< says which servers
};

/// The door of the adapter that registers devices at the MSGin5G Server on their behalf. A device
/// is to be registered there while it has a Service ID and a registration with this gateway; state
/// `registered` says that it is. Loop thread only.
///
/// Nothing is kept for a device that is registered. Its registration is renewed by a walk over the
/// table that takes a third of the lifetime, so that two of it pass at most between the first walk,
/// which goes as fast as it can, and the second. It begins anew with the process: after a restart
/// every device is registered once more, which changes nothing at a server that knows it.
class ServerRegistrations {
 public:
  explicit ServerRegistrations(Tables& tables) : tables_(tables) {}

  /// From now on devices are registered. `lifetime` is what the server is asked for.
  void begin(std::chrono::seconds lifetime, base::TimePoint now);
  /// A server grants no more than this: walks over the table that begin from now on are as short as
  /// that takes, but kShortestWalk.
  void shorten(std::chrono::seconds granted);
  /// No server registers devices: of none it is said any longer that it is.
  void disclaim();
  static constexpr std::chrono::seconds kShortestWalk{10};

  /// The next: ends first, then devices that wait out of turn, then those whose turn has come to be
  /// renewed. Each ends with one of the three calls below, or is let go: then look_again() and the
  /// next walk bring it, unless it is an end.
  std::optional<ServerTask> next(base::TimePoint now);
  /// When next() may have something again, if nothing else happens; in the past: now. None: begin()
  /// was not called.
  std::optional<base::TimePoint> next_renewal() const;

  /// The server has registered it.
  void registered(const ServerTask& task);
  /// The server says that it does not register this device; tried again in its turn. Nothing can be
  /// done about an `end`.
  void refused(const ServerTask& task, std::string_view cause, base::TimePoint now);
  /// No answer, or one about the server: it comes again. `why` is for its operator, safe to print.
  void failed(ServerTask task, std::string_view why = {});
  /// The server said of a message that it does not know the device. False: nor is it to.
  bool lost(DeviceNo device);

  /// Devices that are not registered, and of which begin() has been told before, come once more:
  /// next() had given them out, and nothing was done.
  void look_again() noexcept { looked_ = 0; }
  /// All come once more, as fast as they are taken: a server may have lost them, or another one is
  /// to have them. False: the last walk began less than kBetweenWalks ago, or goes fast itself.
  bool walk_again(base::TimePoint now);
  static constexpr base::Duration kBetweenWalks{10'000};

  const Tables& tables() const noexcept { return tables_; }

 private:
  bool is_wanted(DeviceNo no) const;
  bool is_of(const ServerTask& task) const;
  std::optional<ServerTask> take_waiting();
  std::optional<ServerTask> take_unregistered();
  std::optional<ServerTask> take_renewal(base::TimePoint now);
  ServerTask task_of(DeviceNo no) const;
  bool is_looking() const noexcept { return looked_ < tables_.numbers(); }
  void begin_walk(base::TimePoint now, bool fast);
  void step_back(DeviceNo no);

  Tables& tables_;
  std::chrono::seconds walk_{0};  ///< how long one walk over the table may take
  base::TimePoint walk_began_{};
  std::uint32_t walked_ = 0;  ///< numbers of this walk that have had their turn
  bool fast_walk_ = true;     ///< goes as fast as the tasks are taken
  static constexpr std::uint32_t kNobodyLooks = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t looked_ = kNobodyLooks;  ///< numbers of a look_again() that have been looked at
  base::log::Limit refused_log_;
};

}  // namespace msggw::core
