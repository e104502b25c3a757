// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "gateway/base/block_cipher.h"
#include "gateway/base/sources.h"
#include "gateway/core/ids.h"

namespace msggw::core {

/// What a row remembers of the source of its first contact: 32 bits that say whether two rows came
/// from one source, and without the key not which. 0: not known.
enum class SourceMark : std::uint32_t {};

/// Makes marks with the key of the store, so that they mean the same after a restart.
class SourceMarks {
 public:
  explicit SourceMarks(const base::BlockCipher::Key& key) : cipher_(key) {}
  SourceMark of(base::Source source) const noexcept;
  /// For people: "broker", "smsc:2" (the second one of the configuration), or "#0badcafe", which is
  /// the same for all rows from one address; empty: not known.
  std::string name_of(SourceMark mark) const;

 private:
  base::BlockCipher cipher_;
};

/// Devices that a first contact made and that have not come again, in crowds by their source: who
/// gives way when the device table fills. Sources share crowds by chance, kCrowds of which there
/// are. At most about 8 octets a newcomer. Entries are reminders: whoever takes one out looks at
/// the row.
class Newcomers {
 public:
  static constexpr std::size_t kCrowds = 1'024;

  /// `is_one` tells of a device whether it is a newcomer of this crowd still: entries of those that
  /// are not are dropped here, a few each time, so that there are never many more than newcomers.
  template <class IsOne>
  void add(DeviceNo device, SourceMark source, IsOne&& is_one) {
    Crowd& in = crowd(source);
    in.entries.push_back(device);
    ++in.size;
    ++size_;
    for (int i = 0; i < kSwept && in.entries.size() > 2 * in.size + kSlack; ++i) {
      const DeviceNo oldest = in.entries.front();
      in.entries.pop_front();
      if (is_one(oldest)) in.entries.push_back(oldest);
    }
  }
  /// The device is no newcomer any more, or gone; its entry stays until it is swept or taken out.
  void settled(SourceMark source);
  std::size_t size() const noexcept { return size_; }
  /// The size of the largest crowd.
  std::size_t most() const noexcept;

  /// The oldest entry of the largest crowd; none: there is no newcomer.
  std::optional<DeviceNo> take_oldest();
  /// Puts back what cannot give way yet, as the youngest; it was not settled().
  void put_back(DeviceNo device, SourceMark source) { crowd(source).entries.push_back(device); }

 private:
  static constexpr int kSwept = 4;
  static constexpr std::size_t kSlack = 64;

  struct Crowd {
    std::size_t size = 0;  ///< those that are newcomers still
    std::deque<DeviceNo> entries;
  };
  Crowd& crowd(SourceMark source) noexcept {
    return crowds_[static_cast<std::uint32_t>(source) % kCrowds];
  }

  std::array<Crowd, kCrowds> crowds_;
  std::size_t size_ = 0;
};

}  // namespace msggw::core
