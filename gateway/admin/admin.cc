// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/admin.h"

#include <algorithm>
#include <utility>

#include "gateway/admin/answers.h"
#include "gateway/base/log.h"

namespace msggw::admin {

namespace {

/// Rows of at most RowReader::kMostRecordOctets, though a thousand of them are not that long.
constexpr std::size_t kMostBodyOctets = 2 * 1024 * 1024;
const std::string kReload = "/api/v1/reload";
const std::string kStatus = "/api/v1/status";

http::ServerOptions listener(const Place& place) {
  http::ServerOptions options;
  options.name = "admin";
  options.address = place.address;
  options.port = place.port;
  options.section = place.section;
  options.port_option = place.port_option;
  options.listens = place.listens;
  options.max_connections = 64;
  options.max_body_octets = kMostBodyOctets;
  options.max_buffered_octets = 16 * kMostBodyOctets;
  return options;
}

http::Response plain(unsigned status, std::string text) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

}  // namespace

Admin::Admin(const base::Context& context, const Place& place, Look look)
    : context_(context),
      look_(std::move(look)),
      timer_(context.io),
      server_(context, listener(place),
              [this](const http::Request& request, const http::Responder& responder) {
                receive(request, responder);
              }) {}

void Admin::open_api(const ApiAccess& access, const ApiDoors& doors,
                     std::function<Status()> status) {
  open_to(access);
  api_.emplace(context_, doors, std::move(status));
}

void Admin::open_to(const ApiAccess& access) {
  guard_.emplace(access.token, access.hosts, context_);
}

http::Place Admin::prepare(const Place& place) const {
  return server_.prepare(listener(place));
}

void Admin::set_hosts(std::vector<base::Host> hosts) {
  if (guard_) guard_->set_hosts(std::move(hosts));
}

void Admin::receive(const http::Request& request, const http::Responder& responder) {
  if (!guard_ || !request.path.starts_with(kApi)) return responder.respond(answer(request));
  if (auto refusal = guard_->refuse(request)) return responder.respond(std::move(*refusal));
  if (request.path == kReload && reloading_.reload) return responder.respond(reload(request));
  if (api_) return api_->handle(request, responder);
  if (request.path == kStatus && status_) return responder.respond(status(request));
  responder.respond(problem(404, "NOT_FOUND", "nothing here but " + kReload + " and " + kStatus));
}

http::Response Admin::status(const http::Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") return not_allowed("GET, HEAD");
  return json_answer(200, status_());
}

http::Response Admin::reload(const http::Request& request) const {
  const bool is_look = request.method == "GET" || request.method == "HEAD";
  if (!is_look && request.method != "POST") return not_allowed("GET, HEAD, POST");
  if (!is_look) base::log::info("reload_asked", {{"operator", base::to_string(request.source)}});
  ReloadAnswer answer = is_look ? reloading_.preview() : reloading_.reload();
  return json_answer(answer.is_good ? 200 : 422, std::move(answer.json));
}

void Admin::end_turn(base::TimePoint now) {
  if (!api_) return;
  api_->end_turn(now);
  const auto deadline = api_->next_deadline();
  // A new wait would end the old one, and so begin a turn each turn.
  if (!deadline || *deadline == timer_at_) return;
  timer_at_ = *deadline;
  timer_.expires_after(std::max(base::Duration{1}, *deadline - now));
  timer_.async_wait([](const boost::system::error_code&) {});  // the end of this turn does the work
}

http::Response Admin::answer(const http::Request& request) const {
  if (request.path != "/metrics" && request.path != "/healthz" && request.path != "/readyz") {
    return plain(404, "nothing here; try /metrics, /healthz or /readyz\n");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    http::Response response = plain(405, "only GET\n");
    response.headers.emplace_back("allow", "GET, HEAD");
    return response;
  }
  if (request.path == "/healthz") return plain(200, "ok\n");
  if (request.path == "/readyz") return ready();
  http::Response response = plain(200, base::metrics::expose(context_.metrics));
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

http::Response Admin::ready() const {
  const std::vector<Part> parts = look_();
  const bool ready =
      std::none_of(parts.begin(), parts.end(), [](const Part& p) { return p.required && !p.well; });
  std::string body = ready ? R"({"ready":true)" : R"({"ready":false)";
  for (const Part& part : parts)
    body += ",\"" + part.name + "\":\"" +
            (!part.well   ? "down"
             : part.asked ? "up"
                          : "not_asked") +
            '"';
  http::Response response;
  response.status = ready ? 200 : 503;
  response.content_type = "application/json";
  response.body = body + "}\n";
  return response;
}

}  // namespace msggw::admin
