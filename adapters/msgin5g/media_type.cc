// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/media_type.h"

#include <boost/url/grammar/ci_string.hpp>

namespace msggw::msgin5g {

bool is_type(std::string_view content_type, std::string_view type) noexcept {
  std::string_view named = content_type.substr(0, content_type.find(';'));
  const auto first = named.find_first_not_of(" \t");
  if (first == std::string_view::npos) return false;
  named = named.substr(first, named.find_last_not_of(" \t") - first + 1);
  return boost::urls::grammar::ci_is_equal(named, type);
}

}  // namespace msggw::msgin5g
