// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <vector>

#include "gateway/admin/status.h"

namespace msggw::process {

/// A line of the list of addresses that a starting process prints.
using Listener = admin::Status::Listener;

/// An event for each that is not in both: where a process that runs listens from now on, and where
/// it does not any more.
void tell_moves(const std::vector<Listener>& before, const std::vector<Listener>& after);

/// One aligned line each: the URL, then the word for what it is.
void print_listeners(std::ostream& out, const std::vector<Listener>& listeners);

}  // namespace msggw::process
