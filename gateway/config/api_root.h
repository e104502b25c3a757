#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::config {

/// The parts of `{apiRoot}` (TS 29.501 4.4.1): scheme, authority and an optional path prefix.
struct ApiRoot {
  bool tls = true;         ///< https
  std::string host;        ///< a name, or an address without brackets
  std::uint16_t port = 0;  ///< 0: the scheme's own
};

/// Takes "http" or "https" in lower case, a host, and if present a port and a path; no user, query
/// or fragment. The detail of the error is one sentence that says what is wrong and what is
/// allowed, without the text itself.
///
/// Written by hand because the answer decides whether cleartext stays on this machine:
/// Boost.URL 1.81 takes the host of "http://127.0.0.1.example" for 127.0.0.1 and port 65537 for 1.
base::Result<ApiRoot> parse_api_root(std::string_view text);

}  // namespace msggw::config
