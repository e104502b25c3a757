// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/guard.h"

#include <utility>

#include "adapters/wire/http/same_site.h"
#include "gateway/base/document.h"
#include "gateway/base/keyed_hash.h"
#include "gateway/base/secrets.h"

namespace msggw::admin {

namespace {

/// Events of one reason that one source may cause in a second, and sources told apart.
constexpr std::uint32_t kOfSourceEachSecond = 1;
constexpr std::size_t kSources = 256;

}  // namespace

http::Response problem(unsigned status, std::string_view cause, std::string_view detail) {
  http::Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  base::ObjectWriter writer(base::Encoding::json, response.body);
  writer.number("status", status);
  writer.text("cause", cause);
  writer.text("detail", detail);
  writer.end();
  response.body += '\n';
  return response;
}

Guard::Reason::Reason(const char* name_of, base::metrics::Registry& metrics)
    : name(name_of),
      refused(base::metrics::counter(metrics, "msggw_operator_refused_total",
                                     "Requests of the operator's API turned away",
                                     {{"reason", name_of}})),
      rate(kOfSourceEachSecond, kSources, base::random_hash_key()) {}

Guard::Guard(std::string token, std::vector<base::Host> hosts, const base::Context& context)
    : clock_(context.clock),
      token_(std::move(token)),
      hosts_(std::move(hosts)),
      cross_site_("cross_site", context.metrics),
      no_token_("no_token", context.metrics),
      wrong_token_("wrong_token", context.metrics) {}

std::optional<http::Response> Guard::refuse(const http::Request& request) {
  const http::Site site = http::site_of(request, hosts_);
  if (site != http::Site::own) {
    tell(request, cross_site_);
    return problem(403, "CROSS_SITE",
                   site == http::Site::foreign_host
                       ? "the Host of this request is no address of the gateway; list its names in "
                         "admin.hosts"
                       : "this request was made by a page of another origin");
  }
  if (shows_token(request.authorization)) return std::nullopt;
  tell(request, request.authorization.empty() ? no_token_ : wrong_token_);
  auto response = problem(
      401, "UNAUTHORIZED",
      "show the token of operator.json in the gateway's folder: Authorization: Bearer TOKEN");
  response.headers.emplace_back("www-authenticate", "Bearer");
  return response;
}

void Guard::tell(const http::Request& request, Reason& reason) {
  reason.refused.Increment();
  const base::TimePoint now = clock_.now();
  if (!reason.rate.pass(request.source, now) || !reason.log.pass(now)) {
    ++reason.suppressed;
    return;
  }
  base::log::warn("operator_refused", {{"reason", reason.name},
                                       {"operator", base::to_string(request.source)},
                                       {"suppressed", std::exchange(reason.suppressed, 0)}});
}

bool Guard::shows_token(std::string_view authorization) const noexcept {
  const auto token = base::bearer_token_in(authorization);
  return token && base::is_same_secret(*token, token_);
}

}  // namespace msggw::admin
