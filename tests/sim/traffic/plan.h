// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "tests/sim/fleet/pacing.h"

namespace msggw::traffic {

using fleet::Instant;

/// Messages that one side sends, whichever it is. Devices are numbered from 0 on, in the order in
/// which they became known.
struct Plan {
  std::uint64_t count = 0;
  std::uint32_t first = 0;         ///< device
  std::uint32_t devices = 0;       ///< from `first` on; 0: all that there are
  std::size_t window = 256;        ///< under way at most; of a device one
  double rate = 0;                 ///< a second; 0: as fast as the window allows
  std::uint32_t report_every = 0;  ///< each so-manieth message of a device wants one; 0: none
  std::uint32_t high_every = 0;    ///< is urgent
  std::size_t octets = 64;         ///< of content, or as many as its name has

  bool wants_report(std::uint32_t number) const { return is_nth(number, report_every); }
  bool is_high(std::uint32_t number) const { return is_nth(number, high_every); }

 private:
  static bool is_nth(std::uint32_t number, std::uint32_t every) {
    return every != 0 && number % every == 0;
  }
};

/// Members are called as above, in camel case; what is not there has its default. Returns
/// `malformed` for anything else.
base::Result<Plan> read_plan(const boost::json::value& value);

/// What a message says of itself, in its msgId and at the start of its content.
struct Stamp {
  std::uint32_t number = 0;  ///< of its device, from 1 on
  Instant at{0};             ///< made, by the clock that all processes of a machine share

  bool operator==(const Stamp&) const = default;
};
/// Replaces what `out` holds.
void write_id(const Stamp& stamp, std::string& out);
std::optional<Stamp> read_id(std::string_view id);
/// The id, and 'x' up to so many octets.
void write_content(std::string_view id, std::size_t octets, std::string& out);

/// Of the clock that all processes of a machine share.
Instant clock_now();

/// The text of a member that is a string without escapes, found without reading the rest; empty:
/// none. Good for bodies whose writer is known.
std::string_view text_in(std::string_view json, std::string_view key);

}  // namespace msggw::traffic
