// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>

#include "adapters/sms/smpp/status.h"
#include "gateway/base/result.h"

namespace msggw::smpp {

/// command_id (SMPP 3.4 5.1.2.1). A response is its request with the highest bit set.
enum class Command : std::uint32_t {
  bind_receiver = 0x01,
  bind_transmitter = 0x02,
  query_sm = 0x03,
  submit_sm = 0x04,
  deliver_sm = 0x05,
  unbind = 0x06,
  replace_sm = 0x07,
  cancel_sm = 0x08,
  bind_transceiver = 0x09,
  outbind = 0x0B,
  enquire_link = 0x15,
  submit_multi = 0x21,
  alert_notification = 0x102,
  data_sm = 0x103,
  generic_nack = 0x80000000
};

constexpr bool is_response(Command command) noexcept {
  return (static_cast<std::uint32_t>(command) & 0x80000000U) != 0;
}
constexpr Command response_to(Command request) noexcept {
  return static_cast<Command>(static_cast<std::uint32_t>(request) | 0x80000000U);
}
/// Returns the request that `response` answers; generic_nack has none and gives 0.
constexpr Command request_of(Command response) noexcept {
  return static_cast<Command>(static_cast<std::uint32_t>(response) & 0x7FFFFFFFU);
}
constexpr bool is_bind(Command request) noexcept {
  return request == Command::bind_receiver || request == Command::bind_transmitter ||
         request == Command::bind_transceiver;
}
/// Returns true if `request` brings a Message.
constexpr bool is_message(Command request) noexcept {
  return request == Command::submit_sm || request == Command::deliver_sm ||
         request == Command::data_sm;
}
/// Returns true if SMPP 3.4 has this command at all, as a request or as a response.
bool is_known(Command command) noexcept;
/// Returns "submit_sm", "submit_sm_resp" and so on, or "unknown". Static storage.
std::string_view name_of(Command command) noexcept;
/// Returns the name, or the number of a command that has none: "0x00010200".
std::string describe(Command command);

inline constexpr std::size_t kHeaderOctets = 16;
/// Sequence numbers of requests are 1 to this one (SMPP 3.4 3.2), then 1 again.
inline constexpr std::uint32_t kMostSequence = 0x7FFFFFFF;
constexpr std::uint32_t sequence_after(std::uint32_t sequence) noexcept {
  return sequence >= kMostSequence ? 1 : sequence + 1;
}
inline constexpr std::size_t kMostShortMessage = 254;
/// Octets of system_id, password, system_type, address_range and service_type. SMPP 3.4 5.2 allows
/// 15, 8, 12, 40 and 5; SMSCs give out accounts with more.
inline constexpr std::size_t kMostAccountText = 64;

/// SMPP 3.4 3.2, without the length. Requests have status ok and a sequence of 1..0x7FFFFFFF.
struct Header {
  Command command = Command::generic_nack;
  Status status = Status::ok;
  std::uint32_t sequence = 0;
  bool operator==(const Header&) const = default;
};

/// TON and NPI (SMPP 3.4 5.2.5, 5.2.6) are not judged: an unusual one must not cost a message.
struct Address {
  std::uint8_t ton = 0;
  std::uint8_t npi = 0;
  std::string text;  ///< at most 20 octets; of a data_sm and of a range: see below
  bool operator==(const Address&) const = default;
};

/// bind_receiver, bind_transmitter, bind_transceiver (SMPP 3.4 4.1), each text of at most
/// kMostAccountText octets.
struct Bind {
  std::string system_id;
  std::string password;
  std::string system_type;
  std::uint8_t interface_version = 0x34;
  Address range;
  bool operator==(const Bind&) const = default;
};

/// The response to any bind (SMPP 3.4 4.1.2). system_id at most kMostAccountText octets.
struct BindResponse {
  std::string system_id;
  std::optional<std::uint8_t> interface_version;  ///< TLV sc_interface_version
  bool operator==(const BindResponse&) const = default;
};

/// SMPP 3.4 5.3.2.31.
struct NetworkError {
  std::uint8_t network = 0;  ///< 1 ANSI-136, 2 IS-95, 3 GSM
  std::uint16_t code = 0;
  bool operator==(const NetworkError&) const = default;
};

/// submit_sm (SMPP 3.4 4.4.1), deliver_sm (4.6.1), data_sm (4.7.1). In a data_sm the fields marked
/// "not in data_sm" must have their defaults, and the addresses may have 64 octets.
struct Message {
  std::string service_type;  ///< at most kMostAccountText octets
  Address source;
  Address destination;
  std::uint8_t esm_class = 0;
  std::uint8_t protocol_id = 0;  ///< not in data_sm
  std::uint8_t priority = 0;     ///< not in data_sm
  std::string schedule;          ///< at most 16 octets (7.1.1); not in data_sm
  std::string validity;          ///< at most 16 octets (7.1.1); not in data_sm
  std::uint8_t registered_delivery = 0;
  std::uint8_t replace_if_present = 0;  ///< not in data_sm
  std::uint8_t data_coding = 0;
  std::uint8_t default_message = 0;  ///< sm_default_msg_id; not in data_sm
  std::string short_message;         ///< at most 254 octets; not in data_sm

