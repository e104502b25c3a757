// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/same_site.h"

#include <algorithm>

namespace msggw::http {

Site site_of(const Request& request, std::span<const base::Host> hosts) {
  const auto at = base::parse_address(request.host, base::default_port(base::Scheme::http));
  const bool is_own = at && (at->host.is_numeric() || at->host.is_loopback() ||
                             std::find(hosts.begin(), hosts.end(), at->host) != hosts.end());
  if (!is_own) return Site::foreign_host;
  if (request.origin.empty()) return Site::own;
  const auto slashes = request.origin.find("://");
  const bool is_same =
      slashes != std::string_view::npos && request.origin.substr(slashes + 3) == request.host;
  return is_same ? Site::own : Site::foreign_origin;
}

}  // namespace msggw::http
