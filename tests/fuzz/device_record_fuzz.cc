// SPDX-License-Identifier: Apache-2.0
// Stored rows of any octets: refused with a reason, or a value that survives being written and read
// again.
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "storage/device_record.h"

namespace {

using msggw::base::ensure;
namespace storage = msggw::storage;

void try_device(std::string_view row) {
  const auto first = storage::parse_device(row);
  if (!first) {
    ensure(!first.error().detail.empty(), "fuzz: a refusal has a reason");
    return;
  }
  const auto written = [](const storage::DeviceRow& row) {
    std::string out;
    storage::append_device(out, row.device,
                           {row.info, row.refusal ? &*row.refusal : nullptr, row.aliases,
                            row.postings, row.push_target, row.observer});
    return out;
  };
  const std::string again = written(*first);
  ensure(again.size() <= row.size(), "fuzz: what we write is the shortest form");
  const auto second = storage::parse_device(again);
  ensure(second.has_value(), "fuzz: what we write can be read");
  ensure(written(*second) == again, "fuzz: nothing is lost");
}

void try_profile(std::string_view row) {
  const auto first = storage::parse_profile(row);
  if (!first) return;
  std::string again;
  storage::append_profile(again, *first);
  const auto second = storage::parse_profile(again);
  ensure(second.has_value() && *second == *first, "fuzz: a profile survives");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view row(reinterpret_cast<const char*>(data), size);
  try_device(row);
  try_profile(row);
  return 0;
}
