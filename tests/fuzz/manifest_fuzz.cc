// SPDX-License-Identifier: Apache-2.0
// backup.json of a backup: what is read is written so that it is read as the same again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "storage/backup.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace msggw;
  const auto manifest = storage::parse_manifest({reinterpret_cast<const char*>(data), size});
  if (!manifest) return 0;
  const std::string once = storage::manifest_json(*manifest);
  const auto again = storage::parse_manifest(once);
  base::ensure(again && storage::manifest_json(*again) == once, "what is written can be read");
  return 0;
}
