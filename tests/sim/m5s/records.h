// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tests/sim/m5s/message.h"

namespace msggw::m5s {

enum class State : std::uint8_t {
  waiting,    ///< for its turn, or for the next attempt
  stored,     ///< its recipient is away
  sent,       ///< a request is under way
  delivered,  ///< whoever is responsible for the recipient has it
  failed,
  expired,
};
const char* name_of(State state);
inline bool is_end(State state) {
  return state == State::delivered || state == State::failed || state == State::expired;
}

/// What becomes of one message or report for one recipient.
struct Record {
  std::uint64_t number = 0;
  std::variant<Message, Report> what;
  State state = State::waiting;
  unsigned attempts = 0;
  unsigned status = 0;  ///< of the last answer; 0: there was none
  std::string cause{};  ///< of its end
  Instant accepted{0};
  Instant expires{0};
  std::optional<Report> report{};  ///< what came back for a message

  const Message* message() const { return std::get_if<Message>(&what); }
  const Address& from() const;
  const Address& to() const;
};

/// Records by number; of those that have ended the latest are kept.
class Records {
 public:
  using What = std::variant<Message, Report>;
  static constexpr std::size_t kMostEnded = 10'000;

  Record& add(What what, Instant now);
  /// Null: no such record, or forgotten. Good until the next add() or ended().
  Record* find(std::uint64_t number);
  const Record* find(std::uint64_t number) const;
  /// The record has come to its end; the oldest such gives way.
  void ended(std::uint64_t number);
  std::size_t not_ended() const { return records_.size() - ended_.size(); }
  /// Puts a report to its message. False: it is not known (any more).
  bool reported(const Report& report);
  void forget_ended();

  /// Those with numbers above `since`, `limit` of them at most.
  boost::json::array list(std::uint64_t since, std::size_t limit) const;

 private:
  void erase(std::uint64_t number);
  static std::string key(const Address& from, const Address& to, const std::string& message_id);

  std::map<std::uint64_t, Record> records_;
  std::map<std::string, std::uint64_t> by_message_id_;
  std::deque<std::uint64_t> ended_;
  std::uint64_t last_ = 0;
};

boost::json::object show(const Record& record);

}  // namespace msggw::m5s
