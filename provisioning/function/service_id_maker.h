// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/core/ids.h"

namespace msggw::function {

/// Fills the octets with uniformly random ones.
using RandomSource = std::function<void(std::span<std::uint8_t>)>;

/// base::fill_random(): guessable or repeated Service IDs would be worse than none.
RandomSource system_random();

/// What Service IDs look like: a rule's service_id_template. A value.
class ServiceIdTemplate {
 public:
  /// Characters that `{id}` becomes.
  static constexpr std::size_t kIdLength = 20;

  /// Throws std::runtime_error, naming the fault, if the template has not exactly one `{id}`, has
  /// any other placeholder than `{type}`, holds spaces, controls or broken UTF-8, or could make
  /// more than `most_octets`.
  ServiceIdTemplate(std::string_view pattern, std::size_t most_octets);

  const std::string& text() const noexcept { return text_; }  ///< as it was given
  /// What stands before and behind `{id}` in a Service ID of that type.
  struct Frame {
    std::string before;
    std::string behind;
  };
  const Frame& frame(core::UeType type) const noexcept {
    return frames_[static_cast<std::size_t>(type)];
  }

 private:
  std::string text_;
  std::array<Frame, 4> frames_;  ///< by UeType
};

/// Makes Service IDs. Loop thread only.
///
/// The 20 characters of `{id}` carry 103 random bits. That is what keeps a Service ID from ever
/// being given out a second time, by whatever rule and also after its assignment was released and
/// its row erased, and from being guessed.
class ServiceIdMaker {
 public:
  explicit ServiceIdMaker(RandomSource random) : random_(std::move(random)) {}

  /// A fresh Service ID; valid until the next call. Whether it is free is for the caller to check.
  std::string_view make(const ServiceIdTemplate& pattern, core::UeType type);

 private:
  std::uint64_t random_number();

  RandomSource random_;
  std::array<std::uint64_t, 256>
      numbers_{};  ///< drawn in blocks: one call of the generator serves many IDs
  std::size_t used_ = numbers_.size();
  std::string made_;
};

}  // namespace msggw::function
