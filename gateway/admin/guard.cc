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

Guard::Guard(std::string token, std::vector<base::Host> hosts, const base::Context& context)
    : clock_(context.clock),
      token_(std::move(token)),
      hosts_(std::move(hosts)),
      cross_site_(refused(context.metrics, "cross_site")),
      no_token_(refused(context.metrics, "token")) {}

std::optional<http::Response> Guard::refuse(const http::Request& request) {
  const http::Site site = http::site_of(request, hosts_);
  if (site != http::Site::own) {
    cross_site_.Increment();
    tell(request, "cross_site");
    return problem(403, "CROSS_SITE",
                   site == http::Site::foreign_host
                       ? "the Host of this request is no address of the gateway; list its names in "
                         "admin.hosts"
                       : "this request was made by a page of another origin");
  }
  if (shows_token(request.authorization)) return std::nullopt;
  no_token_.Increment();
  tell(request, request.authorization.empty() ? "no_token" : "wrong_token");
  auto response = problem(
      401, "UNAUTHORIZED",
      "show the token of operator.json in the gateway's folder: Authorization: Bearer TOKEN");
  response.headers.emplace_back("www-authenticate", "Bearer");
  return response;
}

void Guard::tell(const http::Request& request, std::string_view reason) {
  if (!log_.pass(clock_.now())) return;
  base::log::warn("operator_refused", {{"reason", reason},
                                       {"operator", base::to_string(request.source)},
                                       {"suppressed", log_.take_suppressed()}});
}

bool Guard::shows_token(std::string_view authorization) const noexcept {
  const auto token = base::bearer_token_in(authorization);
  return token && base::is_same_secret(*token, token_);
}

}  // namespace msggw::admin
