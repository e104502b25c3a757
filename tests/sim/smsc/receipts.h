// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "tests/sim/smsc/journal.h"
#include "tests/sim/smsc/options.h"
#include "tests/sim/smsc/wire.h"

namespace msggw::smsc {

/// Appends the message id with that number as the submit_sm_resp has it, or the receipt.
void append_id(std::string& out, std::uint64_t number, IdForm form, bool in_receipt);

/// What a delivery receipt says, kept until an ESME has taken it.
struct Receipt {
  std::uint64_t id = 0;
  IdForm id_form = IdForm::decimal;
  ReceiptForm form = ReceiptForm::both;
  MessageState state = MessageState::delivered;
  base::TimePoint submitted{};
  std::uint32_t campaign = 0;  ///< 0: none
  std::uint8_t source_ton = 0, source_npi = 0, destination_ton = 0, destination_npi = 0;
  Cut<20> source, destination;  ///< of the receipt: the other way round than those of the submit_sm
  Cut<20> text;
  /// A submit_sm_resp that leaves behind the receipt; link 0: none is held back.
  struct Held {
    std::uint32_t link = 0;
    std::uint32_t command = 0;
    std::uint32_t sequence = 0;
  } held;
};

/// The octets of a receipt, which the Sm of compose() looks into.
struct ReceiptText {
  std::string id;
  std::string text;
};
/// Appendix B of SMPP 3.4. `done` is the time of delivery.
void compose(const Receipt& receipt, base::TimePoint done, ReceiptText& storage, Sm& out);

/// Whether the submit_sm asked for a receipt that says `state` (5.2.17): 1 any, 2 failures only.
bool wants_receipt(std::uint8_t registered_delivery, MessageState state);

/// Receipts by number; the numbers of finished ones are given again. Not thread-safe.
class ReceiptTable {
 public:
  std::uint32_t add();
  Receipt& at(std::uint32_t number) { return receipts_[number]; }
  void remove(std::uint32_t number) { free_.push_back(number); }
  std::size_t size() const { return receipts_.size() - free_.size(); }

 private:
  std::deque<Receipt> receipts_;
  std::vector<std::uint32_t> free_;
};

}  // namespace msggw::smsc
