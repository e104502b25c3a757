// SPDX-License-Identifier: Apache-2.0
// Any octets are either no message, or one whose parts lie inside them.
#include <cstdint>
#include <string_view>

#include "gateway/base/result.h"
#include "tests/sim/fleet/coap_wire.h"
#include "tests/sim/fleet/frames.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const auto frame = msggw::fleet::coap::take_frame(stream);
  msggw::base::ensure(!frame || frame->octets <= size, "a frame is within the stream");
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
