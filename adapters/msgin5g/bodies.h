// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "adapters/msgin5g/options.h"
#include "adapters/msgin5g/problem.h"
#include "gateway/base/result.h"
#include "gateway/messages/message.h"

namespace msggw::msgin5g {

// The bodies of TS 29.538 (OpenAPI of V18.4.0, and what V17 had beside). Members that are not known
// are ignored, values of open enumerations that are not known are understood and refused; the
// README says what is tolerated beyond the schemas.

/// What a request says, or the refusal to answer with.
template <class T>
class [[nodiscard]] Checked : public tl::expected<T, Problem> {
 public:
  using tl::expected<T, Problem>::expected;
};

/// How the payload of a message is written, asked when all but its content is known. None: as text.
using EncodingOf = std::function<PayloadEncoding(const messages::Message&)>;

/// An L3gMessageDelivery or N3gMessageDelivery, which have the same members (TS 29.538 6.2, 6.3).
/// Its priority is `normal`: it is not in the body. The first of these that applies:
///
/// - 413 PAYLOAD_TOO_LARGE: more than `body_octets`
/// - 400 INVALID_MSG_FORMAT: not JSON, a member twice, nested too deep, not an object
/// - 400 with the cause that problem_of() says, and all elements at fault
/// - 403 ADDR_TYPE_NOT_SUPPORTED: a type of address that nobody here knows, or a recipient that is
///   no UE: devices are UEs, and what is sent to others goes to the MSGin5G Server
/// - 400 OPTIONAL_IE_INCORRECT at /payload: it should be base64 and is not
/// - 413 PAYLOAD_TOO_LARGE at /payload: content of more than `content_octets`
Checked<messages::Message> read_message(std::string_view body, const EncodingOf& encoding_of,
                                        const Limits& limits);

/// A DeliveryStatusReport, as sent to the gateway. Refusals as above, and 403
/// DELIVERY_STATUS_NOT_SUPPORTED for a `delivSt` that nobody here knows: neither success nor
/// failure may be told of it.
Checked<messages::Report> read_report(std::string_view body, const Limits& limits);

/// What a UEMessageDelivery says of a recipient that is away (TS 23.554 table 8.3.2-1).
struct StoreAndForward {
  bool wanted = true;  ///< stoAndFwInd
  /// exprTime, written in UTC and whole seconds; without meaning if it is not wanted.
  std::optional<std::chrono::sys_seconds> until = std::nullopt;
};

/// The UEMessageDelivery of a message or segment (TS 29.538 5.3.2.4). Its priority has no place
/// there. unsupported: as of payload_of(); incorrect: `until` is not within the years 0 to 9999.
base::Result<std::string> write_message(const messages::Message& message, PayloadEncoding encoding,
                                        const StoreAndForward& store);

/// A DeliveryStatusReport (TS 29.538 5.3.2.5).
std::string write_report(const messages::Report& report);

/// What is read of a MessageDeliveryAck. Octets as they came: print them escaped.
struct Ack {
  std::string message_id;     ///< empty: not said
  std::string status;         ///< "DELY_STORED", "DELY_FAILED", or another; empty: none
  std::string failure_cause;  ///< empty: none
};

/// Of an ack only these are of use, so nothing else of it is asked for. malformed: no JSON object;
/// incorrect: one of the three is there and no string; too_large: above `body_octets`.
base::Result<Ack> read_ack(std::string_view body, const Limits& limits);

}  // namespace msggw::msgin5g
