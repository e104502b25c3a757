// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <vector>

#include "gateway/admin/status.h"

namespace msggw::process {

/// A line of the list of addresses that a starting process prints.
using Listener = admin::Status::Listener;

/// One aligned line each: the URL, then the word for what it is.
void print_listeners(std::ostream& out, const std::vector<Listener>& listeners);

}  // namespace msggw::process
