// SPDX-License-Identifier: Apache-2.0
// Handles that a device made up: refused, or the one way to write what they name.
#include <cstdint>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/core/handle_codec.h"

using msggw::base::ensure;
using msggw::core::DeviceNo;
using msggw::core::HandleCodec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const HandleCodec codec(msggw::core::HandleKey{});
  const std::string_view handle(reinterpret_cast<const char*>(data), size);
  if (const auto named = codec.read(handle))
    ensure(codec.write(*named) == handle, "fuzz: a handle is written in one way");
  HandleCodec::Named named;
  for (std::size_t i = 0; i < size && i < 8; ++i) {
    auto number = static_cast<std::uint32_t>(named.device);
    named.device = DeviceNo{number << 8 | named.generation >> 24};
    named.generation = named.generation << 8 | data[i];
  }
  ensure(codec.read(codec.write(named)) == named, "fuzz: a handle names what it was made of");
  return 0;
}
