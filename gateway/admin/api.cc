// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/api.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "gateway/admin/answers.h"
#include "gateway/admin/guard.h"
#include "gateway/admin/seen.h"
#include "gateway/admin/trace.h"
#include "gateway/admin/why.h"
#include "gateway/base/document.h"
#include "gateway/base/json.h"
#include "gateway/base/log.h"
#include "gateway/core/standing.h"
#include "gateway/roster/device_json.h"

namespace msggw::admin {

namespace {

constexpr auto kJson = base::Encoding::json;
/// Rows looked at for one page of a list; with a state that few devices are in, a page may be
/// empty.
constexpr std::uint32_t kMostLookedAt = 50'000;

/// As the query wants it, if that says anything of it.
bool is_there(const core::Tables& tables, core::DeviceNo no, const ListQuery& wanted) {
  if (!wanted.presence && !wanted.bearer) return true;
  return std::any_of(core::kAllBearers.begin(), core::kAllBearers.end(), [&](core::Bearer bearer) {
    const core::Presence presence = tables.presences.of(no, bearer);
    return presence != core::Presence::none && (!wanted.bearer || bearer == *wanted.bearer) &&
           (!wanted.presence || presence == *wanted.presence);
  });
}

bool is_get(const http::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

void Api::handle(const http::Request& request, const http::Responder& responder) {
  const Target target = parse_target(request.path);
  if (!is_get(request) && parked_.size() + untold_.size() >= kMostParked)
    return responder.respond(problem(503, "overloaded", "too many requests wait for the store"));
  switch (target.kind) {
    case Target::Kind::unknown:
      return responder.respond(
          problem(404, "NOT_FOUND",
                  "nothing here; there are /api/v1/devices, /api/v1/credentials, /api/v1/removals, "
                  "/api/v1/messages, /api/v1/trace and /api/v1/status"));
    case Target::Kind::malformed:
      return responder.respond(problem(400, "malformed", "broken percent-encoding in the path"));
    case Target::Kind::status:
      return responder.respond(is_get(request) ? status() : not_allowed("GET, HEAD"));
    case Target::Kind::removals:
      return request.method == "POST" ? removals_.take(request, responder)
                                      : responder.respond(not_allowed("POST"));
    case Target::Kind::devices: return collection(request, responder);
    case Target::Kind::device: return item(request, target, responder);
    case Target::Kind::messages:
      return is_get(request) ? messages_.list(request.query, responder)
                             : responder.respond(not_allowed("GET, HEAD"));
    case Target::Kind::message: return message(request, target, responder);
    case Target::Kind::message_removals:
      return request.method == "POST"
                 ? messages_.remove_many(request, responder, context_.clock.now())
                 : responder.respond(not_allowed("POST"));
    case Target::Kind::why:
      return responder.respond(is_get(request) ? why(target.private_id) : not_allowed("GET, HEAD"));
    case Target::Kind::trace:
      return responder.respond(is_get(request) ? trace(request.query) : not_allowed("GET, HEAD"));
    case Target::Kind::alias:
      return request.method == "DELETE" ? remove_alias(request, target, responder)
                                        : responder.respond(not_allowed("DELETE"));
    case Target::Kind::credentials:
      return credentials_.of_device(request, target.private_id, responder, context_.clock.now());
    case Target::Kind::credential:
      return request.method == "DELETE"
                 ? credentials_.remove(request, target, responder, context_.clock.now())
                 : responder.respond(not_allowed("DELETE"));
    case Target::Kind::credential_lists:
      return request.method == "POST"
                 ? credentials_.take_list(request, responder, context_.clock.now())
                 : responder.respond(not_allowed("POST"));
    case Target::Kind::suspend:
    case Target::Kind::resume:
    case Target::Kind::reprovision:
    case Target::Kind::forget: break;
  }
  if (request.method != "POST") return responder.respond(not_allowed("POST"));
  const Asked asked{request.source, responder};
  switch (target.kind) {
    case Target::Kind::suspend:
      return operate("device_suspended", &Api::suspend, target.private_id, asked);
    case Target::Kind::resume:
      return operate("device_resumed", &Api::resume, target.private_id, asked);
    case Target::Kind::forget:
      return operate("device_removed", &Api::forget, target.private_id, asked);
    default: return operate("device_asked_again", &Api::reprovision, target.private_id, asked);
  }
}

void Api::collection(const http::Request& request, const http::Responder& responder) {
  if (is_get(request)) return responder.respond(list_devices(request.query));
  if (request.method != "POST") return responder.respond(not_allowed("GET, HEAD, POST"));
  if (const auto format = roster::format_of(request.content_type))
    return take_list(*format, request.body, {request.source, responder});
  const auto type = request.content_type.substr(0, request.content_type.find_first_of("; "));
  if (type != "application/json") {
    return responder.respond(problem(415, "unsupported",
                                     "the content type must be application/json for one device, "
                                     "application/jsonl or text/csv for a list"));
  }
  add_one(request.body, {request.source, responder});
}

void Api::item(const http::Request& request, const Target& target,
               const http::Responder& responder) {
  if (request.method == "DELETE")
    return operate("device_removed", &Api::remove, target.private_id, {request.source, responder});
  if (!is_get(request)) return responder.respond(not_allowed("GET, HEAD, DELETE"));
  const auto no = operations_.tables().find_private_id(target.private_id);
  if (!no) return responder.respond(problem(404, "unknown_device", "no such device"));
  const core::Device& device = operations_.tables().device(*no);
  if (device.dirty || device.in_flight) return answer_when_durable(responder, describe(200, *no));
  responder.respond(describe(200, *no));
}

void Api::operate(std::string_view event, Operation operation, std::string_view private_id,
                  const Asked& asked) {
  const http::Responder& responder = asked.responder;
  const auto no = operations_.tables().find_private_id(private_id);
  if (!no) return responder.respond(problem(404, "unknown_device", "no such device"));
  messages::Held held = doors_.messages.side.held_of(*no);
  const auto done = (this->*operation)(*no);
  if (!done) return responder.respond(failure(done.error()));
  if (*done) {
    base::log::info(event, {{"private_id", operations_.tables().device(*no).private_id},
                            {"operator", base::to_string(asked.source)},
                            {"forced", operation == &Api::forget}});
  }
  const bool is_removed = operations_.tables().device(*no).state == core::DeviceState::removing;
  if (operation == &Api::forget) held = {held.all(), 0};
  answer_when_durable(responder, is_removed ? describe(202, *no, {{}, held}) : describe(200, *no));
}

void Api::remove_alias(const http::Request& request, const Target& target,
                       const http::Responder& responder) {
  const auto no = operations_.tables().find_private_id(target.private_id);
  if (!no) return responder.respond(problem(404, "unknown_device", "no such device"));
  const auto removed = operations_.remove_alias(*no, target.alias);
  if (!removed) return responder.respond(failure(removed.error()));
  if (!*removed) {
    return responder.respond(problem(404, "unknown_alias", "the device has no such alias"));
  }
  base::log::info("alias_removed", {{"private_id", operations_.tables().device(*no).private_id},
                                    {"operator", base::to_string(request.source)}});
  answer_when_durable(responder, describe(200, *no));
}

base::Result<core::Added> Api::add(const roster::Row& row) {
  return operations_.add_device({row.ue_type, row.private_id, row.info, row.aliases},
                                context_.clock.now());
}

/// What was said of a known device and is not taken over.
std::vector<std::string> Api::kept_of(const core::Added& added) {
  std::vector<std::string> kept;
  if (added.has_other_type) kept.emplace_back("ueType");
  if (added.has_other_info) kept.emplace_back("info");
  return kept;
}

void Api::add_one(std::string_view body, const Asked& asked) {
  roster::Row row;
  if (const auto read = roster::read_json_row(body, row); !read)
    return asked.responder.respond(failure(read.error()));
  const auto added = add(row);
  if (!added) return asked.responder.respond(failure(added.error()));
  if (added->has_changed) {
    base::log::info("device_added",
                    {{"private_id", operations_.tables().device(added->device).private_id},
                     {"operator", base::to_string(asked.source)},
                     {"known", !added->is_new},
                     {"aliases", added->joined}});
  }
  answer_when_durable(asked.responder,
                      describe(added->is_new ? 201 : 200, added->device, {kept_of(*added), {}}));
}

void Api::end_turn(base::TimePoint now) {
  read_lists();
  const auto answer = [this](const http::Responder& responder, http::Response response) {
    answer_when_durable(responder, std::move(response));
  };
  if (removals_.end_turn(now, answer)) boost::asio::post(context_.io, [] {});
  answer_parked(now);
  while (!lists_.empty() && lists_.front().deadline <= now) {
    lists_.front().asked.responder.respond(not_stored());
    lists_.pop_front();
  }
}

/// Those that are durable, and those that have waited too long.
void Api::answer_parked(base::TimePoint now) {
  for (; !parked_.empty() && parked_.front().batch <= operations_.tables().batches.committed;
       parked_.pop_front()) {
    Parked& first = parked_.front();
    if (!first.is_for_broker) {
      first.responder.respond(std::move(first.response));
      continue;
    }
    first.deadline = now + kToldWithin;
    untold_.push_back(std::move(first));
  }
  for (; !parked_.empty() && parked_.front().deadline <= now; parked_.pop_front())
    parked_.front().responder.respond(not_stored());
  const bool has_told = !doors_.has_told_broker || doors_.has_told_broker();
  for (; !untold_.empty() && (has_told || untold_.front().deadline <= now); untold_.pop_front())
    untold_.front().responder.respond(std::move(untold_.front().response));
}

std::optional<base::TimePoint> Api::next_deadline() const {
  std::optional<base::TimePoint> next;
  if (!parked_.empty()) next = parked_.front().deadline;
  if (!untold_.empty())
    next = std::min(next.value_or(untold_.front().deadline), untold_.front().deadline);
  if (!lists_.empty())
    next = std::min(next.value_or(lists_.front().deadline), lists_.front().deadline);
  return next;
}

http::Response Api::list_devices(std::string_view query) const {
  const auto wanted = parse_list_query(query);
  if (!wanted) return failure(wanted.error());
  std::string devices = "[";
  std::size_t shown = 0;
  std::uint32_t at = wanted->first;
  const std::uint32_t all = operations_.tables().numbers();
  const std::uint32_t end = at < all && all - at > kMostLookedAt ? at + kMostLookedAt : all;
  for (; at < end && shown < wanted->limit; ++at) {
    const core::DeviceState state = operations_.tables().device(core::DeviceNo{at}).state;
    if (state == core::DeviceState::removed || (wanted->state && state != *wanted->state)) continue;
    if (!is_there(operations_.tables(), core::DeviceNo{at}, *wanted)) continue;
    if (shown++ > 0) devices += ',';
    append_device(devices, core::DeviceNo{at});
  }
  std::string body;
  base::ObjectWriter writer(kJson, body);
  writer.json("devices", devices + "]");
  if (at < all) writer.number("next", at - 1);
  writer.end();
  return json_answer(200, std::move(body));
}

http::Response Api::describe(unsigned status, core::DeviceNo no, Saying saying) const {
  std::string body;
  append_device(body, no, std::move(saying));
  return json_answer(status, std::move(body));
}

void Api::append_device(std::string& out, core::DeviceNo no, Saying saying) const {
  roster::DeviceView view;
  view.kept = std::move(saying.kept);
  view.messages_ending = saying.ending.down;
  view.messages_sending = saying.ending.up;
  const core::Tables& tables = operations_.tables();
  const core::Device device = core::shown(tables.device(no), tables.timeline);
  view.device = &device;
  if (view.device->has_service_id()) view.profile = &tables.profile(view.device->profile);
  core::Refusal refusal;
  if (const core::Refusal* const stored = tables.refusal(no)) {
    refusal = core::shown(*stored, tables.timeline);
    view.refusal = &refusal;
  }
  view.info = tables.info(no);
  view.aliases = tables.aliases(no);
  view.source = operations_.source_of(no);
  view.seen = seen_of(tables, no);
  const auto postings = tables.postings(no);
  view.postings.assign(postings.begin(), postings.end());
  roster::append_device_json(out, view, context_.clock.now());
}

http::Response Api::status() const {
  return json_answer(200, status_json(look_(), operations_.tables()));
}

void Api::message(const http::Request& request, const Target& target,
                  const http::Responder& responder) {
  const messages::MessageNo no{target.number};
  if (request.method == "DELETE")
    return messages_.remove(no, request.source, responder, context_.clock.now());
  is_get(request) ? messages_.show(no, request.query, responder)
                  : responder.respond(not_allowed("GET, HEAD, DELETE"));
}

http::Response Api::why(std::string_view private_id) const {
  const auto no = operations_.tables().find_private_id(private_id);
  if (!no) return problem(404, "unknown_device", "no such device");
  const Status now = look_();
  return json_answer(200, why_json({operations_.tables(), doors_.messages.side, now}, *no));
}

http::Response Api::trace(std::string_view query) const {
  const auto of = parse_trace_query(query);
  if (!of) return failure(of.error());
  return json_answer(200, trace_json({*of, began_, context_.clock.now()}, operations_.tables(),
                                     doors_.messages.side.queue()));
}

void Api::answer_when_durable(const http::Responder& responder, http::Response response) {
  answer_with(operations_.tables().durable_with(), responder, std::move(response));
}

void Api::answer_with(std::optional<std::uint64_t> batch, const http::Responder& responder,
                      http::Response response, bool is_for_broker) {
  if (!batch) return responder.respond(std::move(response));
  parked_.push_back({*batch, context_.clock.now() + kAnswerWithin, responder, std::move(response),
                     is_for_broker});
}

}  // namespace msggw::admin
