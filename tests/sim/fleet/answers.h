// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/handle.h"
#include "tests/sim/fleet/options.h"
#include "tests/sim/fleet/report.h"

namespace msggw::fleet {

/// The body of a registration answer as far as the fleet looks at it.
struct Answer {
  enum class State { registered, pending, refused };  ///< registered: there is a Service ID

  State state = State::refused;
  std::string service_id;
  std::string cause;
  std::string state_word;  ///< as the gateway wrote it
  std::optional<std::chrono::seconds> retry_after;
};

/// None if `body` is not a JSON object, or one that neither names a Service ID nor a state of
/// pending or refused.
std::optional<Answer> parse_answer(std::string_view body);

/// Keeps what devices were told: writes --ids, compares with --expect, prints the lines of --once.
/// Not thread-safe.
class Ledger {
 public:
  /// Opens the files. Throws std::invalid_argument if one cannot be opened or read.
  explicit Ledger(const Options& options);

  /// A device has a Service ID. False if --expect says another one, or none.
  [[nodiscard]] bool told(std::string_view private_id, const Answer& answer, Instant after);
  /// A device's request ended without one; `state` says how ("refused", "timeout", "4.04").
  void not_told(std::string_view private_id, std::string_view state, Instant after);
  /// Writes out what is buffered. Throws std::runtime_error if the disk is full.
  void finish();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  void print_once(std::string_view private_id, std::string_view service_id, std::string_view state,
                  Instant after);

  bool once_;
  std::string bearer_;
  base::Handle<std::FILE, std::fclose> ids_;
  bool expecting_;
  boost::unordered_flat_map<std::string, std::string, Hash, std::equal_to<>> expected_;
};

}  // namespace msggw::fleet
