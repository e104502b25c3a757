// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/guard.h"

#include <utility>

#include "adapters/wire/http/same_site.h"
#include "gateway/base/document.h"
#include "gateway/base/secrets.h"

namespace msggw::admin {

namespace {

base::metrics::Counter& refused(base::metrics::Registry& metrics, const char* reason) {
  return base::metrics::counter(metrics, "msggw_operator_refused_total",
                                "Requests of the operator's API turned away", {{"reason", reason}});
}

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

Guard::Guard(std::string token, std::vector<base::Host> hosts, base::metrics::Registry& metrics)
    : token_(std::move(token)),
      hosts_(std::move(hosts)),
      cross_site_(refused(metrics, "cross_site")),
      no_token_(refused(metrics, "token")) {}

std::optional<http::Response> Guard::refuse(const http::Request& request) const {
  const http::Site site = http::site_of(request, hosts_);
  if (site != http::Site::own) {
    cross_site_.Increment();
    return problem(403, "CROSS_SITE",
                   site == http::Site::foreign_host
                       ? "the Host of this request is no address of the gateway; list its names in "
                         "admin.hosts"
                       : "this request was made by a page of another origin");
  }
  if (shows_token(request.authorization)) return std::nullopt;
  no_token_.Increment();
  auto response = problem(
      401, "UNAUTHORIZED",
      "show the token of operator.json in the gateway's folder: Authorization: Bearer TOKEN");
  response.headers.emplace_back("www-authenticate", "Bearer");
  return response;
}

bool Guard::shows_token(std::string_view authorization) const noexcept {
  const auto token = base::bearer_token_in(authorization);
  return token && base::is_same_secret(*token, token_);
}

}  // namespace msggw::admin
