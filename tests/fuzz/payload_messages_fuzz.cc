// SPDX-License-Identifier: Apache-2.0
// Bodies of messages and reports as devices send them, in JSON or CBOR by the first octet. What is
// taken is within its limits; what is refused says why; an answer can be read again.
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/payload/message_bodies.h"

using namespace msggw;

namespace {

constexpr std::size_t kMostContent = 1'024;

void require(bool good) {
  if (!good) std::abort();
}

void look_at(payload::Encoding encoding, const messages::Answer& answer) {
  require(answer.refusal && !answer.refusal->cause.empty() &&
          !answer.refusal->error.detail.empty() &&
          answer.message_id.size() <= payload::kMostMessageIdOctets);
  const std::string ack = payload::encode_ack(encoding, answer);
  require(base::parse_document(encoding, ack, {}, boost::json::storage_ptr()).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto encoding = (data[0] & 1) != 0 ? payload::Encoding::cbor : payload::Encoding::json;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (auto sent = payload::parse_send(encoding, body, kMostContent)) {
    require(sent->content.size() <= kMostContent);
    messages::Message message;
    if (sent->to) message.from = *sent->to;
    message.message_id = sent->message_id;
    message.content = sent->content;
    require(payload::encode_message(encoding, message, sent->wants_report).has_value());
  } else {
    look_at(encoding, sent.error());
  }
  if (auto reported = payload::parse_report(encoding, body))
    require(!reported->message_id.empty());
  else
    look_at(encoding, reported.error());
  return 0;
}
