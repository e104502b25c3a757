// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::messages {

/// Number of a draft, given in ascending order. Other drafts may have had it once.
enum class DraftNo : std::uint64_t {};

constexpr std::uint64_t number(DraftNo no) noexcept {
  return static_cast<std::uint64_t>(no);
}

/// What a device has said that is no message yet, such as a part of a long one, in octets of the
/// bearer's own.
struct Draft {
  core::DeviceNo device{};
  core::Bearer bearer{};
  std::uint32_t kept_s = 0;  ///< when it came, seconds of core::Timeline
  std::string octets;

  bool operator==(const Draft&) const = default;
};

/// Drafts, durable from the next commit until they are dropped. Their octets are in RAM until that
/// commit alone: the bearer that keeps them has what it needs of them, and gets all back at start.
/// A part of Queue, whose doors call it. Loop thread only.
class Drafts {
 public:
  DraftNo keep(Draft draft);
  /// Nothing happens if there is none of that number.
  void drop(DraftNo no);
  /// All of the device.
  void drop_all(core::DeviceNo device);

  /// At start, in ascending order. False: `no` is not above all before.
  bool restore(DraftNo no, Draft draft);
  /// Those that were restored of one bearer, once.
  std::vector<std::pair<DraftNo, Draft>> take_restored(core::Bearer bearer);

  struct Changes {
    std::vector<DraftNo> kept;
    std::vector<DraftNo> erased;
  };
  bool has_changes() const noexcept { return !changes_.kept.empty() || !changes_.erased.empty(); }
  Changes take_changes();
  /// What was taken is durable.
  void committed();
  /// Requires one that is not durable yet.
  const Draft& at(DraftNo no) const { return unsaved_.at(no); }

  std::size_t size() const noexcept { return all_.size(); }

 private:
  struct Entry {
    core::DeviceNo device;
    bool stored = false;  ///< or in the batch on its way there
  };

  boost::unordered_flat_map<DraftNo, Entry> all_;
  boost::unordered_flat_map<core::DeviceNo, std::vector<DraftNo>> by_device_;
  boost::unordered_flat_map<DraftNo, Draft> unsaved_;
  std::vector<DraftNo> under_way_;
  Changes changes_;
  std::vector<std::pair<DraftNo, Draft>> restored_;
  std::uint64_t next_ = 1;
};

}  // namespace msggw::messages
