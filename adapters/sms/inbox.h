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

/// What a device has written.
struct Text {
  bool is_text = true;  ///< false: `body` is octets of no alphabet
  std::string body;     ///< UTF-8 if `is_text`

  bool operator==(const Text&) const = default;
};

/// What one message of an SMSC holds: a text or data that is whole, or a part of one, concatenated
/// by user data header or SAR TLVs.
struct Piece {
  std::uint8_t total = 1;  ///< parts; 1: it is whole, and the next three mean nothing
  std::uint8_t sequence = 1;
  sms_text::ReferenceForm form = sms_text::ReferenceForm::udh8;
  std::uint16_t reference = 0;
  sms_text::Alphabet alphabet = sms_text::Alphabet::gsm7;
  std::string data;                      ///< sms_text::joinable()
  std::optional<sms_text::Ports> ports;  ///< application ports, of the header or of TLVs

  bool is_whole() const noexcept { return total == 1; }
  bool operator==(const Piece&) const = default;
};

Piece piece_of(const smpp::Message& message, sms_text::DefaultCoding coding);
/// Requires one that is whole.
Text text_of(const Piece& piece);

/// Puts long messages of devices together. Loop thread only.
class Inbox {
 public:
  Inbox(const Options& options, base::HashKey key);

  /// From now on. What is there beyond it stays until it is whole, or its time is over.
  void limit_to(const Options& options);

  /// What `sender`, a number in E.164, has written to the address `service`. Requires a part; its
  /// tag comes back when all are there, or by take_dropped() when they never will be.
  /// `is_acknowledged`: an earlier process has taken it, and it stays whatever the limits.
  sms_text::Added add(std::string_view sender, std::string_view service, const Piece& part,
                      std::uint64_t tag, base::TimePoint now, bool is_acknowledged = false);
  /// Until when a long message that lacks this part waits for it; none: there is no such message.
  std::optional<base::TimePoint> lacked_until(std::string_view sender, std::string_view service,
                                              const Piece& part) const;
  /// Whether add() would drop a long message that is not whole for the next of its reference.
  bool supersedes(std::string_view sender, std::string_view service, const Piece& part) const;
  std::vector<std::uint64_t> take_dropped() { return reassembly_.take_dropped(); }

  void tick(base::TimePoint now) { reassembly_.expire(now); }
  std::optional<base::TimePoint> next_deadline() const { return reassembly_.next_expiry(); }
  std::size_t incomplete() const noexcept { return reassembly_.incomplete(); }
  std::size_t incomplete_of(std::string_view sender) const {
    return reassembly_.incomplete_of(sender);
  }
  const sms_text::ReassemblyCounters& counters() const noexcept { return reassembly_.counters(); }

 private:
  sms_text::Reassembly reassembly_;
};

}  // namespace msggw::sms
