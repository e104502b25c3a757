// SPDX-License-Identifier: Apache-2.0
// What a device sends as a message and as a report, in JSON and CBOR: what is refused says why, and
// what is taken is within its limits and can be written for another device.
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/payload/messages.h"
#include "gateway/base/result.h"
#include "gateway/base/text.h"

namespace {

using namespace msggw::payload;
using msggw::base::ensure;

constexpr MessageLimits kLimits{
    .body_octets = 2'048, .address_octets = 64, .message_id_octets = 32, .application_octets = 32};

void check_line(std::string_view text, std::size_t most) {
  ensure(text.size() <= most, "an identifier is within its limit");
  ensure(msggw::base::is_utf8(text) && !msggw::base::has_control(text), "an identifier is sound");
}

void check_error(const msggw::base::Error& error) {
  ensure(!error.detail.empty(), "a refusal says why");
  ensure(!msggw::base::has_control(error.detail), "a diagnostic is printable");
}

void check_message(Encoding encoding, std::string_view body) {
  const auto read = parse_message(encoding, body, kLimits);
  if (!read) return check_error(read.error());
  if (read->to) check_line(read->to->address, kLimits.address_octets);
  ensure(!read->to || !read->to->address.empty(), "a recipient has an address");
  check_line(read->message_id, kLimits.message_id_octets);
  check_line(read->application, kLimits.application_octets);
  ensure(is_application(read->application, kLimits), "an appId can stand outside a body");
  ensure(!read->lifetime || read->lifetime->count() > 0, "a lifetime is above zero");
  msggw::messages::Message message;
  message.message_id = read->message_id;
  message.content = read->content;
  for (const Encoding as : {Encoding::json, Encoding::cbor})
    ensure(encode_carried(as, message).has_value(), "text can be written");
}

void check_report(Encoding encoding, std::string_view body) {
  const auto read = parse_report(encoding, body, kLimits);
  if (!read) return check_error(read.error());
  check_line(read->message_id, kLimits.message_id_octets);
  ensure(!read->message_id.empty(), "a report names a message");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
    check_message(encoding, body);
    check_report(encoding, body);
  }
  wants_plain(body);
  return 0;
}
