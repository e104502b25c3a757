// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace msggw::elements {

/// What is wrong with an element of a body, the gravest first. The last two are what is understood
/// and not served: a type of address, a status of delivery.
enum class Wrong : std::uint8_t {
  missing,
  incorrect,
  optional_incorrect,
  address_type,
  delivery_status
};
inline constexpr std::size_t kWrongs = 5;

struct Fault {
  std::string pointer;  ///< JSON Pointer into the body, "/destAddr/addr"
  std::string reason;   ///< the end of a sentence that begins with the element: "is missing"

  std::string sentence() const { return pointer + " " + reason; }
};

/// What is wrong with the elements of a body, at most `most` of each kind.
class Faults {
 public:
  explicit Faults(std::size_t most) : most_(most) {}

  void note(Wrong wrong, std::string pointer, std::string reason) {
    auto& of = by_kind_[static_cast<std::size_t>(wrong)];
    if (of.size() < most_) of.push_back({std::move(pointer), std::move(reason)});
  }

  bool none() const noexcept;
  /// Requires !none().
  Wrong gravest() const noexcept;
  /// Requires !none(). At most `most` in all, the gravest first.
  std::vector<Fault> take() &&;

 private:
  std::size_t most_;
  std::array<std::vector<Fault>, kWrongs> by_kind_;
};

}  // namespace msggw::elements
