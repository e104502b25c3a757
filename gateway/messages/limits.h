// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "gateway/base/clock.h"

namespace msggw::messages {

/// What becomes of a message for which its device has no room.
enum class AtLimit : std::uint8_t {
  refuse,      ///< it is refused
  drop_oldest  ///< the oldest that are no more urgent end as Cause::dropped, if that makes room
};

/// Every limit of messages, with its default; etc/msggw.toml explains each under the same name.
struct Limits {
  std::size_t max_messages = 1'000'000;               ///< that wait, both ways and of all devices
  std::uint64_t max_octets = std::uint64_t{4} << 30;  ///< of these, as they are stored
  std::size_t max_messages_per_device = 1'000;        ///< that wait one way
  std::uint64_t max_octets_per_device = std::uint64_t{4} << 20;
  AtLimit at_limit = AtLimit::refuse;  ///< of one device
  std::size_t max_content_octets = 64 * 1024;
  std::size_t max_unsaved_octets = std::size_t{64} << 20;  ///< accepted, and not durable yet
  std::size_t cache_octets = std::size_t{32} << 20;        ///< contents kept in RAM
  std::size_t max_held = 10'000;                           ///< of devices without a Service ID
  std::size_t window_messages = 1'000'000;                 ///< among which a repetition is known
  std::chrono::seconds window_time{600};                   ///< for how long, from acceptance
  std::chrono::seconds up_lifetime{604'800};    ///< of a message for the server, by default
  std::chrono::seconds down_lifetime{604'800};  ///< of a message for a device
  std::chrono::seconds proof_within{86'400};    ///< once a bearer has it
  std::chrono::seconds segment_time{60};        ///< for which the next segment is waited for
  std::size_t max_segments = 4'096;             ///< of a message for a device
  std::size_t max_open_sets_per_device = 8;     ///< messages of which segments are still to come
  std::size_t max_open_sets = 10'000;           ///< of all devices
  std::uint64_t max_open_set_octets = std::uint64_t{64} << 20;  ///< of all, as they are stored
  std::chrono::seconds reply_time{3'600};    ///< in which a device may answer; 0: it cannot
  std::size_t max_transactions = 1'000'000;  ///< devices that may
  /// That came to nothing while others passed, or to a no of the device that was there.
  unsigned most_tries = 8;
  base::Duration answer_within{2'000};  ///< then whoever waits for a commit is told to try again
  base::Duration retry_after{10'000};   ///< what is told at a limit
};

}  // namespace msggw::messages
