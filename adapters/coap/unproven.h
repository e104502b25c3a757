// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <deque>

#include "gateway/base/sources.h"
#include "gateway/core/ids.h"

namespace msggw::coap_adapter {

/// Room for the messages that devices have been given and have not proven: so many, and so many
/// octets of their content in RAM, of neither of which one source has more than it leaves free. And
/// the devices that found none, in the order in which they are tried again. Loop thread only.
class Unproven {
 public:
  Unproven(std::size_t most, std::size_t most_octets)
      : most_(most),
        messages_(most + 1),  // one more than may be: they can be all taken
        most_at_once_(std::max<std::size_t>(most_octets / kPart, 1)),
        octets_(most_octets) {}

  /// From now on. What is there beyond it stays.
  void limit_to(std::size_t most) noexcept {
    most_ = most;
    messages_.limit_to(most + 1);
  }

  /// False: there is none, or none for that source.
  bool take(base::Source source, std::size_t octets) {
    if (is_full() || !messages_.take(source)) return false;
    if (octets_.take(source, counted(octets))) return true;
    messages_.give_back(source);
    return false;
  }
  /// Requires that it was taken.
  void give_back(base::Source source, std::size_t octets) {
    messages_.give_back(source);
    octets_.give_back(source, counted(octets));
    ++given_back_;
  }
  /// Nobody finds any.
  bool is_full() const noexcept {
    return messages_.taken() >= most_ || octets_.taken() >= most_octets();
  }
  std::size_t messages() const noexcept { return messages_.taken(); }
  std::size_t octets() const noexcept { return octets_.taken(); }

  /// The device is tried again when there is room.
  void wait(core::DeviceNo device) {
    if (waits_.insert(device).second) waiting_.push_back(device);
  }
  std::size_t waiting() const noexcept { return waiting_.size(); }
  /// Shows `again` those that are to be tried now: two for each that was given back, so that none
  /// is left behind whoever of them wants nothing any more.
  template <class Again>
  void try_again(Again&& again) {
    std::size_t left = messages() == 0 ? kMostAtOnce : std::min(2 * given_back_, kMostAtOnce);
    given_back_ = 0;
    for (left = std::min(left, waiting_.size()); left > 0; --left) {
      const core::DeviceNo device = waiting_.front();
      waiting_.pop_front();
      waits_.erase(device);
      again(device);
    }
  }

 private:
  /// One message alone finds room, however long it is.
  static constexpr std::size_t kPart = 4;
  static constexpr std::size_t kMostAtOnce = 512;

  std::size_t counted(std::size_t octets) const noexcept {
    return std::clamp<std::size_t>(octets, 1, most_at_once_);
  }
  std::size_t most_octets() const noexcept { return most_at_once_ * kPart; }

  std::size_t most_;
  base::RoomBySource messages_;
  std::size_t most_at_once_;
  base::RoomBySource octets_;
  std::deque<core::DeviceNo> waiting_;
  boost::unordered_flat_set<core::DeviceNo> waits_;  ///< the same, to be found
  std::size_t given_back_ = 0;
};

}  // namespace msggw::coap_adapter
