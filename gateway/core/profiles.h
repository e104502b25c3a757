// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <string>
#include <vector>

#include "gateway/core/device.h"

namespace msggw::core {

/// The interned ServiceProfiles: equal ones have one number. Grows only; a provider has a handful.
class Profiles {
 public:
  struct Interned {
    ProfileNo no;
    bool added;
  };
  Interned intern(ServiceProfile profile);

  const ServiceProfile& at(ProfileNo no) const { return profiles_[static_cast<std::size_t>(no)]; }
  bool holds(ProfileNo no) const noexcept {
    return static_cast<std::size_t>(no) < profiles_.size();
  }
  std::size_t size() const noexcept { return profiles_.size(); }

 private:
  static std::string key_of(const ServiceProfile& profile);

  std::vector<ServiceProfile> profiles_;
  boost::unordered_flat_map<std::string, ProfileNo> numbers_;
};

}  // namespace msggw::core
