// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sms/options.h"
#include "adapters/sms/smpp/pdu.h"
#include "adapters/sms/text/reassembly.h"
#include "adapters/sms/text/receipt.h"
#include "gateway/base/clock.h"

namespace msggw::sms {

/// What an SMSC may bring (SMPP 3.4 5.2.12).
enum class IncomingKind {
  message,         ///< from a device
  receipt,         ///< of the SMSC, final or intermediate
  acknowledgement  ///< of a device (delivery, manual, conversation abort), which nobody asked for
};
/// Returns what `message` is by its esm_class and its TLVs. Some SMSCs leave the esm_class 0: one
/// with all TLVs of a receipt is a receipt, and whoever waits for receipts looks for their ids.
IncomingKind kind_of(const smpp::Message& message) noexcept;

/// Returns the receipts that `message` can be read as, the likeliest first and at least one: those
/// that have a state or, if none has, all. It is a machine's text, nearly always ASCII, under the
/// data_coding and esm_class of the message that it is about: read as the octets that they are and
/// in the alphabets that they might be in, the ids in it may differ.
std::vector<sms_text::Receipt> receipts_of(const smpp::Message& message,
                                           sms_text::DefaultCoding coding);

/// Returns false if no receipt could be found in `message`, at the cost of a glance: none at all,
/// or, where none is awaited, none that its form betrays (Receipt::has_form).
bool may_hold_receipt(const smpp::Message& message, sms_text::DefaultCoding coding,
                      bool is_awaited) noexcept;

/// Reads what devices write, and puts long messages together, concatenated by user data header, by
/// SAR TLVs, or in one message_payload. Loop thread only.
class Inbox {
 public:
  Inbox(const Options& options, base::HashKey key);

  struct Text {
    bool is_text = true;      ///< false: `body` is octets of no alphabet
    std::string body;         ///< UTF-8 if `is_text`
    bool was_parted = false;  ///< its sender was known before it was whole
  };
  /// Returns what `sender`, a number in E.164, has written. Returns none if other parts are still
  /// to come, or if the part is of no use.
  std::optional<Text> take(std::string_view sender, const smpp::Message& message,
                           sms_text::DefaultCoding coding, base::TimePoint now);

  void tick(base::TimePoint now) { reassembly_.expire(now); }
  std::optional<base::TimePoint> next_deadline() const { return reassembly_.next_expiry(); }
  std::size_t incomplete() const noexcept { return reassembly_.incomplete(); }
  const sms_text::ReassemblyCounters& counters() const noexcept { return reassembly_.counters(); }

 private:
  sms_text::Reassembly reassembly_;
};

}  // namespace msggw::sms
