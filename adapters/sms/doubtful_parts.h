// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sms/writing.h"
#include "gateway/base/clock.h"
#include "gateway/core/device.h"
#include "gateway/messages/device_side.h"

namespace msggw::sms {

/// Parts that FinishedTexts knows: their SMSC gives them again, or their sender has written another
/// text that says the same there, by the same reference. What comes next tells which, so such a
/// part stands in no text before. Loop thread only.
class DoubtfulParts {
 public:
  struct Part {
    core::DeviceNo device{};
    Writing writing;
    messages::DraftNo draft{};  ///< that holds it
    base::TimePoint since{};
  };

  /// `options` must outlive it.
  explicit DoubtfulParts(const Options& options) : options_(options) {}

  /// There are Options::max_partial_messages: none that is not acknowledged yet may come.
  bool is_full() const noexcept { return parts_.size() >= options_.max_partial_messages; }
  /// It is looked at again at `next`. Returns false if it is there already.
  bool add(Part part, base::TimePoint next);
  /// Whether the part is there, and came before `until`.
  bool holds(const Writing& part, base::TimePoint until) const;
  /// One that is to be looked at.
  std::optional<Part> take_due(base::TimePoint now);
  /// Those of texts of the same sender and reference as `part`, which are forgotten.
  std::vector<Part> take_like(core::DeviceNo device, const Writing& part);
  /// Drafts of those of the same sender and reference as a text that is whole, of parts that say
  /// something else than its own (`digests`), which are forgotten.
  std::vector<messages::DraftNo> take_others(core::DeviceNo device, const Writing& whole,
                                             const std::vector<std::uint64_t>& digests);
  /// Drafts of those of the device, which are forgotten.
  std::vector<messages::DraftNo> take_of(core::DeviceNo device);
  std::optional<base::TimePoint> next_deadline() const;
  std::size_t size() const noexcept { return parts_.size(); }

 private:
  void forget(const Part& part);

  const Options& options_;
  std::multimap<base::TimePoint, Part> parts_;
  boost::unordered_flat_map<core::DeviceNo, std::size_t> of_device_;
  boost::unordered_flat_map<std::string, base::TimePoint> since_;  ///< of `parts_`, by their names
};

}  // namespace msggw::sms
