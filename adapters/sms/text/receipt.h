// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::sms_text {

/// SMPP 3.4 5.2.28, with its values.
enum class MessageState : std::uint8_t {
  enroute = 1,
  delivered = 2,
  expired = 3,
  deleted = 4,
  undeliverable = 5,
  accepted = 6,
  unknown = 7,
  rejected = 8,
};

/// Whether no other state follows. `enroute` and `accepted` are intermediate: SMSCs send the latter
/// when they take a message in.
bool is_final(MessageState state) noexcept;

/// The word of SMPP 3.4 appendix B: "DELIVRD" and so on, "ENROUTE" for the one it has not. Static
/// storage.
std::string_view word_of(MessageState state) noexcept;

/// The TLVs of a deliver_sm that a receipt can stand in; none if it is not there.
struct ReceiptTlvs {
  std::optional<std::string_view> receipted_message_id;  ///< 0x001E, with or without its NUL
  std::optional<std::uint8_t> message_state;             ///< 0x0427
  std::optional<std::string_view> network_error_code;    ///< 0x0423, 3 octets
};

/// SMPP 3.4 5.3.2.31.
struct NetworkError {
  std::uint8_t network = 0;  ///< 1 ANSI-136, 2 IS-95, 3 GSM
  std::uint16_t code = 0;

  bool operator==(const NetworkError&) const = default;
};

struct Receipt {
  // As the SMSC wrote them, compare by same_id_key(); one of both may be empty. They may differ:
  // SMSCs exist that write one number in hexadecimal here and in decimal there.
  std::string tlv_id;  ///< most SMSCs write it as in submit_sm_resp
  std::string text_id;
  /// Or why it says of no message what has become of it: missing if there is no id or no state,
  /// incorrect if the state is no known word or number.
  base::Result<MessageState> state = MessageState::unknown;
  /// The text has `id`, `submit date`, `done date` and `stat`, as in SMPP 3.4 appendix B. People do
  /// not write so: it is a receipt, whatever else says that it is none.
  bool has_form = false;
  std::string error;  ///< `err`, as it is
  std::optional<NetworkError> network_error;
  /// By the SMSC's local clock, whose zone no receipt tells.
  std::optional<std::chrono::local_seconds> submitted_at;
  std::optional<std::chrono::local_seconds> done_at;
  std::optional<std::uint32_t> submitted;  ///< `sub`, short messages
  std::optional<std::uint32_t> delivered;  ///< `dlvrd`
  std::string text;                        ///< the first characters of the message
};

/// The receipt in `text` (decoded short_message or message_payload) and `tlvs`; a usable TLV
/// wins over the text, but for the id, of which both are told. In the text letter case, order and
/// blanks around names and values do not matter, and of a field twice the first counts. What stands
/// behind `text:` was written by a user: fields are looked for in it only if the id or the state
/// did not come before. What there is, such as the ids, is told also where the state is none.
Receipt parse_receipt(std::string_view text, const ReceiptTlvs& tlvs);

}  // namespace msggw::sms_text
