// SPDX-License-Identifier: Apache-2.0
// The first octet selects options; all the rest is read as user data, as a receipt and as a script
// of parts.
#include <cstdint>

#include "adapters/sms/text/gsm7.h"
#include "adapters/sms/text/parts.h"
#include "adapters/sms/text/reassembly.h"
#include "adapters/sms/text/receipt.h"
#include "adapters/sms/text/receipt_id.h"
#include "gateway/base/text.h"

using msggw::base::ensure;
using namespace msggw::sms_text;  // NOLINT(google-build-using-namespace): one room, no header

namespace {

constexpr Alphabet kAlphabets[] = {Alphabet::gsm7, Alphabet::latin1, Alphabet::octets,
                                   Alphabet::ucs2};

void read_user_data(std::string_view octets) {
  const UserDataHeader header = parse_udh(octets);
  ensure(header.octets <= octets.size(), "the header is within the data");
  if (header.concatenation) {
    const Concatenation& which = *header.concatenation;
    ensure(which.sequence >= 1 && which.sequence <= which.total, "the numbers are possible");
    const UserDataHeader again = parse_udh(write_udh(which, header.ports));
    ensure(again.concatenation == which && again.ports == header.ports, "a header is stable");
  }
  for (const Alphabet alphabet : kAlphabets) {
    const std::string text =
        decode(alphabet, joinable({alphabet, true}, octets.substr(header.octets), header.octets));
    ensure(alphabet == Alphabet::octets || msggw::base::is_utf8(text), "text is UTF-8");
    ensure(alphabet == Alphabet::octets || msggw::base::is_utf8(decode(alphabet, octets)),
           "text is UTF-8");
  }
}

void read_receipt(std::uint8_t options, std::string_view octets) {
  ReceiptTlvs tlvs;
  if ((options & 1) != 0) tlvs.receipted_message_id = octets.substr(0, 20);
  if ((options & 2) != 0) tlvs.message_state = options >> 4;
  if ((options & 4) != 0) tlvs.network_error_code = octets.substr(0, 3);
  const Receipt receipt = parse_receipt(octets, tlvs);
  if (!receipt.state) {
    ensure(msggw::base::is_utf8(receipt.state.error().detail), "a refusal can be logged");
    return;
  }
  ensure(!(receipt.tlv_id + receipt.text_id).empty() && !word_of(*receipt.state).empty(),
         "a receipt is about a message");
  for (const auto base : {IdForm::Base::as_is, IdForm::Base::decimal, IdForm::Base::hex}) {
    ensure(!same_id_key(receipt.tlv_id + receipt.text_id, {base, true, true}).empty(),
           "an id has a key");
  }
}

void split_and_join(std::uint8_t options, std::string_view message) {
  const Alphabet alphabet = best_alphabet(message, static_cast<DefaultCoding>(options % 3));
  SplitOptions how;
  how.form = static_cast<ReferenceForm>(options >> 2 & 3);
  how.packed = (options & 0x10) != 0;
  if ((options & 0x20) != 0) how.ports = Ports{1, 2};
  const auto parts = split(alphabet, message, how);
  if (!parts) return;
  Reassembly reassembly({}, {});
  for (auto part = parts->rbegin(); part != parts->rend(); ++part) {
    const std::string data = joinable({alphabet, how.packed}, part->data, part->udh.size());
    const Added added = reassembly.add(
        {"a", "b", how.form, part->reference, part->total, part->sequence, alphabet, data}, {});
    if (part + 1 != parts->rend()) continue;
    ensure(added.outcome == Added::Outcome::complete, "all parts make a message");
    // Packed, CR CR may come back as CR (gsm7.h).
    ensure(added.message.body == message || how.packed, "a message comes back");
  }
}

/// Each 4 octets are one part.
void run_reassembly(std::string_view script) {
  ReassemblyOptions options;
  options.most_messages = 4;
  options.most_per_sender = 3;
  options.most_octets = 4096;
  Reassembly reassembly(options, {});
  msggw::base::TimePoint now{};
  for (; script.size() >= 4; script.remove_prefix(4)) {
    const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(script[i]); };
    const std::string_view sender = octet(0) % 2 == 0 ? "x" : "y";
    const std::string data(octet(3) * std::size_t{4}, 'd');
    now += std::chrono::seconds(octet(0) >> 2);
    const Added added = reassembly.add(
        {sender, "z", static_cast<ReferenceForm>(octet(1) % 3),
         static_cast<std::uint16_t>(octet(1) >> 4), static_cast<std::uint8_t>(octet(2) % 8),
         static_cast<std::uint8_t>(octet(2) / 8 % 8), kAlphabets[octet(3) % 4], data},
        now);
    ensure(reassembly.incomplete() <= 4 && reassembly.octets() <= 4096, "limits hold");
    ensure((reassembly.incomplete() == 0) == (reassembly.octets() == 0), "the sum is right");
    ensure(added.outcome == Added::Outcome::complete || added.message.body.empty(),
           "only a whole message has a body");
  }
  reassembly.expire(now + options.timeout);
  ensure(reassembly.incomplete() == 0, "everything expires");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  read_user_data(rest);
  read_receipt(data[0], rest);
  split_and_join(data[0], rest);
  run_reassembly(rest);
  return 0;
}
