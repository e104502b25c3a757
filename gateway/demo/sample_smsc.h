// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "adapters/sms/options.h"
#include "gateway/cli/ports.h"
#include "gateway/demo/child.h"

namespace msggw::demo {

/// The demo's SMSC: a `msggw-sim smsc` process on the ports of the demo. It ends with this object,
/// and also when this process dies.
class SampleSmsc {
 public:
  /// Waits until it listens. Throws std::runtime_error if it cannot; it has said why on standard
  /// error by then.
  explicit SampleSmsc(const cli::Ports& ports);

 private:
  Child child_;
  base::UniqueFd output_;
};

/// What the gateway of the demo needs to be a client of it, and says to phones.
sms::Options sample_sms_options(const cli::Ports& ports);

/// Where testers steer it.
std::string sample_smsc_url(const cli::Ports& ports);

}  // namespace msggw::demo
