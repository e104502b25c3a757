// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/msgin5g/options.h"
#include "gateway/base/text.h"

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
  /// Why the content cannot be written so, for who sends it and for the operator; none: it can.
  std::optional<std::string> why_not(std::string_view application, std::string_view content) const {
    if (of(application) == PayloadEncoding::base64 || base::is_utf8(content)) return std::nullopt;
    return "the content is no text in UTF-8, and goes to the server as text: octets need "
           "msgin5g.content_encoding = \"base64\" at the gateway, or their appId in "
           "msgin5g.base64_apps";
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
