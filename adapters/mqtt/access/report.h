// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/mqtt/access/guard.h"

/// What the plugin tells the gateway, over a connection to the unix socket kSocket in the folder of
/// the environment, which only the broker's group and the gateway can reach: no client of the
/// broker can put anything there, whatever it publishes. Lines of text. A connection begins with
/// `hello`, then comes who is there, then `all`, then what changes; when it is cut, nothing is
/// known any longer, and the next one begins anew.
///
/// | line                 |                                                                       |
/// | -------------------- | --------------------------------------------------------------------- |
/// | hello 1 GENERATION   | version, and the environment that numbers of devices are from         |
/// | + NUMBER             | the device is connected                                               |
/// | - NUMBER             | it is not any longer                                                  |
/// | all                  | who is connected has been told                                        |
/// | refused REASON COUNT | so often more (Refusal)                                               |
namespace msggw::mqtt::access {

inline constexpr const char* kSocket = "plugin.sock";
inline constexpr std::size_t kMostLineOctets = 64;

struct Report {
  enum class Kind { hello, came, went, all, refused };
  Kind kind = Kind::all;
  std::string generation = {};  ///< of hello
  std::uint32_t number = 0;     ///< of a device, or a Refusal
  std::uint64_t count = 0;

  bool operator==(const Report&) const = default;
};

/// With its line feed.
void append_report(std::string& out, const Report& report);
/// Without its line feed. None: it is none.
std::optional<Report> parse_report(std::string_view line);

}  // namespace msggw::mqtt::access
