// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/path_segment.h"

#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace msggw::base {

std::string path_segment(std::string_view octets) {
  if (octets == ".") return "%2E";
  if (octets == "..") return "%2E%2E";
  return boost::urls::encode({octets.data(), octets.size()}, boost::urls::unreserved_chars);
}

std::optional<std::string> octets_of_segment(std::string_view segment) {
  const auto valid = boost::urls::make_pct_string_view({segment.data(), segment.size()});
  if (!valid) return std::nullopt;
  return valid->decode();
}

}  // namespace msggw::base
