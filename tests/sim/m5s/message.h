// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sim/m5s/exchange.h"
#include "tests/sim/m5s/reader.h"

namespace msggw::m5s {

/// Address of TS 29.538: `type` is UE, AS, GROUP, BC, TOPIC or some other text.
struct Address {
  std::string type;
  std::string id;

  auto operator<=>(const Address&) const = default;
};

/// MessageSegmentParameters; what a peer left out stays left out.
struct SegmentPlace {
  std::optional<std::string> set{};
  std::optional<std::int64_t> total{};
  std::optional<std::int64_t> number{};
  std::optional<bool> last{};
};

/// UEMessageDelivery and ASMessageDelivery (TS 29.538 5.3.2).
struct Message {
  Address from;
  Address to;
  std::string id;
  std::optional<std::string> app{};
  std::optional<std::string> payload{};
  std::optional<bool> wants_report{};
  std::optional<bool> is_segment{};
  std::optional<SegmentPlace> segment{};
  bool stores = false;                    ///< stoAndFwInd
  std::optional<Instant> expires{};       ///< exprTime
  std::optional<std::string> priority{};  ///< of an AS only
  std::optional<std::int64_t> latency{};  ///< of an AS only
};

/// DeliveryStatusReport (TS 29.538 5.3.2).
struct Report {
  Address from;  ///< who got the message, or did not
  Address to;    ///< who sent it
  std::string message_id;
  std::string state;  ///< REPT_DELY_SUCCESS, REPT_DELY_FAILED or some other text
  std::optional<std::string> cause{};
};
inline constexpr const char* kSuccess = "REPT_DELY_SUCCESS";
inline constexpr const char* kFailure = "REPT_DELY_FAILED";

/// How urgent a request with a message is (TS 29.500 5.2.3.2.3), of the words of TS 29.538; empty:
/// of any other text, and of none.
std::string_view sbi_priority_of(std::string_view priority) noexcept;

enum class Originator { ue, as };

/// Fills `into`, or says why not.
std::optional<Problem> read_message(const boost::json::object& body, Originator by, Message& into);
std::optional<Problem> read_report(const boost::json::object& body, Report& into);

/// L3gMessageDelivery and N3gMessageDelivery, which are the same.
boost::json::object for_gateway(const Message& message);
/// ASMessageDelivery: what an Application Server is given.
boost::json::object for_server(const Message& message);
boost::json::object to_json(const Report& report);
boost::json::object to_json(const Address& address);

}  // namespace msggw::m5s
