// SPDX-License-Identifier: Apache-2.0
// What a device sends as a message and as a report, in JSON and CBOR: what is refused can be
// answered, and what is taken is within its limits and can be written for another device.
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/payload/messages.h"
#include "gateway/base/document.h"
#include "gateway/base/result.h"
#include "gateway/base/text.h"

namespace {

using namespace msggw::payload;
using namespace msggw::elements;
using msggw::base::ensure;
using msggw::messages::Answer;

constexpr std::size_t kMostOctets = 2'048;

void check_line(std::string_view text, std::size_t most) {
  ensure(is_line(text, most), "an identifier is sound and within its limit");
}

void check_refusal(Encoding encoding, const Answer& answer) {
  ensure(answer.refusal.has_value(), "what is not taken is refused");
  ensure(!answer.refusal->cause.empty() && !answer.refusal->error.detail.empty(),
         "a refusal says why");
  ensure(!msggw::base::has_control(answer.refusal->error.detail), "a diagnostic is printable");
  check_line(answer.message_id, kMostMessageIdOctets);
  ensure(msggw::base::parse_document(encoding, encode_ack(encoding, answer), {}, {}).has_value(),
         "an answer can be read");
}

void check_message(Encoding encoding, std::string_view body) {
  const auto read = parse_message(encoding, body, kMostOctets);
  if (!read) return check_refusal(encoding, read.error());
  if (read->to) check_line(read->to->address, kMostAddressOctets);
  ensure(!read->to || !read->to->address.empty(), "a recipient has an address");
  check_line(read->message_id, kMostMessageIdOctets);
  check_line(read->application, kMostApplicationOctets);
  ensure(read->content.size() <= kMostOctets, "content is within the limit of the body");
  ensure(!read->lifetime || read->lifetime->count() > 0, "a lifetime is above zero");
  msggw::messages::Message message;
  message.message_id = read->message_id;
  message.content = read->content;
  for (const Encoding as : {Encoding::json, Encoding::cbor})
    ensure(encode_carried(as, message).has_value(), "text can be written");
}

void check_report(Encoding encoding, std::string_view body) {
  const auto read = parse_report(encoding, body, kMostOctets);
  if (!read) return check_refusal(encoding, read.error());
  check_line(read->message_id, kMostMessageIdOctets);
  check_line(read->failure_cause, kMostFailureCauseOctets);
  ensure(!read->message_id.empty(), "a report names a message");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
    check_message(encoding, body);
    check_report(encoding, body);
  }
  return 0;
}
