// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/operation.h"

#include <algorithm>
#include <iterator>

namespace msggw::m5s {

namespace {

constexpr std::string_view kNames[] = {"deliver-ue-message", "deliver-as-message", "deliver-report",
                                       "register",           "register-bulk",      "deregister",
                                       "register-as",        "deregister-as",      "other",
                                       "give-message",       "give-report"};
static_assert(std::size(kNames) == static_cast<std::size_t>(kLastOperation) + 1);

}  // namespace

std::string_view name_of(Operation operation) {
  return kNames[static_cast<std::size_t>(operation)];
}

std::optional<Operation> operation_of(std::string_view name) {
  const auto* const found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Operation>(found - std::begin(kNames));
}

}  // namespace msggw::m5s
