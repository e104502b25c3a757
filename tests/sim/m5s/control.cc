// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/control.h"

#include <boost/json/array.hpp>
#include <charconv>
#include <utility>

#include "gateway/base/json.h"
#include "tests/sim/m5s/send.h"

namespace msggw::m5s {

namespace {

using smsc::HttpRequest;
using smsc::HttpResponse;

HttpResponse json(unsigned status, const boost::json::object& body) {
  HttpResponse response;
  response.status = status;
  base::append_json(response.body, body);
  return response;
}

HttpResponse failed(const Problem& problem) {
  return {problem.status, response_of(problem).body, "application/problem+json", {}};
}

HttpResponse done() {
  return {204, {}, {}, {}};
}

HttpResponse not_allowed(const char* allowed) {
  HttpResponse response = smsc::problem(405, std::string("allowed: ") + allowed);
  response.allow = allowed;
  return response;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A parameter that is a whole number up to `most`; `otherwise` if it is absent.
std::optional<Problem> read_number(const HttpRequest& request, std::string_view name,
                                   std::uint64_t most, std::uint64_t& into) {
  const auto text = request.parameter(name);
  if (!text) return std::nullopt;
  const auto number = number_of(*text);
  if (!number || *number > most) {
    return Problem{400, "",
                   std::string(name) + " must be a whole number from 0 to " + std::to_string(most)};
  }
  into = *number;
  return std::nullopt;
}

std::optional<Problem> read_page(const HttpRequest& request, std::uint64_t& since,
                                 std::uint64_t& limit) {
  if (auto wrong = read_number(request, "since", ~std::uint64_t{0}, since)) return wrong;
  return read_number(request, "limit", 10'000, limit);
}

}  // namespace

Control::Control(World& world, Front& front) : world_(world), front_(front) {
  front_.on_change([this] { check_waiters(); });
}

void Control::handle(const HttpRequest& request, const smsc::HttpServer::Reply& reply) {
  const auto& path = request.path;
  if (path.size() < 3 || path[0] != "m5s" || path[1] != "v1") {
    return reply(smsc::problem(404, "everything is below /m5s/v1"));
  }
  if (path[2] == "inbox" && path.size() == 3) return inbox(request, reply);
  if (path[2] == "messages" && path.size() == 4) return message(request, reply);
  reply(route(request));
  front_.touch();
}

HttpResponse Control::route(const HttpRequest& request) {
  const auto& path = request.path;
  const std::string& method = request.method;
  const std::string& name = path[2];
  const auto with = [&](const char* allowed, auto action) {
    return method == allowed ? action() : not_allowed(allowed);
  };
  if (path.size() == 3) {
    if (name == "send") return with("POST", [&] { return send(request); });
    if (name == "messages") return with("GET", [&] { return messages(request); });
    if (name == "journal") return journal(request);
    if (name == "registrations") return with("GET", [&] { return registrations(request); });
    if (name == "groups") return with("GET", [&] { return groups(request); });
    if (name == "faults") return faults(request);
    if (name == "counters") {
      return with("GET", [&] { return json(200, world_.show_counters()); });
    }
    if (name == "reset") return with("POST", [&] { return reset(); });
    if (name == "restart") return with("POST", [&] { return restart(request); });
  } else if (path.size() == 4) {
    if (name == "registrations") return with("DELETE", [&] { return deregister(path[3]); });
    if (name == "groups") return group(request);
    if (name == "faults") return fault(request);
  }
  return smsc::problem(404,
                       "there are send, messages, inbox, journal, registrations, groups, faults, "
                       "counters, reset and restart");
}

HttpResponse Control::send(const HttpRequest& request) {
  boost::json::object body;
  if (const auto problem = read_object(request.body, body)) return failed(*problem);
  Message message;
  if (const auto problem = read_send(body, world_, message)) return failed(*problem);
  const auto ack = world_.relay.accept(message, world_.now());
  if (ack.problem) return failed(*ack.problem);
  boost::json::array numbers(ack.records.begin(), ack.records.end());
  boost::json::object out{{"msgId", message.id}, {"messages", std::move(numbers)}};
  if (ack.status) out["status"] = *ack.status;
  if (ack.cause) out["failureCause"] = *ack.cause;
  return json(202, out);
}

HttpResponse Control::messages(const HttpRequest& request) const {
  std::uint64_t since = 0, limit = 1'000;
  if (const auto wrong = read_page(request, since, limit)) return failed(*wrong);
  return json(200, {{"messages", world_.relay.records().list(since, limit)}});
}

HttpResponse Control::journal(const HttpRequest& request) {
  if (request.method == "DELETE") {
    world_.journal.clear();
    return done();
  }
  if (request.method != "GET") return not_allowed("GET, DELETE");
  Journal::Filter filter;
  std::uint64_t limit = filter.limit, status = 0;
  if (const auto wrong = read_page(request, filter.since, limit)) return failed(*wrong);
  if (const auto wrong = read_number(request, "status", 999, status)) return failed(*wrong);
  if (request.parameter("status")) filter.status = static_cast<std::int64_t>(status);
  filter.limit = limit;
  filter.direction = request.parameter("direction").value_or("");
  filter.operation = request.parameter("operation").value_or("");
  filter.service_id = request.parameter("serviceId").value_or("");
  filter.message_id = request.parameter("msgId").value_or("");
  filter.fault = request.parameter("fault").value_or("");
  if (!filter.direction.empty() && filter.direction != "in" && filter.direction != "out") {
    return smsc::problem(400, "direction is in or out");
  }
  if (!filter.operation.empty() && !operation_of(filter.operation)) {
    return smsc::problem(400, "operation is none of docs/server-double.md");
  }
  return json(200, world_.journal.list(filter));
}

HttpResponse Control::registrations(const HttpRequest& request) const {
  std::uint64_t limit = 1'000;
  if (const auto wrong = read_number(request, "limit", 10'000, limit)) return failed(*wrong);
  const std::string_view after = request.parameter("after").value_or("");
  return json(200, {{"devices", world_.registry.show_devices(after, limit, world_.now())},
                    {"applicationServers", world_.registry.show_servers()}});
}

HttpResponse Control::deregister(const std::string& service_id) {
  if (world_.registry.remove(service_id, world_.now())) return done();
  return smsc::problem(404, "no such device is registered");
}

HttpResponse Control::groups(const HttpRequest&) const {
  return json(200, world_.registry.show_groups());
}

HttpResponse Control::group(const HttpRequest& request) {
  const std::string& id = request.path[3];
  std::vector<std::string> members;
  if (request.method == "DELETE") {
    if (world_.registry.group(id) == nullptr) return smsc::problem(404, "no such group");
  } else if (request.method == "PUT") {
    boost::json::object body;
    if (const auto problem = read_object(request.body, body)) return failed(*problem);
    const auto* const list = body.if_contains("members");
    if (list != nullptr && list->is_array()) {
      for (const auto& one : list->get_array()) {
        if (const auto text = base::text_of(one)) members.emplace_back(*text);
      }
    }
    if (members.empty() || members.size() != list->get_array().size()) {
      return smsc::problem(400, "members must be a list of Service IDs");
    }
  } else {
    return not_allowed("PUT, DELETE");
  }
  if (world_.registry.set_group(id, std::move(members))) return done();
  return smsc::problem(403, "there are 10000 groups, or 10000 members, the most");
}

HttpResponse Control::faults(const HttpRequest& request) {
  if (request.method == "GET") return json(200, world_.faults.show());
  if (request.method == "DELETE") {
    world_.faults.clear();
    return done();
  }
  if (request.method != "POST") return not_allowed("GET, POST, DELETE");
  boost::json::object body;
  if (const auto problem = read_object(request.body, body)) return failed(*problem);
  Fault fault;
  if (const auto problem = read_fault(body, world_.seed(), fault)) return failed(*problem);
  std::string name;
  if (const auto problem = world_.faults.add(std::move(fault), name)) return failed(*problem);
  return json(201, {{"name", name}});
}

HttpResponse Control::fault(const HttpRequest& request) {
  if (request.method != "DELETE") return not_allowed("DELETE");
  if (world_.faults.remove(request.path[3])) return done();
  return smsc::problem(404, "there is no fault of that name");
}

HttpResponse Control::reset() {
  world_.reset();
  return done();
}

HttpResponse Control::restart(const HttpRequest& request) {
  constexpr std::int64_t kMostDownMs = 3'600'000;
  boost::json::object body;
  std::optional<Problem> problem;
  if (!request.body.empty()) problem = read_object(request.body, body);
  std::optional<std::int64_t> down;
  std::optional<bool> lose_store;
  Reader reader(body, "", problem);
  reader.only({"downMs", "loseStore"});
  reader.may("downMs", down);
  reader.may("loseStore", lose_store);
  if (down && (*down < 0 || *down > kMostDownMs)) {
    reader.incorrect("downMs", "from 0 to 3600000", false);
  }
  if (problem) return failed(*problem);
  front_.restart(Span(down.value_or(0)), lose_store.value_or(false));
  return done();
}

void Control::message(const HttpRequest& request, const smsc::HttpServer::Reply& reply) {
  if (request.method != "GET") return reply(not_allowed("GET"));
  const auto number = number_of(request.path[3]);
  const std::string_view until = request.parameter("for").value_or("end");
  if (until != "end" && until != "report") {
    return reply(smsc::problem(400, "for is end or report"));
  }
  const bool for_report = until == "report";
  answer_or_wait(
      request,
      [this, number, for_report](bool at_once) -> std::optional<HttpResponse> {
        const Record* const record = number ? world_.relay.records().find(*number) : nullptr;
        if (record == nullptr) return smsc::problem(404, "no such message, or forgotten");
        const bool is_ready = for_report ? record->report.has_value() : is_end(record->state);
        if (!is_ready && !at_once) return std::nullopt;
        return json(200, show(*record));
      },
      reply);
}

void Control::inbox(const HttpRequest& request, const smsc::HttpServer::Reply& reply) {
  if (request.method != "GET") return reply(not_allowed("GET"));
  std::uint64_t after = 0;
  if (const auto wrong = read_number(request, "after", ~std::uint64_t{0}, after)) {
    return reply(failed(*wrong));
  }
  const std::string own = world_.options().own_server;
  const std::string id(request.parameter("as").value_or(own));
  answer_or_wait(
      request,
      [this, id, after](bool at_once) -> std::optional<HttpResponse> {
        const Inboxes& inboxes = world_.relay.inboxes();
        if (inboxes.received(id) <= after && !at_once) return std::nullopt;
        return json(200, inboxes.list(id, after));
      },
      reply);
}

void Control::answer_or_wait(const HttpRequest& request, Look look,
                             const smsc::HttpServer::Reply& reply) {
  std::uint64_t wait = 0;
  if (const auto wrong = read_number(request, "wait", kMostWait, wait)) {
    return reply(failed(*wrong));
  }
  const bool at_once = wait == 0 || waiters_.size() >= kMostWaiters;
  if (const auto response = look(at_once)) return reply(*response);
  const auto until = world_.now() + std::chrono::seconds(static_cast<std::int64_t>(wait));
  waiters_.push_back({std::move(look), until, reply});
}

void Control::check_waiters() {
  const Instant now = world_.now();
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    if (const auto response = waiter->look(waiter->until <= now)) {
      waiter->reply(*response);
      waiter = waiters_.erase(waiter);
    } else {
      ++waiter;
    }
  }
}

}  // namespace msggw::m5s
