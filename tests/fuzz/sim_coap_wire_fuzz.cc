// SPDX-License-Identifier: Apache-2.0
// Any octets are either no message, or one whose parts lie inside them.
#include <cstdint>

#include "gateway/base/result.h"
#include "tests/sim/fleet/coap_wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = msggw::fleet::coap::decode({data, size});
  if (!message) return 0;
  msggw::base::ensure(message->token_octets <= 8, "token length");
  const auto* begin = reinterpret_cast<const char*>(data);
  msggw::base::ensure(message->payload.empty() ||
                          (message->payload.data() > begin &&
                           message->payload.data() + message->payload.size() == begin + size),
                      "the payload is the tail of the datagram");
  return 0;
}
