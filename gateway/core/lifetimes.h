// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::core {

/// When registrations may end: at most one entry for each device and bearer, earliest first. An
/// entry is a reminder, not the truth: a refresh leaves it as it is, and who takes it out looks at
/// the row and puts it back if the registration was renewed, so that a refresh costs nothing here.
class Lifetimes {
 public:
  struct Entry {
    std::uint32_t until_s;
    DeviceNo device;
    Bearer bearer;
  };

  void add(const Entry& entry);
  /// The earliest entry whose time has come.
  std::optional<Entry> take_due(std::uint32_t now_s);
  std::optional<std::uint32_t> next_s() const;
  std::size_t size() const noexcept { return heap_.size(); }

 private:
  std::vector<Entry> heap_;
};

}  // namespace msggw::core
