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
#include "gateway/core/standing.h"
#include "gateway/roster/device_json.h"

namespace msggw::admin {

namespace {

constexpr auto kJson = base::Encoding::json;
/// Rows looked at for one page of a list; with a state that few devices are in, a page may be
/// empty.
constexpr std::uint32_t kMostLookedAt = 50'000;

std::size_t count_rows(roster::Format format, std::string_view text) {
  std::size_t rows = 0;
  while (const auto end = roster::extent(format, text, true)) {
    if (!roster::RowReader::is_blank(text.substr(0, end->octets))) ++rows;
    text.remove_prefix(end->with_end);
  }
  return rows;
}

/// What was said of a known device and is not taken over.
std::vector<std::string> kept_of(const core::Added& added) {
  std::vector<std::string> kept;
  if (added.has_other_type) kept.emplace_back("ueType");
  if (added.has_other_info) kept.emplace_back("info");
  return kept;
}

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
  if (!is_get(request) && parked_.size() >= kMostParked)
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
                 ? messages_.remove_many(request.body, responder, context_.clock.now())
                 : responder.respond(not_allowed("POST"));
    case Target::Kind::why:
      return responder.respond(is_get(request) ? why(target.private_id) : not_allowed("GET, HEAD"));
    case Target::Kind::trace:
      return responder.respond(is_get(request) ? trace(request.query) : not_allowed("GET, HEAD"));
    case Target::Kind::alias:
      return request.method == "DELETE" ? remove_alias(target, responder)
                                        : responder.respond(not_allowed("DELETE"));
    case Target::Kind::credentials:
      return credentials_.of_device(request, target.private_id, responder, context_.clock.now());
    case Target::Kind::credential:
      return request.method == "DELETE" ? credentials_.remove(target.private_id, target.number,
                                                              responder, context_.clock.now())
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
  const Operation operation = target.kind == Target::Kind::suspend  ? &Api::suspend
                              : target.kind == Target::Kind::resume ? &Api::resume
                              : target.kind == Target::Kind::forget ? &Api::forget
                                                                    : &Api::reprovision;
  operate(operation, target.private_id, responder);
}

void Api::collection(const http::Request& request, const http::Responder& responder) {
  if (is_get(request)) return responder.respond(list_devices(request.query));
  if (request.method != "POST") return responder.respond(not_allowed("GET, HEAD, POST"));
  if (const auto format = roster::format_of(request.content_type))
    return take_list(*format, request.body, responder);
  const auto type = request.content_type.substr(0, request.content_type.find_first_of("; "));
  if (type != "application/json") {
    return responder.respond(problem(415, "unsupported",
                                     "the content type must be application/json for one device, "
                                     "application/jsonl or text/csv for a list"));
  }
  add_one(request.body, responder);
}

void Api::item(const http::Request& request, const Target& target,
               const http::Responder& responder) {
  if (request.method == "DELETE") return operate(&Api::remove, target.private_id, responder);
  if (!is_get(request)) return responder.respond(not_allowed("GET, HEAD, DELETE"));
  const auto no = operations_.tables().find_private_id(target.private_id);
  if (!no) return responder.respond(problem(404, "unknown_device", "no such device"));
  const core::Device& device = operations_.tables().device(*no);
  if (device.dirty || device.in_flight) return answer_when_durable(responder, describe(200, *no));
  responder.respond(describe(200, *no));
}

void Api::operate(Operation operation, std::string_view private_id,
                  const http::Responder& responder) {
  const auto no = operations_.tables().find_private_id(private_id);
  if (!no) return responder.respond(problem(404, "unknown_device", "no such device"));
  messages::Held held = doors_.messages.side.held_of(*no);
  const auto done = (this->*operation)(*no);
  if (!done) return responder.respond(failure(done.error()));
  const bool is_removed = operations_.tables().device(*no).state == core::DeviceState::removing;
  if (operation == &Api::forget) held = {held.all(), 0};
  answer_when_durable(responder, is_removed ? describe(202, *no, {{}, held}) : describe(200, *no));
}

void Api::remove_alias(const Target& target, const http::Responder& responder) {
  const auto no = operations_.tables().find_private_id(target.private_id);
  if (!no) return responder.respond(problem(404, "unknown_device", "no such device"));
  const auto removed = operations_.remove_alias(*no, target.alias);
  if (!removed) return responder.respond(failure(removed.error()));
  if (!*removed) {
    return responder.respond(problem(404, "unknown_alias", "the device has no such alias"));
  }
  answer_when_durable(responder, describe(200, *no));
}

base::Result<core::Added> Api::add(const roster::Row& row) {
  return operations_.add_device({row.ue_type, row.private_id, row.info, row.aliases},
                                context_.clock.now());
}

void Api::add_one(std::string_view body, const http::Responder& responder) {
  roster::Row row;
  if (const auto read = roster::read_json_row(body, row); !read)
    return responder.respond(failure(read.error()));
  const auto added = add(row);
  if (!added) return responder.respond(failure(added.error()));
  answer_when_durable(responder,
                      describe(added->is_new ? 201 : 200, added->device, {kept_of(*added), {}}));
}

void Api::take_list(roster::Format format, std::string_view body,
                    const http::Responder& responder) {
  body = roster::without_mark(body);
  if (lists_.size() >= kMostLists) {
    return responder.respond(
        problem(503, "overloaded", "as many lists wait for their turn as may; try again"));
  }
  List list{responder, context_.clock.now() + kAnswerWithin, roster::RowReader(format),
            std::string(body)};
  if (list.reader.wants_header()) {
    const auto header = roster::extent(format, body, true);
    const auto record = body.substr(0, header ? header->octets : 0);
    if (const auto read = list.reader.read_header(record); !read)
      return responder.respond(failure(read.error()));
    list.at = header->with_end;
  }
  if (count_rows(format, body.substr(list.at)) > kMostRows) {
    return responder.respond(problem(
        413, "too_large",
        "a list may have " + std::to_string(kMostRows) + " devices; send the rest in another"));
  }
  lists_.push_back(std::move(list));
}

void Api::end_turn(base::TimePoint now) {
  read_lists();
  const auto answer = [this](const http::Responder& responder, http::Response response) {
    answer_when_durable(responder, std::move(response));
  };
  if (removals_.end_turn(now, answer)) boost::asio::post(context_.io, [] {});
  while (!parked_.empty() && parked_.front().batch <= operations_.tables().batches.committed) {
    parked_.front().responder.respond(std::move(parked_.front().response));
    parked_.pop_front();
  }
  while (!parked_.empty() && parked_.front().deadline <= now) {
    parked_.front().responder.respond(not_stored());
    parked_.pop_front();
  }
  while (!lists_.empty() && lists_.front().deadline <= now) {
    lists_.front().responder.respond(not_stored());
    lists_.pop_front();
  }
}

std::optional<base::TimePoint> Api::next_deadline() const {
  std::optional<base::TimePoint> next;
  if (!parked_.empty()) next = parked_.front().deadline;
  if (!lists_.empty())
    next = std::min(next.value_or(lists_.front().deadline), lists_.front().deadline);
  return next;
}

/// Lists one after the other, kMostRows rows a turn, so that devices are served in between.
void Api::read_lists() {
  std::size_t budget = kMostRows;
  while (!lists_.empty() && read_rows(lists_.front(), budget)) {
    List& list = lists_.front();
    answer_when_durable(list.responder, result_of(list));
    lists_.pop_front();
  }
  // Else the commit that makes room begins the next turn.
  if (!lists_.empty() && !operations_.is_crowded()) boost::asio::post(context_.io, [] {});
}

/// Whether the list has been read to its end; else the budget is spent, or there is no room for new
/// devices before the next commit.
bool Api::read_rows(List& list, std::size_t& budget) {
  std::string_view rest = std::string_view(list.text).substr(list.at);
  while (const auto end = roster::extent(list.reader.format(), rest, true)) {
    const std::string_view record = rest.substr(0, end->octets);
    if (!roster::RowReader::is_blank(record)) {
      if (budget == 0 || operations_.is_crowded()) return false;
      --budget;
      read_row(list, record);
    }
    list.at += end->with_end;
    rest.remove_prefix(end->with_end);
  }
  return true;
}

void Api::read_row(List& list, std::string_view record) {
  roster::Row row;
  const auto read = list.reader.read(record, row);
  auto added = read ? add(row) : base::Result<core::Added>(tl::unexpected(read.error()));
  if (list.results.empty()) list.results.reserve(kMostRows * 64);
  if (!list.results.empty()) list.results += ',';
  base::ObjectWriter result(kJson, list.results);
  if (added) {
    ++(added->is_new ? list.added : list.known);
    result.text("status", added->is_new ? "added" : "known");
    result.text("privateId", operations_.tables().device(added->device).private_id);
    if (const auto kept = kept_of(*added); !kept.empty()) result.texts("kept", kept);
  } else {
    ++list.failed;
    result.text("status", "failed");
    result.text("cause", base::name_of(added.error().code));
    result.text("detail", added.error().detail);
  }
  result.end();
}

http::Response Api::result_of(const List& list) {
  std::string body;
  base::ObjectWriter writer(kJson, body);
  writer.number("added", list.added);
  writer.number("known", list.known);
  writer.number("failed", list.failed);
  writer.json("rows", "[" + list.results + "]");
  writer.end();
  return json_answer(200, std::move(body));
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
  if (request.method == "DELETE") return messages_.remove(no, responder, context_.clock.now());
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
                      http::Response response) {
  if (!batch) return responder.respond(std::move(response));
  parked_.push_back({*batch, context_.clock.now() + kAnswerWithin, responder, std::move(response)});
}

}  // namespace msggw::admin
