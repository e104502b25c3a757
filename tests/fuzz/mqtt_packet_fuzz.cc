// SPDX-License-Identifier: Apache-2.0
// A stream from a broker through the filter, in reads of 1 to 256 octets (the first octet says how
// many). What passes must be whole packets that pass again, and the end of the connection is for
// good.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "adapters/mqtt/filter/filter.h"

namespace {

using msggw::mqtt::filter::Filter;

struct Stream {
  msggw::base::metrics::Registry registry;
  msggw::base::metrics::Counter& unusable =
      msggw::base::metrics::counter(registry, "msggw_x_total", "x");
  Filter filter{{4'096, std::chrono::seconds(30)}, unusable};
  bool over = false;

  std::string pass(std::string_view octets) {
    std::string out;
    while (!octets.empty() && !over) {
      const auto room = filter.room();
      if (room.empty()) std::abort();
      const std::size_t taken = std::min(room.size(), octets.size());
      std::copy_n(octets.begin(), taken, room.begin());
      filter.received(taken);
      octets.remove_prefix(taken);
      while (true) {
        const auto run = filter.next(64);
        over = !run;
        if (over || run->packets == 0) break;
        out.append(run->octets);
      }
      filter.written(filter.to_broker().size());
    }
    return out;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t step = std::size_t{data[0]} + 1;
  Stream first;
  first.filter.begin();
  std::string passed;
  for (std::size_t at = 1; at < all.size(); at += step) passed += first.pass(all.substr(at, step));
  if (first.over && first.filter.next(1)) std::abort();

  Stream second;
  second.filter.begin();
  if (second.pass(passed) != passed || second.over) std::abort();
  return 0;
}
