// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace msggw::exchange {

/// How long anything may take.
inline constexpr std::chrono::seconds kPatience{20};

/// One device, for which every call waits for its end. Each throws std::runtime_error with one
/// sentence if that does not come, or is not good.
class Device {
 public:
  virtual ~Device() = default;

  /// Its Service ID.
  virtual std::string register_it() = 0;
  /// A structured message; the gateway has it durably.
  virtual void send(const boost::json::object& message) = 0;
  /// The next message or report for it.
  virtual boost::json::object receive() = 0;
  /// What became of a message that it got, where receive() has not told already.
  virtual void report(const boost::json::object& report) = 0;
};

std::unique_ptr<Device> make_coap_device(const std::string& host, std::uint16_t port,
                                         const std::string& private_id);
std::unique_ptr<Device> make_mqtt_device(const std::string& host, std::uint16_t port,
                                         const std::string& private_id);

}  // namespace msggw::exchange
