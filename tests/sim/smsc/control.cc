// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/control.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>
#include <utility>

#include "gateway/base/json.h"
#include "tests/sim/smsc/session.h"
#include "tests/sim/smsc/utf.h"

namespace msggw::smsc {
namespace {

using base::Errc;

constexpr base::DocumentLimits kLimits{HttpServer::kMostBody, 16, 20'000};

HttpResponse json(unsigned status, const boost::json::value& value) {
  HttpResponse response;
  response.status = status;
  base::append_json(response.body, value);
  return response;
}

HttpResponse failed(const base::Error& error) {
  switch (error.code) {
    case Errc::too_large: return problem(413, error.detail);
    case Errc::overloaded: return problem(503, error.detail);
    case Errc::malformed:
    case Errc::missing:
    case Errc::incorrect:
    case Errc::unsupported:
    case Errc::unknown_device:
    case Errc::refused:
    case Errc::unavailable:
    case Errc::storage: break;
  }
  return problem(400, error.detail);
}

/// The body as a JSON object, {} for none.
base::Result<boost::json::object> body_of(const HttpRequest& request) {
  if (request.body.empty()) return boost::json::object{};
  auto value = base::parse_json(request.body, kLimits);
  if (!value) return base::fail(value.error().code, value.error().detail);
  if (!value->is_object()) return base::fail(Errc::incorrect, "the body is not a JSON object");
  return std::move(value->get_object());
}

/// The number a text is; none if it is something else.
std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A parameter that is a whole number up to `most`; `otherwise` if it is absent.
base::Result<std::uint64_t> parameter(const HttpRequest& request, std::string_view name,
                                      std::uint64_t most, std::uint64_t otherwise) {
  const auto text = request.parameter(name);
  if (!text) return otherwise;
  const auto number = number_of(*text);
  if (!number || *number > most) {
    return base::fail(Errc::incorrect, std::string(name) + " is not a whole number from 0 to " +
                                           std::to_string(most));
  }
  return *number;
}

HttpResponse not_allowed(const char* allowed) {
  HttpResponse response = problem(405, std::string("allowed: ") + allowed);
  response.allow = allowed;
  return response;
}

}  // namespace

Control::Control(Centre& centre, Server& server) : centre_(centre), server_(server) {
  centre_.on_phone([this](std::string_view number) { arrived(number); });
}

void Control::handle(HttpRequest request, HttpServer::Reply reply) {
  centre_.read_clock();
  const auto& path = request.path;
  if (path.size() < 3 || path[0] != "smsc" || path[1] != "v1") {
    reply(problem(404, "everything is below /smsc/v1"));
    return;
  }
  if (path[2] == "phones" && path.size() == 4) {
    phones(request, reply);
    return;
  }
  HttpResponse response = route(request);
  server_.touch();
  reply(std::move(response));
}

HttpResponse Control::route(const HttpRequest& request) {
  const auto& path = request.path;
  const std::string& method = request.method;
  const auto is = [&](std::string_view a, std::string_view b = {}) {
    return path[2] == a && path.size() == (b.empty() ? 3u : 4u) && (b.empty() || path[3] == b);
  };
  const auto with = [&](const char* allowed, auto action) {
    return method == allowed ? action() : not_allowed(allowed);
  };
  if (is("messages")) return with("POST", [&] { return messages(request); });
  if (is("journal")) return with("GET", [&] { return journal(request); });
  if (is("links")) return with("GET", [&] { return links(); });
  if (is("counters")) return with("GET", [&] { return json(200, centre_.show_counters()); });
  if (is("garbage")) return with("POST", [&] { return garbage(request); });
  if (is("campaigns")) return with("POST", [&] { return campaigns(request); });
  if (is("links", "cut")) return with("POST", [&] { return cut(request); });
  if (is("links", "enquire")) {
    return with("POST", [&] { return json(200, {{"links", server_.enquire()}}); });
  }
  if (is("reset")) {
    return with("POST", [&] {
      centre_.reset();
      return HttpResponse{204, {}, {}, {}};
    });
  }
  if (is("options")) {
    return method == "GET" || method == "PUT" ? options(request) : not_allowed("GET, PUT");
  }
  if (path.size() == 4 && path[2] == "messages") {
    return with("GET", [&] { return show_message(path[3]); });
  }
  if (path.size() == 4 && path[2] == "campaigns") {
    return with("GET", [&] { return show_campaign(path[3]); });
  }
  return problem(404,
                 "there are messages, phones, journal, options, links, garbage, reset, "
                 "counters and campaigns");
}

HttpResponse Control::messages(const HttpRequest& request) {
  const auto body = body_of(request);
  if (!body) return failed(body.error());
  const auto id = centre_.post(*body);
  if (!id) return failed(id.error());
  return json(202, {{"id", *id}, {"parts", centre_.messages().at(*id).parts.size()}});
}

HttpResponse Control::show_message(const std::string& id) const {
  const auto number = number_of(id);
  const auto shown = number ? centre_.messages().show(*number) : std::nullopt;
  if (!shown) return problem(404, "no such message, or forgotten");
  return json(200, *shown);
}

HttpResponse Control::journal(const HttpRequest& request) const {
  const auto since = parameter(request, "since", ~std::uint64_t{0}, 0);
  const auto limit = parameter(request, "limit", 10'000, 1'000);
  if (!since) return failed(since.error());
  if (!limit) return failed(limit.error());
  Journal::Filter filter;
  filter.command = request.parameter("command").value_or("");
  filter.account = request.parameter("account").value_or("");
  filter.direction = request.parameter("direction").value_or("");
  filter.since = *since;
  filter.limit = *limit;
  if (!filter.direction.empty() && filter.direction != "in" && filter.direction != "out") {
    return problem(400, "direction is in or out");
  }
  return json(200, centre_.journal().list(filter));
}

HttpResponse Control::options(const HttpRequest& request) {
  if (request.method == "PUT") {
    const auto body = body_of(request);
    if (!body) return failed(body.error());
    if (auto changed = centre_.change(*body); !changed) return failed(changed.error());
  }
  return json(200, to_json(centre_.behaviour()));
}

HttpResponse Control::links() const {
  boost::json::array all;
  for (const auto& [number, session] : centre_.sessions()) all.emplace_back(session->show());
  return json(200, {{"links", std::move(all)}});
}

HttpResponse Control::cut(const HttpRequest& request) {
  const auto body = body_of(request);
  if (!body) return failed(body.error());
  std::string account;
  Server::Cut how = Server::Cut::reset;
  for (const auto& member : *body) {
    if (!member.value().is_string()) return problem(400, "account, how and refuseFor are texts");
    const std::string_view text = member.value().get_string();
    if (member.key() == "account") {
      account = text;
    } else if (member.key() == "how" && text == "reset") {
      how = Server::Cut::reset;
    } else if (member.key() == "how" && text == "close") {
      how = Server::Cut::close;
    } else if (member.key() == "how" && text == "unbind") {
      how = Server::Cut::unbind;
    } else if (member.key() == "how" && text == "silent") {
      how = Server::Cut::silent;
    } else if (member.key() != "refuseFor" || !parse_span(text)) {
      return problem(400,
                     "members: account; how: reset, close, unbind or silent; refuseFor: a time "
                     "like \"2s\"");
    }
  }
  if (const auto* span = body->if_contains("refuseFor")) {
    server_.refuse_for(*parse_span(span->get_string()));
  }
  return json(200, {{"links", server_.cut(account, how)}});
}

HttpResponse Control::garbage(const HttpRequest& request) {
  const auto body = body_of(request);
  if (!body) return failed(body.error());
  const auto* const hex = body->if_contains("octets");
  const auto octets =
      hex != nullptr && hex->is_string() ? from_hex(hex->get_string()) : std::nullopt;
  if (!octets || body->size() != 1) return problem(400, "members: octets, in hexadecimal");
  return json(200, {{"links", server_.write_raw(*octets)}});
}

HttpResponse Control::campaigns(const HttpRequest& request) {
  const auto body = body_of(request);
  if (!body) return failed(body.error());
  const auto id = centre_.start_campaign(*body);
  if (!id) return failed(id.error());
  return json(202, {{"id", *id}});
}

HttpResponse Control::show_campaign(const std::string& id) const {
  const auto number = number_of(id);
  const Campaign* const campaign = number && *number <= 0xFFFFFFFF
                                       ? centre_.campaign(static_cast<std::uint32_t>(*number))
                                       : nullptr;
  if (campaign == nullptr) return problem(404, "no such campaign, or forgotten");
  return json(200, campaign->report(*number));
}

void Control::phones(const HttpRequest& request, const HttpServer::Reply& reply) {
  if (request.method != "GET") {
    reply(not_allowed("GET"));
    return;
  }
  const auto after = parameter(request, "after", ~std::uint64_t{0}, 0);
  const auto wait = parameter(request, "wait", kMostWait, 0);
  if (!after || !wait) {
    reply(failed(!after ? after.error() : wait.error()));
    return;
  }
  const std::string& number = request.path[3];
  if (*wait == 0 || centre_.phones().received(number) > *after) {
    reply(json(200, centre_.phones().list(number, *after)));
    return;
  }
  waiters_.push_back({number.starts_with('+') ? number.substr(1) : number, *after,
                      centre_.now() + std::chrono::seconds(static_cast<std::int64_t>(*wait)),
                      reply});
}

void Control::arrived(std::string_view number) {
  if (waiters_.empty()) return;
  if (number.starts_with('+')) number.remove_prefix(1);
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    if (waiter->number == number && centre_.phones().received(number) > waiter->after) {
      waiter->reply(json(200, centre_.phones().list(number, waiter->after)));
      waiter = waiters_.erase(waiter);
    } else {
      ++waiter;
    }
  }
}

void Control::check_times() {
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    if (waiter->until <= centre_.now()) {
      waiter->reply(json(200, centre_.phones().list(waiter->number, waiter->after)));
      waiter = waiters_.erase(waiter);
    } else {
      ++waiter;
    }
  }
}

}  // namespace msggw::smsc
