// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/m5s/operation.h"
#include "tests/sim/m5s/reader.h"

namespace msggw::m5s {

/// What goes wrong, in the words of docs/tester.md.
enum class Kind : std::uint8_t {
  delay,
  drop,
  reset,
  half,
  status,
  wrong_body,
  wrong_content_type,
  ack_status,  ///< 200 whose MessageDeliveryAck says something else
  duplicate,   ///< of what the double asks: it is asked twice
  lost_ack,
  restart,
};

struct Fault {
  std::string name{};
  // match: all that is not empty must hold; texts are patterns (base::matches).
  std::vector<Operation> operations{};
  std::string from{};
  std::string to{};
  std::string service_id{};  ///< of anybody that the request is about
  std::string message_id{};
  // when: numbers of the matching requests from 1 on, or a part of them.
  std::vector<std::uint64_t> nth{};
  std::uint64_t first = 1;
  std::uint64_t last = 0;  ///< 0: no end
  std::uint64_t every = 1;
  double probability = 1;
  std::uint64_t seed = 1;
  // what is done
  Kind kind = Kind::delay;
  bool carried_out = true;
  Span delay{0};
  unsigned status = 503;
  unsigned retry_after_s = 0;
  std::string cause{};
  std::string body{};
  std::string content_type{};
  std::string ack_status{};
  bool lose_store = false;
};

/// Reads one fault; `seed` is what it draws with if it names none.
std::optional<Problem> read_fault(const boost::json::object& body, std::uint64_t seed, Fault& into);

/// The faults that a tester has asked for. The first that applies to a request is its fate; each
/// counts all that it matches, whichever decides, and draws from a generator of its own, so that
/// the same faults and requests give the same fates.
class Faults {
 public:
  static constexpr std::size_t kMostFaults = 1'000;

  /// The name, given if there was none. A Problem: the name is taken, or there are too many.
  std::optional<Problem> add(Fault fault, std::string& name);
  bool remove(std::string_view name);
  void clear() { entries_.clear(); }
  /// Null: nothing goes wrong. Good until the next change. What the double asks itself meets only
  /// faults that name its operation.
  const Fault* on_request(const Subject& subject);
  /// {"faults":[..]} with how many requests each has matched and fired for.
  boost::json::object show() const;

 private:
  struct Entry {
    Fault fault;
    std::uint64_t matched = 0;
    std::uint64_t fired = 0;
    std::mt19937_64 random{};
  };
  static bool is_due(Entry& entry);

  std::vector<Entry> entries_;
  std::uint64_t last_name_ = 0;
};

std::string_view name_of(Kind kind);

}  // namespace msggw::m5s
