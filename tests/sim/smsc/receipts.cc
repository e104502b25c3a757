// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/receipts.h"

#include <fmt/format.h>

#include <iterator>

namespace msggw::smsc {
namespace {

const char* word_of(MessageState state) {
  switch (state) {
    case MessageState::delivered: return "DELIVRD";
    case MessageState::expired: return "EXPIRED";
    case MessageState::deleted: return "DELETED";
    case MessageState::undeliverable: return "UNDELIV";
    case MessageState::accepted: return "ACCEPTD";
    case MessageState::unknown: return "UNKNOWN";
    case MessageState::rejected: return "REJECTD";
  }
  return "UNKNOWN";
}

/// YYMMDDhhmm, UTC.
void append_minute(std::string& out, base::TimePoint at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(at - day).count();
  const auto two = [&out](unsigned value) {
    out.push_back(static_cast<char>('0' + value / 10 % 10));
    out.push_back(static_cast<char>('0' + value % 10));
  };
  two(static_cast<unsigned>(int{date.year()} % 100));
  two(unsigned{date.month()});
  two(unsigned{date.day()});
  two(static_cast<unsigned>(minutes / 60));
  two(static_cast<unsigned>(minutes % 60));
}

/// 64 bits that look random and are the same for the same number (the finaliser of SplitMix64).
std::uint64_t scrambled(std::uint64_t number) {
  number += 0x9E3779B97F4A7C15;
  number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9;
  number = (number ^ number >> 27) * 0x94D049BB133111EB;
  return number ^ number >> 31;
}

}  // namespace

void append_id(std::string& out, std::uint64_t number, IdForm form, bool in_receipt) {
  const auto to = std::back_inserter(out);
  switch (form) {
    case IdForm::decimal: fmt::format_to(to, "{}", number); return;
    case IdForm::hex: fmt::format_to(to, "{:x}", number); return;
    case IdForm::hex_upper: fmt::format_to(to, "{:X}", number); return;
    case IdForm::padded: fmt::format_to(to, "{:020}", number); return;
    case IdForm::hex_decimal:
      in_receipt ? fmt::format_to(to, "{}", number) : fmt::format_to(to, "{:x}", number);
      return;
    case IdForm::uuid: {
      const std::uint64_t high = scrambled(number), low = scrambled(high);
      fmt::format_to(to, "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                     high & 0xFFF, (low >> 48 & 0x3FFF) | 0x8000, low & 0xFFFF'FFFF'FFFF);
      return;
    }
  }
}

void compose(const Receipt& receipt, base::TimePoint done, ReceiptText& storage, Sm& out) {
  const bool delivered = receipt.state == MessageState::delivered;
  storage.id.clear();
  append_id(storage.id, receipt.id, receipt.id_form, true);
  storage.text.clear();
  if (receipt.form != ReceiptForm::tlv) {
    storage.text.append("id:").append(storage.id).append(" sub:001 dlvrd:00");
    storage.text.append(delivered ? "1" : "0").append(" submit date:");
    append_minute(storage.text, receipt.submitted);
    storage.text.append(" done date:");
    append_minute(storage.text, done);
    storage.text.append(" stat:").append(word_of(receipt.state));
    storage.text.append(delivered ? " err:000 text:" : " err:001 text:");
    storage.text.append(receipt.text.view());
  }
  out = Sm{};
  out.source = {receipt.source_ton, receipt.source_npi, receipt.source.view()};
  out.destination = {receipt.destination_ton, receipt.destination_npi, receipt.destination.view()};
  out.esm_class = esm::receipt;
  out.octets = storage.text;
  if (receipt.form != ReceiptForm::text) {
    out.receipted_message_id = storage.id;
    out.message_state = static_cast<std::uint8_t>(receipt.state);
  }
}

bool wants_receipt(std::uint8_t registered_delivery, MessageState state) {
  switch (registered_delivery & 3) {
    case 1: return true;
    case 2: return state != MessageState::delivered && state != MessageState::accepted;
    default: return false;
  }
}

std::uint32_t ReceiptTable::add() {
  if (free_.empty()) {
    receipts_.emplace_back();
    return static_cast<std::uint32_t>(receipts_.size() - 1);
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  receipts_[number] = Receipt{};
  return number;
}

}  // namespace msggw::smsc
