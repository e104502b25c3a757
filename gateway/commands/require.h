// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>

#include "gateway/base/result.h"

namespace msggw::commands {

/// The value. Throws std::runtime_error with the detail if there is none.
template <class T>
T require(base::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace msggw::commands
