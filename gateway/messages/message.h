// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace msggw::messages {

/// TS 29.538 6.x.6.3, AddressType. Stored; do not renumber.
enum class AddressType : std::uint8_t { ue = 0, as = 1, group = 2, broadcast = 3, topic = 4 };
inline constexpr std::size_t kAddressTypes = 5;

/// "UE", "AS", "GROUP", "BC", "TOPIC", as TS 29.538 writes it.
std::string_view name_of(AddressType type) noexcept;
/// None: another type, which a later release may know.
std::optional<AddressType> address_type_of(std::string_view name) noexcept;

/// An endpoint of MSGin5G: the sender or the recipient of a message (TS 29.538, Address). Opaque
/// text, compared octet by octet.
struct Address {
  AddressType type = AddressType::ue;
  std::string address;

  bool operator==(const Address&) const = default;
};

/// TS 23.554 4.1.2; MIDDLE of TS 29.538 is normal. Stored; do not renumber.
enum class Priority : std::uint8_t { high = 0, normal = 1, low = 2 };
inline constexpr std::size_t kPriorities = 3;

/// "high", "normal", "low".
std::string_view name_of(Priority priority) noexcept;

/// One segment of a message that was cut (TS 23.554 8.5, TS 29.538 MessageSegmentParameters).
struct Segment {
  std::string set;                     ///< segId, one for all segments of a message
  std::uint32_t number = 0;            ///< segNumb; its base is not said, so 0 or 1 begins
  std::optional<std::uint32_t> total;  ///< totalSegCount, of the first segment
  bool last = false;                   ///< lastSegFlag

  bool operator==(const Segment&) const = default;
};

/// A message as MSGin5G knows it, one way or the other: what UEMessageDelivery,
/// L3gMessageDelivery and N3gMessageDelivery of TS 29.538 have in common.
struct Message {
  Address from;                    ///< oriAddr
  Address to;                      ///< destAddr
  std::string message_id;          ///< msgId
  std::string application;         ///< appId; empty: none
  std::string content;             ///< octets, as the sender's application wrote them
  std::optional<Segment> segment;  ///< none: the message is whole
  bool wants_report = false;       ///< delivStReqInd
  Priority priority = Priority::normal;

  bool operator==(const Message&) const = default;
};

/// The end of a message, told to who sent it (TS 29.538, DeliveryStatusReport): `from` is the
/// recipient of the message, `to` its sender, `message_id` that of the message.
struct Report {
  Address from;
  Address to;
  std::string message_id;
  bool delivered = false;     ///< REPT_DELY_SUCCESS, else REPT_DELY_FAILED
  std::string failure_cause;  ///< empty: none given

  bool operator==(const Report&) const = default;
};

/// What a number of the queue stands for.
using Carried = std::variant<Message, Report>;

}  // namespace msggw::messages
