// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/inbox.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <utility>

#include "adapters/sms/text/udh.h"

namespace msggw::sms {

namespace {

using sms_text::ReferenceForm;

constexpr std::uint8_t kTypeMask = 0x3C;  // SMPP 3.4 5.2.12, bits 5 to 2
constexpr std::uint8_t kReceipt = 0x04;
constexpr std::uint8_t kIntermediate = 0x20;
constexpr std::uint8_t kUdhi = 0x40;
constexpr std::ptrdiff_t kColonsOfForm = 4;  // of sms_text::Receipt::has_form

sms_text::ReassemblyOptions reassembly_options(const Options& options) {
  sms_text::ReassemblyOptions limits;
  limits.most_messages = options.max_partial_messages;
  limits.most_octets = options.max_partial_octets;
  limits.most_per_sender = options.max_partial_per_sender;
  limits.timeout = options.partial_timeout;
  return limits;
}

/// SMPP 3.4 5.3.2.32: short_message is empty where there is a message_payload.
std::string_view user_data_of(const smpp::Message& message) noexcept {
  return message.payload ? std::string_view(*message.payload) : message.short_message;
}

/// Which part of which message it is, if it is one.
void read_place(Piece& piece, const smpp::Message& message,
                const sms_text::UserDataHeader& header) {
  if (const auto& joint = header.concatenation) {
    piece.form = joint->wide ? ReferenceForm::udh16 : ReferenceForm::udh8;
    piece.reference = joint->reference;
    piece.total = joint->total;
    piece.sequence = joint->sequence;
    return;
  }
  if (!message.sar_reference || !message.sar_total || !message.sar_number) return;
  const bool possible = *message.sar_total > 0 && *message.sar_number > 0 &&
                        *message.sar_number <= *message.sar_total;
  if (!possible) return;
  piece.form = ReferenceForm::sar;
  piece.reference = *message.sar_reference;
  piece.total = *message.sar_total;
  piece.sequence = *message.sar_number;
}

/// What a receipt's user data may say: first the octets, then in the alphabet of data_coding and in
/// that of data_coding 0; with the UDHI bit, which may be a copy too, whole and behind a header.
std::vector<std::string> texts_of(const smpp::Message& message,
                                  sms_text::DefaultCoding default_coding) {
  const std::string_view user_data = user_data_of(message);
  std::vector<std::size_t> starts{0};
  if ((message.esm_class & kUdhi) != 0) starts.push_back(sms_text::parse_udh(user_data).octets);
  std::vector<std::string> texts;
  const auto add = [&](sms_text::Coding coding, std::size_t start) {
    std::string text = sms_text::decode(coding.alphabet,
                                        sms_text::joinable(coding, user_data.substr(start), start));
    if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
  };
  for (const std::size_t start : starts) add({sms_text::Alphabet::octets, false}, start);
  for (const std::uint8_t data_coding : {message.data_coding, std::uint8_t{0}}) {
    for (const std::size_t start : starts)
      add(sms_text::coding_of(data_coding, default_coding), start);
  }
  return texts;
}

sms_text::ReceivedPart received_part(std::string_view sender, std::string_view service,
                                     const Piece& part, std::uint64_t tag) {
  sms_text::ReceivedPart received;
  received.sender = sender;
  received.recipient = service;
  received.form = part.form;
  received.reference = part.reference;
  received.total = part.total;
  received.sequence = part.sequence;
  received.alphabet = part.alphabet;
  received.data = part.data;
  received.tag = tag;
  return received;
}

}  // namespace

IncomingKind kind_of(const smpp::Message& message) noexcept {
  const std::uint8_t type = message.esm_class & kTypeMask;
  if (type == kReceipt || type == kIntermediate) return IncomingKind::receipt;
  if (type == 0 && message.receipted_id && message.state) return IncomingKind::receipt;
  return type == 0 ? IncomingKind::message : IncomingKind::acknowledgement;
}

bool may_hold_receipt(const smpp::Message& message, sms_text::DefaultCoding coding,
                      bool is_awaited) noexcept {
  if (coding == sms_text::DefaultCoding::gsm7_packed) return true;
  const auto colons = std::ranges::count(user_data_of(message), ':');
  return is_awaited ? message.receipted_id || colons > 0 : colons >= kColonsOfForm;
}

std::vector<sms_text::Receipt> receipts_of(const smpp::Message& message,
                                           sms_text::DefaultCoding default_coding) {
  sms_text::ReceiptTlvs tlvs;
  if (message.receipted_id) tlvs.receipted_message_id = *message.receipted_id;
  tlvs.message_state = message.state;
  std::array<char, 3> network{};
  if (const auto& error = message.network_error) {
    network = {static_cast<char>(error->network), static_cast<char>(error->code >> 8),
               static_cast<char>(error->code & 0xFF)};
    tlvs.network_error_code = std::string_view(network.data(), network.size());
  }
  std::vector<sms_text::Receipt> readings;
  for (const std::string& text : texts_of(message, default_coding))
    readings.push_back(sms_text::parse_receipt(text, tlvs));
  const auto has_state = [](const sms_text::Receipt& receipt) { return bool(receipt.state); };
  if (std::ranges::any_of(readings, has_state)) std::erase_if(readings, std::not_fn(has_state));
  return readings;
}

Piece piece_of(const smpp::Message& message, sms_text::DefaultCoding default_coding) {
  const std::string_view user_data = user_data_of(message);
  const auto coding = sms_text::coding_of(message.data_coding, default_coding);
  const bool has_header = (message.esm_class & kUdhi) != 0;
  const auto header = has_header ? sms_text::parse_udh(user_data) : sms_text::UserDataHeader{};
  Piece piece;
  read_place(piece, message, header);
  piece.alphabet = coding.alphabet;
  piece.data = sms_text::joinable(coding, user_data.substr(header.octets), header.octets);
  piece.ports = header.ports;
  if (!piece.ports && message.destination_port)
    piece.ports = sms_text::Ports{*message.destination_port, message.source_port.value_or(0)};
  return piece;
}

Text text_of(const Piece& piece) {
  const bool is_text = piece.alphabet != sms_text::Alphabet::octets;
  return {is_text, sms_text::decode(piece.alphabet, piece.data)};
}

Inbox::Inbox(const Options& options, base::HashKey key)
    : reassembly_(reassembly_options(options), key) {}

void Inbox::limit_to(const Options& options) {
  reassembly_.limit_to(reassembly_options(options));
}

sms_text::Added Inbox::add(std::string_view sender, std::string_view service, const Piece& part,
                           std::uint64_t tag, base::TimePoint now, bool is_acknowledged) {
  auto received = received_part(sender, service, part, tag);
  received.is_acknowledged = is_acknowledged;
  return reassembly_.add(received, now);
}

std::optional<base::TimePoint> Inbox::lacked_until(std::string_view sender,
                                                   std::string_view service,
                                                   const Piece& part) const {
  return reassembly_.lacked_until(received_part(sender, service, part, 0));
}

bool Inbox::supersedes(std::string_view sender, std::string_view service, const Piece& part) const {
  return reassembly_.supersedes(received_part(sender, service, part, 0));
}

}  // namespace msggw::sms
