// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/core/ids.h"
#include "gateway/messages/message.h"

namespace msggw::messages {

/// Number of a message, given at acceptance in ascending order for as long as the store lives, so
/// that what is accepted is appended to its tables.
enum class MessageNo : std::uint64_t {};

constexpr std::uint64_t number(MessageNo no) noexcept {
  return static_cast<std::uint64_t>(no);
}

/// What is carried, and which way: up is from a device to the MSGin5G Server. A segment waits for
/// the others of its message (Joining). A text is the gateway's own word to a device
/// (DeviceSide::tell()). Stored; do not renumber.
enum class Kind : std::uint8_t {
  message_up = 0,
  message_down = 1,
  report_up = 2,
  report_down = 3,
  segment_down = 4,
  text_down = 5
};
inline constexpr std::size_t kKinds = 6;

constexpr bool is_up(Kind kind) noexcept {
  return kind == Kind::message_up || kind == Kind::report_up;
}

constexpr bool is_report(Kind kind) noexcept {
  return kind == Kind::report_up || kind == Kind::report_down;
}

constexpr bool is_message(Kind kind) noexcept {
  return kind == Kind::message_up || kind == Kind::message_down;
}

/// Stored; do not renumber. waiting: for its turn. handed: to the server or a bearer, which has not
/// said what became of it; after a restart it waits again, unless it is tracked. done: the server
/// has it, or the device with proof. failed: see Cause. From done or failed nothing leads on.
enum class State : std::uint8_t { waiting = 0, handed = 1, done = 2, failed = 3 };

/// Why a message failed. Stored; do not renumber.
enum class Cause : std::uint8_t {
  none = 0,
  expired = 1,
  no_proof = 2,             ///< handed over, and nothing says whether it came
  refused = 3,              ///< by the device or the server, about this message
  unknown_recipient = 4,    ///< the server knows no such endpoint, or the device is gone
  unsupported_content = 5,  ///< this bearer cannot carry it
  dropped = 6,              ///< the oldest gave way at a limit
  removed = 7,              ///< by the operator
  internal_error = 8,       ///< tried in vain again and again while others passed, or not readable
  segments_missing = 9,     ///< they did not come in time
  payload_too_large = 10,   ///< for this bearer
  unreachable = 11,         ///< the network of the device says that it cannot be reached
  rejected = 12,            ///< by the device or its network, as the network says
};
inline constexpr std::size_t kCauses = 13;

/// The word that reports carry as failureCause: "EXPIRED", "NO_PROOF", ...; empty for none.
std::string_view name_of(Cause cause) noexcept;
/// "message_up", ...
std::string_view name_of(Kind kind) noexcept;
/// "waiting", "handed", "done", "failed".
std::string_view name_of(State state) noexcept;

/// Names a message among those of the window of duplicates: 128 bits of a hash, with a key of the
/// gateway's own, over direction, sender, recipient, msgId and segment number.
struct Key {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  bool operator==(const Key&) const = default;
  /// Names it among messages of this key by what they carry.
  Key with(std::uint32_t content_hash) const noexcept {
    return {low ^ (content_hash * 0x9E37'79B9'7F4A'7C15U), high};
  }
};

/// What a message needs in RAM while it waits, and until it leaves the window of duplicates after
/// its end; its content is elsewhere (Contents).
struct Header {
  // In two halves each, so that a header takes 44 octets and not 48.
  std::uint32_t key_low[2]{};
  std::uint32_t key_high[2]{};
  std::uint32_t content_hash = 0;
  core::DeviceNo device{};
  std::uint32_t accepted_s = 0;  ///< seconds of core::Timeline, as the next
  std::uint32_t expires_s = 0;   ///< while a bearer has it: when proof must have come
  std::uint32_t octets = 0;      ///< of all that is stored of it, roughly
  /// In its lane: the difference of the numbers; 0: it is the last. Of a segment: its SetNo, once
  /// that is joined the difference to the number of the whole, with a sign.
  std::uint32_t to_next = 0;
  Kind kind : 3 = Kind::message_up;
  Priority priority : 2 = Priority::normal;
  State state : 2 = State::waiting;
  Cause cause : 4 = Cause::none;
  bool wants_report : 1 = false;  ///< by who sent it, and it has not been made
  bool stored : 1 = false;        ///< its content is in the store, or in the batch on its way there
  bool changed : 1 = false;       ///< in the list of what goes into the next batch; not stored
  bool in_window : 1 = false;     ///< found by its key; not stored
  bool withheld : 1 = false;      ///< downward: only for a device that has proven who it is
  bool passed_on : 1 = false;     ///< handed, and in its lane no more (DeviceSide::passed_on())

  bool ended() const noexcept { return state == State::done || state == State::failed; }
  /// It has ended, and the content that its report is made of is still to be read.
  bool owes_report() const noexcept { return ended() && wants_report; }
  bool needs_content() const noexcept { return !ended() || wants_report; }
  /// Whether a repetition of it is to be known although it has failed and that has been told.
  bool may_stay_known() const noexcept { return kind == Kind::message_down; }
  Key key() const noexcept {
    return {key_low[0] | std::uint64_t{key_low[1]} << 32,
            key_high[0] | std::uint64_t{key_high[1]} << 32};
  }
  /// By which it is found in the window. A message to a device is another one if it carries
  /// something else; what a device sends under a msgId that it has used is told by the key alone.
  Key window_key() const noexcept {
    return kind == Kind::message_down ? key().with(content_hash) : key();
  }
  void set_key(const Key& key) noexcept {
    key_low[0] = static_cast<std::uint32_t>(key.low);
    key_low[1] = static_cast<std::uint32_t>(key.low >> 32);
    key_high[0] = static_cast<std::uint32_t>(key.high);
    key_high[1] = static_cast<std::uint32_t>(key.high >> 32);
  }
};
static_assert(sizeof(Header) == 44);

}  // namespace msggw::messages
