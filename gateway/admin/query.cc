// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/query.h"

#include <algorithm>

#include "gateway/base/path_segment.h"
#include "gateway/base/text.h"

namespace msggw::admin {

base::Result<Parameters> read_query(std::string_view query) {
  Parameters all;
  while (!query.empty()) {
    if (all.size() == kMostParameters)
      return base::fail(base::Errc::incorrect, "the query has too many parameters");
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const auto equals = std::min(part.find('='), part.size());
    auto value = base::octets_of_segment(part.substr(std::min(part.size(), equals + 1)));
    if (!value) return base::fail(base::Errc::malformed, "broken percent-encoding in the query");
    std::string name(part.substr(0, equals));
    const auto is_same = [&](const auto& other) { return other.first == name; };
    if (std::any_of(all.begin(), all.end(), is_same)) return wrong(name, "is said twice");
    all.emplace_back(std::move(name), std::move(*value));
  }
  return all;
}

base::Result<bool> read_flag(std::string_view query, std::string_view flag) {
  const auto parameters = read_query(query);
  if (!parameters) return tl::unexpected(parameters.error());
  bool set = false;
  for (const auto& [name, value] : *parameters) {
    if (name != flag) return wrong(name, "is unknown; allowed is " + std::string(flag));
    if (value != "true" && value != "false") return wrong(name, "allowed are true and false");
    set = value == "true";
  }
  return set;
}

tl::unexpected<base::Error> wrong(std::string_view name, std::string_view why) {
  return base::fail(base::Errc::incorrect, base::printable(name) + ": " + std::string(why));
}

}  // namespace msggw::admin
