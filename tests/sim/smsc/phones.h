// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/smsc/short_text.h"
#include "tests/sim/smsc/wire.h"

namespace msggw::smsc {

/// What the phones behind the SMSC have received, put together again. Not thread-safe.
class Phones {
 public:
  static constexpr std::size_t kMostMessages = 1'000;  ///< a phone keeps the latest
  static constexpr std::size_t kMostIncomplete = 64;   ///< a phone's, the oldest gives way

  /// What submit_sm brought, `id` being the message id that was answered.
  struct Arrival {
    const Sm& sm;
    std::string_view id;
    std::string_view account;
    std::int64_t at = 0;  ///< Unix time, ms
  };
  /// How many phones are kept at most; 0: none. An arrival for one more is counted and dropped.
  void keep(std::size_t most) { most_ = most; }
  /// True if a message became complete by it.
  bool take(const Arrival& arrival, Alphabet standard);

  /// A number with or without '+'.
  std::uint64_t received(std::string_view number) const;
  /// {"number","received","incomplete","messages":[..]}, those with n > after.
  boost::json::object list(std::string_view number, std::uint64_t after) const;
  std::uint64_t dropped() const { return dropped_; }
  std::size_t size() const { return phones_.size(); }
  void clear();

 private:
  struct Message {
    std::uint64_t n = 0;
    std::int64_t at = 0;
    std::string from, account, text;
    std::vector<std::string> ids;
    std::uint8_t data_coding = 0;
    bool is_text = true;
  };
  struct Incomplete {
    std::string from;
    Place place;
    std::vector<std::string> texts, ids;  ///< by part
    std::vector<bool> here;
    std::size_t missing = 0;
  };
  struct Phone {
    std::uint64_t received = 0;
    std::deque<Message> messages;
    std::deque<Incomplete> incomplete;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  Phone* phone(std::string_view number);
  const Phone* find(std::string_view number) const;
  static bool join(Phone& phone, const Place& place, const Arrival& arrival, Message& message);
  static boost::json::object to_json(const Message& message);

  boost::unordered_flat_map<std::string, std::unique_ptr<Phone>, Hash, std::equal_to<>> phones_;
  std::size_t most_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace msggw::smsc
