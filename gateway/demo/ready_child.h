// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gateway/demo/child.h"

namespace msggw::demo {

/// A program that prints the line `ready` when it listens, as msggw-sim does. It ends with this
/// object, and also when this process dies.
class ReadyChild {
 public:
  /// Waits for the line. Throws std::runtime_error if the program cannot be started or has ended
  /// before; it has said why on standard error by then.
  explicit ReadyChild(const std::vector<std::string>& arguments);

 private:
  Child child_;
  base::UniqueFd output_;
};

}  // namespace msggw::demo
