// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace msggw::storage {

/// What is wrong with a store, in sentences; of many the first ones.
class Faults {
 public:
  static constexpr std::size_t kMostShown = 100;

  void add(std::string fault) {
    ++all_;
    if (shown_.size() < kMostShown) shown_.push_back(std::move(fault));
  }
  bool none() const noexcept { return all_ == 0; }
  std::size_t all() const noexcept { return all_; }
  const std::vector<std::string>& shown() const noexcept { return shown_; }

 private:
  std::size_t all_ = 0;
  std::vector<std::string> shown_;
};

}  // namespace msggw::storage
