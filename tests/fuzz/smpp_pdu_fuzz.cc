// SPDX-License-Identifier: Apache-2.0
// SMPP PDUs: decoded from any octets; what was decoded is written and read again the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/sms/smpp/pdu.h"

using namespace msggw::smpp;
using msggw::base::ensure;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto pdu = decode({reinterpret_cast<const char*>(data), size});
  if (!pdu) {
    ensure(pdu.error().status != Status::ok, "a fault has a status");
    ensure(pdu.error().status != Status::system_error, "it is not for what came from outside");
    return 0;
  }
  std::string octets;
  if (!append(*pdu, octets)) return 0;  // recognised only, or an ok response without a body
  const auto again = decode(octets);
  ensure(again.has_value() && again->header == pdu->header && again->body == pdu->body,
         "what was written is read the same");
  ensure(again->flaw == Status::ok, "what was written has no flaw");
  return 0;
}
