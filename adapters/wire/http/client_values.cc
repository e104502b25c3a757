// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/client_values.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <utility>

namespace msggw::http {

namespace {

using base::Errc;

constexpr std::chrono::seconds kMostRetryAfter = std::chrono::hours(24);

bool is_clean(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// A token (RFC 9110 5.6.2) in lower case.
bool is_field_name(std::string_view name) noexcept {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const auto is_allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || kOthers.find(c) != kOthers.npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_allowed);
}

}  // namespace

base::Result<void> check_values(const ClientRequest& request) {
  const auto& method = request.method;
  bool clean = !method.empty() && method.find(' ') == std::string::npos &&
               !base::is_coap(request.url.scheme) &&
               request.headers.size() <= ClientRequest::kMostHeaders;
  for (const std::string* value :
       {&method, &request.query, &request.content_type, &request.accept, &request.authorization}) {
    clean = clean && is_clean(*value);
  }
  for (const auto& [name, value] : request.headers)
    clean = clean && is_field_name(name) && !value.empty() && is_clean(value);
  if (clean) return {};
  return tl::unexpected(
      failure(Errc::malformed, "the request has a value that cannot be sent", request.url));
}

bool has_body(const ClientRequest& request) noexcept {
  return !request.content_type.empty() || request.method == "POST";
}

base::Error failure(Errc code, std::string_view reason, const base::Uri& url) {
  std::string detail(reason);
  detail.append(" (").append(base::origin_of(url)).append(")");
  return {code, std::move(detail)};
}

base::Duration wait_in(const std::string& text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range) {
    seconds = kMostRetryAfter.count();
  } else if (error != std::errc{} || end != text.data() + text.size()) {
    const std::time_t date = curl_getdate(text.c_str(), nullptr);
    if (date == -1) return base::Duration{0};
    seconds = date - std::time(nullptr);
  }
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kMostRetryAfter.count()));
}

}  // namespace msggw::http