  std::optional<std::uint16_t> source_port;
  std::optional<std::uint16_t> destination_port;
  std::optional<std::uint16_t> sar_reference;
  std::optional<std::uint8_t> sar_total;
  std::optional<std::uint8_t> sar_number;
  std::optional<std::uint16_t> user_reference;
  std::optional<std::string> payload;       ///< message_payload, at most 65,535 octets
  std::optional<std::string> receipted_id;  ///< at most 64 octets
  std::optional<std::uint8_t> state;        ///< message_state (5.2.28)
  std::optional<NetworkError> network_error;
  bool operator==(const Message&) const = default;
};

/// The response to submit_sm, deliver_sm (where it is empty) and data_sm.
struct MessageResponse {
  std::string message_id;  ///< at most 64 octets
  bool operator==(const MessageResponse&) const = default;
};

/// unbind, enquire_link, generic_nack and others that are a header only; also any response with an
/// error status that came without a body.
struct Empty {
  bool operator==(const Empty&) const = default;
};

/// A command that is recognised but whose body this room does not read: query_sm, cancel_sm,
/// replace_sm, submit_multi, alert_notification, outbind.
struct Unread {
  bool operator==(const Unread&) const = default;
};

using Body = std::variant<Empty, Bind, BindResponse, Message, MessageResponse, Unread>;

struct Pdu {
  Header header;
  Body body;
  /// The first thing in received octets that is not as SMPP has it, though the PDU is of use.
  Status flaw = Status::ok;
  bool operator==(const Pdu&) const = default;
};

/// Why octets are no PDU, and how to say so.
struct Fault {
  enum class Answer {
    generic_nack,  ///< the header itself is wrong (SMPP 3.4 4.3)
    response,      ///< the response to the command, with the status and no body
    nothing        ///< it was a response, or has none
  };
  Status status;
  Answer answer;
  Header header;  ///< sequence 0 where it is not known
};
using Decoded = tl::expected<Pdu, Fault>;

/// Appends one whole PDU. On an error `out` is as before. Returns too_large if a field is above its
/// limit (it is never cut), malformed if a text has a NUL or the body does not belong to the
/// command, unsupported if the body is Unread.
base::Result<> append(const Pdu& pdu, std::string& out);

/// Returns the PDU that `octets` are, as the Framer gives them; any octets may be given. What a
/// message does not need makes no fault of it, but a flaw: TLVs that are cut off or have the wrong
/// length, octets behind a PDU that is a header only. A response says by its status what has become
/// of the request, so its body makes no fault of it either: it has what could be read. Unknown TLVs
/// are skipped; of a TLV given twice the last one counts.
Decoded decode(std::string_view octets);

}  // namespace msggw::smpp
