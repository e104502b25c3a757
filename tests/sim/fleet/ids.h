// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/fleet/options.h"

namespace msggw::fleet {

/// The Private IDs of a run: device number 0 .. devices-1 of the run to the text that the device
/// sends. The same template and index give the same text in every run. Safe to share between
/// threads.
class Ids {
 public:
  /// Throws std::invalid_argument: a text without {n} for more than one device, an index that does
  /// not fit.
  explicit Ids(const Options& options);

  std::string text(std::uint32_t device) const;
  /// The same into `out`, without a new allocation once `out` has grown.
  void write(std::uint32_t device, std::string& out) const;

 private:
  enum class Form { mac, imei, uuid, text, list };

  Form form_;
  std::uint64_t first_;
  std::string template_;
  std::vector<std::string> list_;
};

}  // namespace msggw::fleet
