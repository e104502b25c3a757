// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "gateway/base/clock.h"
#include "tests/sim/m5s/faults.h"
#include "tests/sim/m5s/journal.h"
#include "tests/sim/m5s/registry.h"
#include "tests/sim/m5s/relay.h"

namespace msggw::m5s {

struct Options {
  RelayOptions relay{};
  std::string own_server = "as-1@msgin5g.example";  ///< Service ID of the double's own AS
  unsigned version = 20;                            ///< of HTTP where it asks: 20 or 11
  Span answer_within{5'000};                        ///< for what it asks
  std::uint64_t journal_most = 10'000;              ///< entries
  std::string journal_file{};                       ///< empty: none
  std::uint64_t seed = 0;                           ///< 0: another one each time
};

/// Everything that the double knows. The listener changes it in the names of its peers, the control
/// interface in that of the tester. One thread.
class World {
 public:
  /// Throws std::runtime_error if the journal's file cannot be written.
  explicit World(const Options& options);

  const Options& options() const { return options_; }
  Instant now() const { return clock_.now().time_since_epoch(); }
  std::uint64_t seed() const { return seed_; }
  /// A msgId that no other message of this run has.
  std::string new_message_id();

  Registry registry;
  Relay relay;
  Faults faults;
  Journal journal;

  /// One more answer of that status, 0 for none.
  void count(Operation operation, unsigned status) { ++answers_[{operation, status}]; }
  boost::json::object show_counters() const;
  /// Journal, faults, counters, inboxes and ended messages are empty again.
  void reset();

 private:
  Options options_;
  base::Clock clock_;
  std::uint64_t seed_;
  std::mt19937_64 random_;
  std::map<std::pair<Operation, unsigned>, std::uint64_t> answers_;
};

}  // namespace msggw::m5s
