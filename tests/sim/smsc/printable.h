// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/string.hpp>
#include <string>
#include <string_view>

#include "gateway/base/text.h"

namespace msggw::smsc {

/// Octets of a peer as a JSON string: what is not UTF-8 is U+FFFD.
inline boost::json::string json_text(std::string_view octets) {
  std::string text;
  base::append_as_utf8(text, octets);
  return boost::json::string(text);
}

}  // namespace msggw::smsc
