// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/removals.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <utility>
#include <vector>

#include "gateway/admin/answers.h"
#include "gateway/admin/guard.h"
#include "gateway/admin/query.h"
#include "gateway/base/address.h"
#include "gateway/base/document.h"
#include "gateway/base/json.h"
#include "gateway/base/log.h"
#include "gateway/core/private_id.h"
#include "gateway/roster/device_json.h"

namespace msggw::admin {

namespace {

using base::Errc;
using base::fail;

constexpr std::string_view kSmsc = "smsc:";

/// "192.0.2.7", "2001:db8::1", "broker", "smsc:2" (the second one of the configuration).
std::optional<base::Source> parse_source(std::string_view text) {
  if (text == "broker") return base::broker_source();
  if (text.starts_with(kSmsc)) {
    const auto number = number_of<std::size_t>(text.substr(kSmsc.size()));
    if (!number || *number == 0) return std::nullopt;
    return base::smsc_source(*number - 1);
  }
  const auto host = base::Host::parse(text);
  if (!host || !host->is_numeric()) return std::nullopt;
  return base::source_of(*host->numeric());
}

/// What is wrong with the member; empty: nothing, it has been taken.
std::string take(std::string_view name, const boost::json::value& value, RemovalQuery& query) {
  const auto text = base::text_of(value);
  const auto number = [&](std::uint32_t& into) -> std::string {
    boost::json::error_code no_number;
    const auto read = value.to_number<std::uint32_t>(no_number);
    if (no_number) return "allowed is a whole number";
    into = read;
    return {};
  };
  if (name == "first") return number(query.first);
  if (name == "before") return number(query.before);
  const auto flag = [&](bool& into) -> std::string {
    if (!value.is_bool()) return "allowed are true and false";
    into = value.get_bool();
    return {};
  };
  if (name == "preview") return flag(query.preview);
  if (name == "forget") return flag(query.forget);
  if (name == "matching") {
    if (!text || text->empty()) return "allowed is a text that is not empty";
    if (auto wrong = core::why_finds_no_mac(*text); !wrong.empty()) return wrong;
    query.selection.matching = *text;
  } else if (name == "idleSince") {
    query.selection.idle_since_s = text ? roster::parse_time(*text) : std::nullopt;
    if (!query.selection.idle_since_s) return "allowed is a time like 2026-01-31T12:00:00Z";
  } else if (name == "source") {
    query.selection.source = text ? parse_source(*text) : std::nullopt;
    if (!query.selection.source)
      return "allowed are a numeric address, broker, and smsc:N for the N-th SMSC";
  } else {
    return "is unknown; allowed are matching, idleSince, source, forget, first, before and preview";
  }
  return {};
}

}  // namespace

base::Result<RemovalQuery> parse_removal_query(std::string_view body) {
  const auto value = base::parse_json(body, {.octets = 4'096});
  if (!value) return tl::unexpected(value.error());
  if (!value->is_object()) return fail(Errc::malformed, "no JSON object");
  RemovalQuery query;
  for (const auto& [name, member] : value->get_object()) {
    if (const auto why = take({name.data(), name.size()}, member, query); !why.empty())
      return wrong({name.data(), name.size()}, why);
  }
  core::Selection& selection = query.selection;
  selection.removing = query.forget;
  if (selection.matching.empty() && !selection.idle_since_s && !selection.source)
    return fail(Errc::missing, "one of matching, idleSince and source is needed");
  return query;
}

void Removals::take(const http::Request& request, const http::Responder& responder) {
  if (waiting_.size() >= kMostWaiting)
    return responder.respond(problem(503, "overloaded", "too many removals at once; try again"));
  auto query = parse_removal_query(request.body);
  if (!query) return responder.respond(failure(query.error()));
  waiting_.push_back({std::move(*query), request.source, responder});
}

bool Removals::end_turn(base::TimePoint now,
                        const std::function<void(const http::Responder&, http::Response)>& answer) {
  if (waiting_.empty()) return false;
  const Slice slice = std::move(waiting_.front());
  waiting_.pop_front();
  answer(slice.responder, answer_to(slice, now));
  return !waiting_.empty();
}

http::Response Removals::answer_to(const Slice& slice, base::TimePoint now) {
  const RemovalQuery& query = slice.query;
  // A wrong year would mean all devices, those that have asked a moment ago too.
  if (query.selection.idle_since_s > core::to_seconds(now))
    return problem(400, base::name_of(Errc::incorrect), "idleSince: the time is still to come");
  const std::uint32_t all = std::min(query.before, operations_.tables().numbers());
  Outcome outcome;
  const std::uint32_t next = look_at(query, all, now, outcome);
  if (outcome.selected != 0 && !query.preview) {
    base::log::info("devices_removed", {{"devices", outcome.selected},
                                        {"operator", base::to_string(slice.source)},
                                        {"forced", query.forget}});
  }
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  writer.number(query.preview ? "selected" : "removing", outcome.selected);
  if (query.forget) writer.number("leaving", outcome.leaving);
  writer.texts("privateIds", outcome.shown);
  const messages::Held held = query.forget ? messages::Held{outcome.held.all(), 0} : outcome.held;
  if (held.down != 0) writer.number("messagesEnding", held.down);
  if (held.up != 0) writer.number("messagesSending", held.up);
  writer.number("all", operations_.tables().numbers());
  if (next < all) writer.number("next", next);
  writer.end();
  return json_answer(200, std::move(body));
}

std::uint32_t Removals::look_at(const RemovalQuery& query, std::uint32_t all, base::TimePoint now,
                                Outcome& outcome) {
  std::uint32_t at = query.first;
  const std::uint32_t end = at < all && all - at > kMostLookedAt ? at + kMostLookedAt : all;
  for (; at < end; ++at) {
    if (!query.preview && (outcome.selected == kMostRemoved || outcome.held.all() >= kMostHeld))
      break;
    const core::DeviceNo no{at};
    if (!operations_.is_selected(no, query.selection)) continue;
    if (operations_.is_leaving(no)) {
      ++outcome.leaving;
      continue;
    }
    const messages::Held held = messages_.held_of(no);
    if (!query.preview &&
        !(query.forget ? operations_.forget(no, now) : operations_.remove(no, now)))
      continue;
    outcome.held.down += held.down;
    outcome.held.up += held.up;
    ++outcome.selected;
    if (outcome.shown.size() < kMostShown)
      outcome.shown.push_back(operations_.tables().device(no).private_id);
  }
  return at;
}

}  // namespace msggw::admin
