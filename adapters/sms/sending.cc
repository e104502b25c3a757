// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/sending.h"

#include "adapters/sms/text/parts.h"
#include "gateway/base/bytes.h"

namespace msggw::sms {

namespace {

constexpr std::uint64_t kVersion = 1;

}  // namespace

std::string encode(const Sending& sending) {
  std::string octets;
  base::ByteWriter to(octets);
  to.varint(kVersion);
  to.bytes(sending.smsc);
  to.varint(sending.parts.size());
  for (const Sending::Part& part : sending.parts) {
    to.varint(part.delivered ? 1 : 0);
    to.bytes(part.id);
  }
  return octets;
}

base::Result<Sending> parse_sending(std::string_view octets) {
  base::ByteReader in(octets);
  const bool is_known = in.varint() == kVersion;
  Sending sending;
  sending.smsc = in.bytes();
  const std::uint64_t parts = in.varint();
  bool is_right = is_known && parts <= sms_text::kMostParts;
  for (std::uint64_t i = 0; is_right && i < parts; ++i) {
    const std::uint64_t delivered = in.varint();
    Sending::Part& part = sending.parts.emplace_back();
    part.delivered = delivered == 1;
    part.id = in.bytes();
    is_right = in.ok() && delivered <= 1;
  }
  if (!is_right || !in.ok() || !in.at_end())
    return base::fail(base::Errc::incorrect, "no row of a message at an SMSC");
  return sending;
}

}  // namespace msggw::sms
