// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace msggw::smsc {

/// The control interface does not answer; it may later.
struct NoAnswer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// HOST[:PORT] of what a --control may be: that, or http://HOST[:PORT][/]. Throws
/// std::runtime_error: another scheme.
std::string_view control_address(std::string_view text);

/// Calls a tester's interface, one connection each: who uses it makes a handful. Blocks.
class ControlClient {
 public:
  /// `control` as control_address() takes it, `root` the path in front of every target
  /// ("/smsc/v1"). Throws std::runtime_error if it is none.
  ControlClient(std::string_view control, std::uint16_t default_port, std::string_view root);

  /// The answer's status and JSON body (null: it has none); with a `body` it is a POST. Throws
  /// NoAnswer.
  std::pair<long, boost::json::value> call(const std::string& target, const std::string& body,
                                           std::chrono::seconds within) const;

 private:
  std::string root_;
};

}  // namespace msggw::smsc
