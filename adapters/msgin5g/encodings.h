// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/msgin5g/options.h"

namespace msggw::msgin5g {

/// How the payload of each application's messages is written and read, both ways.
class Encodings {
 public:
  explicit Encodings(const Options& options)
      : otherwise_(options.content_encoding),
        text_(sorted(options.text_apps)),
        base64_(sorted(options.base64_apps)) {}

  /// `application` is the appId; empty: none.
  PayloadEncoding of(std::string_view application) const noexcept {
    const auto is_in = [application](const std::vector<std::string>& some) {
      return std::binary_search(some.begin(), some.end(), application);
    };
    if (is_in(text_)) return PayloadEncoding::text;
    return is_in(base64_) ? PayloadEncoding::base64 : otherwise_;
  }

 private:
  static std::vector<std::string> sorted(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    return names;
  }

  PayloadEncoding otherwise_;
  std::vector<std::string> text_;
  std::vector<std::string> base64_;
};

}  // namespace msggw::msgin5g
