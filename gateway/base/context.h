// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>

#include "gateway/base/clock.h"
#include "gateway/base/metrics.h"

namespace msggw::base {

/// What everything on a loop needs: the loop, the time, and where to count. The three belong to one
/// process and outlive all that is given them.
struct Context {
  boost::asio::io_context& io;
  const Clock& clock;
  metrics::Registry& metrics;
};

}  // namespace msggw::base
