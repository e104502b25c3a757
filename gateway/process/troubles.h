// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <vector>

#include "gateway/admin/status.h"
#include "gateway/base/clock.h"

namespace msggw::process {

using Trouble = admin::Status::Trouble;

/// Which of the parts that `status` tells of are not as they should be. A part that nobody has
/// asked yet is taken to be well, and what it said longer ago than kStale to be over.
std::vector<Trouble> troubles_in(const admin::Status& status, base::TimePoint now);
/// Who answered as he should not is asked again sooner (limits.provisioning_backoff_most).
inline constexpr base::Duration kStale{300'000};
/// A trouble is told to be there since a moment this near to the true one.
inline constexpr std::chrono::seconds kLookAtTroubles{1};

/// Since when each trouble is there.
class Troubles {
 public:
  /// Those that there are now, one for each part and name. What was there when it was last looked
  /// keeps the time at which it was first seen, also when there is another reason for it.
  void look(std::vector<Trouble> now_there, base::TimePoint now);
  const std::vector<Trouble>& all() const noexcept { return all_; }

 private:
  std::vector<Trouble> all_;
};

}  // namespace msggw::process
