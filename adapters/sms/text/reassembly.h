// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/sms/text/alphabet.h"
#include "adapters/sms/text/parts.h"
#include "gateway/base/clock.h"
#include "gateway/base/keyed_hash.h"

namespace msggw::sms_text {

struct ReassemblyOptions {
  std::size_t most_messages = 10'000;  ///< incomplete at once
  /// Held by them, or still to come, with what keeping them costs; of one sender a quarter of it.
  std::size_t most_octets = 16U * 1024U * 1024U;
  std::size_t most_per_sender = 16;                  ///< incomplete at once from one sender
  base::Duration timeout = std::chrono::minutes(5);  ///< since the last new part
};

struct ReassemblyCounters {
  std::uint64_t parts = 0;           ///< given to add()
  std::uint64_t completed = 0;       ///< messages
  std::uint64_t duplicates = 0;      ///< parts that were there
  std::uint64_t refused = 0;         ///< parts
  std::uint64_t above_messages = 0;  ///< parts for which there was no room by most_messages,
  std::uint64_t above_octets = 0;    ///< by most_octets,
  std::uint64_t above_sender = 0;    ///< by what one sender may have of both
  std::uint64_t expired = 0;         ///< messages dropped because parts did not come in time
  std::uint64_t superseded = 0;      ///< messages dropped for the next one of the same reference
};

/// A part as it came. The views must live during add() only.
struct ReceivedPart {
  std::string_view sender;
  std::string_view recipient;
  /// The same reference in another form is another message.
  ReferenceForm form = ReferenceForm::udh8;
  std::uint16_t reference = 0;
  std::uint8_t total = 0;
  std::uint8_t sequence = 0;
  Alphabet alphabet = Alphabet::gsm7;
  std::string_view data;  ///< joinable()
  std::uint64_t tag = 0;  ///< the caller's name for it
  /// Whoever brought it has been told that it is kept: it is, whatever the limits.
  bool is_acknowledged = false;
};

struct ReceivedMessage {
  bool is_text = true;  ///< false: at least one part was Alphabet::octets
  std::string body;     ///< UTF-8 if `is_text`
};

struct Added {
  enum class Outcome {
    waiting,
    complete,
    duplicate,
    sender_full,  ///< its sender has as much as it may; when that ends there is room
    full,         ///< likewise all senders
    refused       ///< there will never be room for it
  };
  Outcome outcome = Outcome::waiting;
  ReceivedMessage message{};          ///< empty unless complete
  std::vector<std::uint64_t> tags{};  ///< of all its parts; empty unless complete
  /// digest_of() all its parts, in the order of the message.
  std::vector<std::uint64_t> digests{};
};

/// Names what a part says, the same in each process.
std::uint64_t digest_of(Alphabet alphabet, std::string_view data) noexcept;

/// Puts parts together that arrive in any order (TS 23.040 9.2.3.24.1). A message is known by
/// sender, recipient, form, reference and total. A part that is there with other octets begins the
/// next message of the same reference: cheap modems have one reference for all. What has been taken
/// stays until it is whole, its time is over or its sender begins anew: the first part of a message
/// takes the room of all of them, or is turned away at a limit, so that what has begun can end. A
/// new part costs its octets, and those of the messages that it makes due; one that is there
/// already a look through the parts of its message; the one that completes a message, O(n log n) of
/// its parts. For one thread.
class Reassembly {
 public:
  /// `key` is needed because senders choose what the tables are searched by.
  Reassembly(const ReassemblyOptions& options, base::HashKey key)
      : options_(options), by_key_(0, Hash{key}), by_sender_(0, Hash{key}) {}
  /// From now on. What is there beyond it stays.
  void limit_to(const ReassemblyOptions& options) noexcept { options_ = options; }
  Reassembly(const Reassembly&) = delete;
  Reassembly& operator=(const Reassembly&) = delete;

  /// Refuses a part of total 0, of a sequence 0 or above the total, or of a message that is more
  /// than its sender may have. What is due at `now` expires first. `now` must not run backwards.
  Added add(const ReceivedPart& part, base::TimePoint now);

  /// Returns when a message that lacks this part is dropped; none if there is no such message.
  std::optional<base::TimePoint> lacked_until(const ReceivedPart& part) const;

  /// Returns true if add() would drop a message that is not whole for the next of its reference.
  bool supersedes(const ReceivedPart& part) const;

  /// Drops what has waited for the time-out.
  void expire(base::TimePoint now);

  /// Returns when expire() has something to do; none while nothing is incomplete.
  std::optional<base::TimePoint> next_expiry() const;

  /// Tags of the parts of messages that were dropped since the last time.
  std::vector<std::uint64_t> take_dropped() { return std::exchange(dropped_, {}); }

  std::size_t incomplete() const noexcept { return messages_.size(); }
  std::size_t incomplete_of(std::string_view sender) const;
  /// With what is still to come.
  std::size_t octets() const noexcept { return octets_; }
  const ReassemblyCounters& counters() const noexcept { return counters_; }

 private:
  struct Hash {
    using is_transparent = void;
    base::HashKey key;
    std::size_t operator()(std::string_view text) const noexcept {
      return base::keyed_hash(key, text);
    }
  };
  struct Piece {
    std::uint8_t sequence;
    Alphabet alphabet;
    std::string data;
    std::uint64_t tag;
  };
  struct Message;
  using Messages = std::list<Message>;
  struct OfSender {
    std::size_t messages = 0;
    std::size_t octets = 0;
  };
  struct Message {
    std::string key;
    std::string sender;
    std::uint8_t total;
    std::bitset<256> seen;
    std::vector<Piece> pieces;
    std::size_t octets;  ///< taken for it
    std::size_t used;    ///< of these
    base::TimePoint last_part;
  };

  static std::string key_of(const ReceivedPart& part);
  static ReceivedMessage join(std::vector<Piece>& pieces);
  static bool holds(const Message& message, const ReceivedPart& part);

  std::optional<Added::Outcome> no_room(const ReceivedPart& part, const Message* message);
  std::size_t most_of_sender() const noexcept { return options_.most_octets / 4; }
  Messages::iterator begin_message(const ReceivedPart& part, std::string key);
  void take_octets(Message& message, std::size_t octets);
  void keep(Messages::iterator message, const ReceivedPart& part, base::TimePoint now);
  void drop(Messages::iterator message);
  void take_out(Messages::iterator message);

  ReassemblyOptions options_;
  ReassemblyCounters counters_;
  Messages messages_;  ///< the one that has waited longest in front
  std::unordered_map<std::string_view, Messages::iterator, Hash> by_key_;  ///< of Message::key
  std::unordered_map<std::string, OfSender, Hash, std::equal_to<>> by_sender_;
  std::size_t octets_ = 0;
  std::vector<std::uint64_t> dropped_;
};

}  // namespace msggw::sms_text
