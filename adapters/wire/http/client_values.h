// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "adapters/wire/http/client.h"

namespace msggw::http {

/// Of an answer, see Done.
inline constexpr std::size_t kMostHeaderOctets = 16 * 1024;

/// A request that has come to its end, until its caller is told.
struct Finished {
  Done done;
  base::Result<ClientResponse> result;
};

/// The error of a request whose values cannot be sent.
base::Result<void> check_values(const ClientRequest& request);

/// Whether a body is sent, which may be empty.
bool has_body(const ClientRequest& request) noexcept;

/// Of a request to `url`.
base::Error failure(base::Errc code, std::string_view reason, const base::Uri& url);

/// Of Retry-After (RFC 9110 10.2.3): seconds or a date, at most a day; 0 if it is neither.
base::Duration wait_in(const std::string& text);

}  // namespace msggw::http
