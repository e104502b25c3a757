// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "gateway/base/bytes.h"
#include "gateway/base/result.h"

namespace msggw::storage {

template <class Enum>
constexpr std::uint64_t number(Enum value) noexcept {
  return static_cast<std::uint64_t>(value);
}

inline base::Error wrong(const char* row, const char* what) {
  return {base::Errc::storage, std::string(row) + ": " + what};
}

/// Reads the elements of a row and remembers the name of the first that is wrong; from then on each
/// read gives zero or nothing, so that a decoder reads all and asks once. For the codecs of rows.
class RowReader {
 public:
  explicit RowReader(std::string_view row) : in_(row) {}

  template <class Enum>
  Enum enumerator(Enum last, const char* name) {
    const std::uint64_t value = in_.varint();
    require(value <= number(last), name);
    return static_cast<Enum>(value);
  }
  template <class Number>
  Number integer(const char* name) {
    const std::uint64_t value = in_.varint();
    require(value <= std::numeric_limits<std::uint32_t>::max(), name);
    return static_cast<Number>(static_cast<std::uint32_t>(value));
  }
  std::string text(const char* name) {
    const std::string_view value = in_.bytes();
    require(true, name);
    return std::string(value);
  }
  std::uint64_t varint(const char* name) {
    const std::uint64_t value = in_.varint();
    require(true, name);
    return value;
  }
  /// Notes `name` unless everything so far could be read and `condition` holds.
  void require(bool condition, const char* name) noexcept {
    if (wrong_ == nullptr && !(condition && in_.ok())) wrong_ = name;
  }
  void end() noexcept { require(in_.at_end(), "octets after its end"); }

  bool ok() const noexcept { return wrong_ == nullptr; }
  const char* what_is_wrong() const noexcept { return wrong_; }

 private:
  base::ByteReader in_;
  const char* wrong_ = nullptr;
};

}  // namespace msggw::storage
