// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/payload/bodies.h"
#include "gateway/base/result.h"
#include "gateway/messages/message.h"

namespace msggw::payload {

// What devices send and get of messages. Names are those of TS 29.538; members that are not known
// are ignored.

/// The most of what a device may say. Octets are of the text without its escapes; the three below
/// `body_octets` are what the MSGin5G Server's side takes.
struct MessageLimits {
  std::size_t body_octets = 64 * 1'024;
  std::size_t address_octets = 255;
  std::size_t message_id_octets = 128;
  std::size_t application_octets = 255;
};

/// A message of a device that knows what a message is (TS 23.554 8.7.1).
struct MessageBody {
  std::optional<messages::Address> to;  ///< destAddr
  std::string message_id;               ///< msgId; empty: none given
  std::string application;              ///< appId; empty: none given
  std::string content;                  ///< payload
  bool wants_report = false;            ///< delivStReqInd
  messages::Priority priority = messages::Priority::normal;
  std::optional<std::chrono::seconds> lifetime;
};

/// `{"destAddr":{"addrType","addr"},"appId","msgId","delivStReqInd","payload","priority":"HIGH" or
/// "MIDDLE" or "LOW","lifetime":SECONDS}`, each of which may be left out; addr and addrType come
/// together. malformed: no object in `encoding`, or the octets are no UTF-8; incorrect, missing: an
/// element is wrong or absent, and the detail names it; too_large: more octets than `limits` says.
/// Never throws on input.
base::Result<MessageBody> parse_message(Encoding encoding, std::string_view body,
                                        const MessageLimits& limits);

/// What a device says became of a message that it got (TS 23.554 8.3.4).
struct ReportBody {
  std::string message_id;
  bool delivered = false;
  std::string failure_cause;  ///< empty: none given
};

/// `{"msgId","delivSt":"REPT_DELY_SUCCESS" or "REPT_DELY_FAILED","failureCause"}`; errors as above.
base::Result<ReportBody> parse_report(Encoding encoding, std::string_view body,
                                      const MessageLimits& limits);

/// Whether `application`, which came outside a body, can be an appId: one line of UTF-8 within its
/// limit.
bool is_application(std::string_view application, const MessageLimits& limits) noexcept;

/// `{"msgId"}`: the message is taken.
std::string encode_accepted(Encoding encoding, std::string_view message_id);

/// A message for a device, `{"oriAddr","msgId","appId","delivStReqInd","segInd","segParams",
/// "payload"}`, or a report, which alone has "delivSt": `{"oriAddr","msgId","delivSt",
/// "failureCause"}`. What does not apply is left out, a payload never is. unsupported: the content
/// is no UTF-8 and cannot stand there.
base::Result<std::string> encode_carried(Encoding encoding, const messages::Carried& carried);

/// Whether a device that said this of itself at its registration (compact JSON, or empty) gets its
/// messages plain, as their content alone: `"format":"plain"`.
bool wants_plain(std::string_view info);

}  // namespace msggw::payload
