// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace msggw::smpp {

/// command_status (SMPP 3.4 table 5-2). Values that stand in no table (an SMSC's own are
/// 0x400..0x4FF) are kept as they came.
enum class Status : std::uint32_t {
  ok = 0x00,
  invalid_message_length = 0x01,
  invalid_command_length = 0x02,
  invalid_command = 0x03,
  invalid_bind_state = 0x04,
  already_bound = 0x05,
  system_error = 0x08,
  invalid_source = 0x0A,
  invalid_destination = 0x0B,
  invalid_message_id = 0x0C,
  bind_failed = 0x0D,
  invalid_password = 0x0E,
  invalid_system_id = 0x0F,
  queue_full = 0x14,
  invalid_service_type = 0x15,
  invalid_system_type = 0x53,
  throttled = 0x58,
  invalid_schedule = 0x61,
  invalid_validity = 0x62,
  temporary_application_error = 0x64,
  permanent_application_error = 0x65,
  rejected_by_application = 0x66,
  invalid_optional_part = 0xC0,
  invalid_parameter_length = 0xC2,
  unknown_error = 0xFF
};

/// What to do with the request that was answered so.
enum class StatusClass {
  ok,
  throttled,    ///< slow down (see Pace), then send it again
  temporary,    ///< send it again later, within the message's lifetime
  permanent,    ///< the same request will fail again: report it to the sender
  bind_refused  ///< no message was judged: mend credentials or the bind, then bind anew
};

/// One row of table 5-2, static storage.
struct StatusText {
  std::string_view name;   ///< for log lines and metrics, for example "ESME_RTHROTTLED"
  std::string_view words;  ///< one short sentence for an operator
  StatusClass status_class;
};

/// An SMSC's own and reserved values are named "vendor" and "reserved"; both count as permanent,
/// so that a message is not sent over and over for a reason that nobody knows.
const StatusText& text_of(Status status) noexcept;

inline StatusClass class_of(Status status) noexcept {
  return text_of(status).status_class;
}

/// Returns the name and the words, "ESME_RINVPASWD, the password is invalid"; with the number where
/// the name does not say it, "vendor 0x00000410, ...".
std::string describe(Status status);

}  // namespace msggw::smpp
