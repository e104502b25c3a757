// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/row_index.h"
#include "gateway/core/aliases.h"
#include "gateway/core/device.h"

namespace msggw::core {

/// The device table: every device that this gateway has recorded, by number, by any of its Private
/// IDs and by Service ID. About 220 octets a device (tests/bench/registrations measures it).
/// References stay valid until the device table ends.
class Registry {
 public:
  explicit Registry(base::HashKey key) : by_private_id_(key), by_service_id_(key), aliases_(key) {}

  /// Requires a Private ID that is not in the table; a row in state removed has none.
  DeviceNo add(Device device);
  /// Leaves nothing of the device but its number, in state removed, and the marks that are not
  /// stored.
  void bury(DeviceNo no);
  bool is_removed(DeviceNo no) const { return at(no).state == DeviceState::removed; }
  /// The next device gets this number, in a later generation. Requires that it is buried.
  void give_again(DeviceNo no) { free_.push_back(no); }

  /// By the Private ID of its row or by an alias.
  std::optional<DeviceNo> find_private_id(std::string_view canonical) const;
  std::optional<DeviceNo> find_service_id(std::string_view service_id) const;

  /// Requires that the device has no Service ID yet and that no other device has this one.
  void set_service_id(DeviceNo no, std::string service_id);

  /// Requires a living device, and a text by which find_private_id() finds none.
  void add_alias(DeviceNo no, std::string canonical) { aliases_.add(no, std::move(canonical)); }
  /// Whether the device had it.
  bool remove_alias(DeviceNo no, std::string_view canonical) {
    return aliases_.remove(no, canonical);
  }
  /// Its Private IDs beside the one in its row; until the next change of any.
  std::span<const std::string> aliases(DeviceNo no) const { return aliases_.of(no); }
  std::size_t all_aliases() const noexcept { return aliases_.size(); }

  Device& at(DeviceNo no) { return rows_[static_cast<std::size_t>(no)]; }
  const Device& at(DeviceNo no) const { return rows_[static_cast<std::size_t>(no)]; }
  bool holds(DeviceNo no) const noexcept { return static_cast<std::size_t>(no) < rows_.size(); }
  std::size_t size() const noexcept { return rows_.size(); }  ///< numbers given, removed ones too
  std::size_t living() const noexcept { return living_; }
  void reserve(std::size_t devices);

 private:
  std::deque<Device> rows_;
  std::size_t living_ = 0;
  std::vector<DeviceNo> free_;
  base::RowIndex by_private_id_;
  base::RowIndex by_service_id_;
  Aliases aliases_;
};

}  // namespace msggw::core
