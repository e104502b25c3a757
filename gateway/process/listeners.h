// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace msggw::process {

/// A line of the list of addresses that a starting process prints.
struct Listener {
  std::string url;
  std::string purpose;
};

/// One aligned line each: the URL, then the word for what it is.
void print_listeners(std::ostream& out, const std::vector<Listener>& listeners);

}  // namespace msggw::process
