// SPDX-License-Identifier: Apache-2.0
// A data file of any octets: judged within bounds and in finite time.
#include <cstdint>
#include <cstring>

#include "storage/lmdb_image.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const msggw::storage::lmdb::Image image{[&](std::uint64_t offset, char* to, std::size_t count) {
                                            if (offset > size || size - offset < count)
                                              return false;
                                            std::memcpy(to, data + offset, count);
                                            return true;
                                          },
                                          [&] { return std::uint64_t{size}; }};
  msggw::storage::lmdb::is_cut_off(image);
  msggw::storage::lmdb::table_names(image);
  return 0;
}
