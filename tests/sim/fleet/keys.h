// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "tests/sim/fleet/ids.h"
#include "tests/sim/fleet/options.h"

namespace msggw::fleet {

/// The PSKs, or passwords, of the devices of a run: made of one text and the Private ID, or those
/// of a list. The same options give the same keys in every run.
class Keys {
 public:
  struct Key {
    std::string identity;
    std::string octets;
  };

  /// `ids` must outlive it. Throws std::invalid_argument: a list that cannot be used.
  Keys(const Security& security, const Ids& ids);

  /// Throws std::invalid_argument: the list does not name the device.
  Key of(std::uint32_t device) const;
  /// A list for `msggw devices credential import`, which nobody else may read. Throws
  /// std::runtime_error.
  void write(const std::string& file, std::uint32_t devices) const;

 private:
  const Ids& ids_;
  std::string secret_;
  bool passwords_ = false;
  std::unordered_map<std::string, Key> list_;  ///< by Private ID
};

/// Pairs of hexadecimal digits.
std::string hex_of(std::string_view octets);

}  // namespace msggw::fleet
