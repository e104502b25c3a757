// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/listeners.h"

#include <algorithm>
#include <string>

namespace msggw::process {

void print_listeners(std::ostream& out, const std::vector<Listener>& listeners) {
  std::size_t width = 0;
  for (const Listener& listener : listeners) width = std::max(width, listener.url.size());
  for (const Listener& listener : listeners) {
    out << listener.url << std::string(width - listener.url.size() + 2, ' ') << listener.purpose
        << '\n';
  }
  out.flush();
}

}  // namespace msggw::process
