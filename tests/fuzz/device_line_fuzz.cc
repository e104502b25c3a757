// SPDX-License-Identifier: Apache-2.0
// A line of `msggw export`: what is read is written so that it is read as the same again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/roster/device_line.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace msggw;
  const auto line = roster::parse_device_line({reinterpret_cast<const char*>(data), size});
  if (!line) return 0;
  std::string once;
  roster::append_device_line(once, *line);
  const auto again = roster::parse_device_line(once);
  base::ensure(again.has_value(), "what is written can be read");
  std::string twice;
  roster::append_device_line(twice, *again);
  base::ensure(once == twice, "and is the same");
  return 0;
}
