// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::core {

/// When registrations may end, earliest first. An entry is a reminder, not the truth: a refresh
/// that prolongs leaves it as it is, and who takes it out looks at the row and puts it back if the
/// registration was renewed, so that such a refresh costs nothing here. What ends sooner than it
/// was to gets another entry; of those for one device and bearer all but the first are dropped when
/// there are many, so that no device can fill memory by them.
class Lifetimes {
 public:
  struct Entry {
    std::uint32_t until_s;
    DeviceNo device;
    Bearer bearer;
  };

  void add(const Entry& entry);
  /// Beside one that there is for the same device and bearer, and that may be later.
  void add_sooner(const Entry& entry);
  /// The earliest entry whose time has come.
  std::optional<Entry> take_due(std::uint32_t now_s);
  std::optional<std::uint32_t> next_s() const;
  std::size_t size() const noexcept { return heap_.size(); }

 private:
  void drop_doubles();

  std::vector<Entry> heap_;
  std::size_t sooner_ = 0;  ///< added so since the last drop_doubles()
};

}  // namespace msggw::core
