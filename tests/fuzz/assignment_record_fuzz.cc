// SPDX-License-Identifier: Apache-2.0
// Stored assignments: any octets are either a record, which is then written back as it was read, or
// an error.
#include "provisioning/function/assignment_record.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  const auto record = msggw::function::parse_record(octets);
  if (!record) return 0;
  std::string written;
  msggw::function::append_record(written, *record);
  const auto again = msggw::function::parse_record(written);
  msggw::base::ensure(again && *again == *record, "a record reads back as it was written");
  return 0;
}
