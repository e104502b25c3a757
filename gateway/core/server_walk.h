// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <optional>

#include "gateway/core/server_task.h"
#include "gateway/core/tables.h"

namespace msggw::core {

/// The devices of one MSGin5G Server in their turn, again and again. Nothing is kept for a device
/// that is registered: its registration is renewed by a walk over the table that takes a third of
/// the lifetime, so that two of it pass at most between the first walk, which goes as fast as its
/// devices are taken, and the second. A server that takes them slowly delays nobody else's walk.
/// Loop thread only.
class ServerWalk {
 public:
  /// Whether the devices of a profile are the server's, now.
  using IsIts = std::function<bool(ProfileNo)>;

  /// The first walk begins `now`. `lifetime` is what the server is asked for.
  ServerWalk(const Tables& tables, std::chrono::seconds lifetime, base::TimePoint now);

  /// The server grants no more than this: walks that begin from now on are as short as that takes,
  /// but kShortestWalk.
  void shorten(std::chrono::seconds granted);
  static constexpr std::chrono::seconds kShortestWalk{10};

  /// The next of its devices: those that are looked for, then those whose turn has come. Whoever
  /// takes it and does nothing has it again by look_again() or the next walk.
  std::optional<ServerTask> next(const IsIts& is_its, base::TimePoint now);
  /// When next() may have something again, if nothing else happens; in the past: now.
  base::TimePoint next_turn() const;

  /// Its devices that are not registered, and whose turn has been, come once more.
  void look_again() noexcept { looked_ = 0; }
  /// All come once more, as fast as they are taken: the server may have lost them, or is to have
  /// those of another. False: the last walk began less than kBetweenWalks ago, or goes fast itself.
  bool begin_again(base::TimePoint now);
  static constexpr base::Duration kBetweenWalks{10'000};

 private:
  std::optional<ServerTask> take_unregistered(const IsIts& is_its);
  std::optional<ServerTask> take_renewal(const IsIts& is_its, base::TimePoint now);
  std::uint32_t share_at(base::TimePoint now) const;
  bool is_looking() const noexcept { return looked_ < tables_.numbers(); }
  void begin(base::TimePoint now, bool fast);

  const Tables& tables_;
  std::chrono::seconds length_;
  base::TimePoint began_;
  std::uint32_t walked_ = 0;  ///< numbers of this walk that have had their turn
  bool fast_ = true;
  static constexpr std::uint32_t kNobodyLooks = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t looked_ = kNobodyLooks;  ///< numbers of a look_again() that have been looked at
};

/// What its server is to be told of a device that is to be registered there.
ServerTask begin_task(const Tables& tables, DeviceNo no);

}  // namespace msggw::core
