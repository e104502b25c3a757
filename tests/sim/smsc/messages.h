// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/base/result.h"
#include "tests/sim/smsc/short_text.h"
#include "tests/sim/smsc/wire.h"

namespace msggw::smsc {

/// A mobile originated message that a tester asked for.
struct Original {
  std::string from, to, account;  ///< account empty: any; both numbers without '+'
  std::uint8_t from_ton = 0, from_npi = 0, to_ton = 0, to_npi = 0;
  std::vector<Part> parts;
  std::vector<std::uint8_t> order;  ///< parts as they go out, counted from 0; repeated: duplicates
};
/// From the body of POST /messages. `reference` is used where the body names none. missing,
/// incorrect, too_large: the detail says what.
base::Result<Original> parse_original(const boost::json::object& body, std::uint16_t reference);

/// A number as a tester writes it: a '+' in front makes it international E.164 (TON 1, NPI 1).
/// False: empty, more than 20 characters, or with a NUL.
bool parse_number(std::string_view text, std::string& number, std::uint8_t& ton, std::uint8_t& npi);

/// The mobile originated messages: those that are not taken yet, and the fate of the latest others.
/// Not thread-safe.
class Messages {
 public:
  static constexpr std::size_t kMostFinished = 100'000;

  std::uint32_t add(Original original);
  std::size_t waiting() const { return messages_.size() - finished_.size(); }

  const Original& at(std::uint32_t id) const { return messages_.at(id).original; }
  void compose(std::uint32_t id, std::uint32_t step, Sm& out) const;
  void sent(std::uint32_t id);
  void answered(std::uint32_t id, Status status);

  /// {"id","state","attempts","status","statusName"}; none for an unknown id.
  std::optional<boost::json::object> show(std::uint64_t id) const;

 private:
  struct Message {
    Original original;
    std::uint32_t attempts = 0;
    std::uint32_t open = 0;      ///< steps of the order that have no final answer
    Status status = status::ok;  ///< the latest, but the first one that rejected a part stays
    bool rejected = false;
  };

  std::unordered_map<std::uint32_t, Message> messages_;
  std::deque<std::uint32_t> finished_;
  std::uint32_t last_ = 0;
};

}  // namespace msggw::smsc
