// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace msggw::base {

/// SHA-256 (FIPS 180-4) of octets that come piece by piece.
class Sha256 {
 public:
  static constexpr std::size_t kHexDigits = 64;

  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view octets);
  /// Of all that was added, in lower-case hexadecimal digits. Once, and last.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace msggw::base
