// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/message_calls.h"

#include <algorithm>
#include <utility>

#include "gateway/admin/answers.h"
#include "gateway/admin/guard.h"
#include "gateway/admin/message_json.h"
#include "gateway/admin/query.h"
#include "gateway/admin/remembered_ids.h"
#include "gateway/base/document.h"
#include "gateway/base/log.h"

namespace msggw::admin {

namespace {

constexpr auto kJson = base::Encoding::json;

std::string_view id_of(const messages::Carried& carried) {
  return std::visit([](const auto& of) { return std::string_view(of.message_id); }, carried);
}

http::Response no_message() {
  return problem(404, "unknown_message", "no such message; it may have ended");
}

}  // namespace

base::Result<messages::Selection> MessageCalls::selection_of(const MessageSelection& said) const {
  messages::Selection selection = said.of;
  if (said.private_id.empty()) return selection;
  selection.device = devices().find_private_id(said.private_id);
  if (!selection.device) return base::fail(base::Errc::unknown_device, "no such device");
  return selection;
}

bool MessageCalls::may_read(const http::Responder& responder) {
  if (reading_ < kMostReading) return true;
  responder.respond(problem(503, "overloaded", "too many messages are looked at; try again"));
  return false;
}

void MessageCalls::read(std::vector<messages::MessageNo> numbers,
                        std::function<void(std::vector<std::optional<messages::Carried>>)> done) {
  ++reading_;
  doors_.read(std::move(numbers),
              [this, alive = std::weak_ptr(alive_), done = std::move(done)](auto found) {
                if (alive.expired()) return;
                --reading_;
                done(std::move(found));
              });
}

void MessageCalls::list(std::string_view query, const http::Responder& responder) {
  const auto wanted = parse_message_list_query(query);
  if (!wanted) return responder.respond(failure(wanted.error()));
  const auto selection = selection_of(wanted->selection);
  if (!selection) return responder.respond(failure(selection.error()));
  if (!may_read(responder)) return;
  messages::Page page = doors_.side.page(*selection, wanted->first, wanted->limit);
  std::vector<messages::MessageNo> numbers = page.numbers;
  read(std::move(numbers),
       [this, page = std::move(page), message_id = wanted->message_id, responder](auto found) {
         responder.respond(page_of(page, message_id, found));
       });
}

/// Of messages that have been looked at, those that are still there.
http::Response MessageCalls::page_of(
    const messages::Page& page, const std::string& message_id,
    const std::vector<std::optional<messages::Carried>>& found) const {
  std::string all = "[";
  const RememberedIds remembered(queue().trace);
  for (std::size_t i = 0; i < page.numbers.size(); ++i) {
    const messages::MessageNo no = page.numbers[i];
    const messages::Carried* const carried = found[i] ? &*found[i] : nullptr;
    const bool is_meant =
        message_id.empty() ||
        (carried == nullptr ? remembered.is(no, message_id) : id_of(*carried) == message_id);
    if (!queue().headers.holds(no) || !is_meant) continue;
    if (all.size() > 1) all += ',';
    append_message_json(all, {no, carried, false, remembered.of(no)}, queue());
  }
  std::string body;
  base::ObjectWriter writer(kJson, body);
  writer.json("messages", all + "]");
  if (page.next) writer.number("next", messages::number(*page.next));
  writer.end();
  return json_answer(200, std::move(body));
}

void MessageCalls::show(messages::MessageNo no, std::string_view query,
                        const http::Responder& responder) {
  const auto with_content = read_flag(query, "content");
  if (!with_content) return responder.respond(failure(with_content.error()));
  if (!doors_.side.queue().headers.holds(no)) return responder.respond(no_message());
  if (!may_read(responder)) return;
  read({no}, [this, no, with_content = *with_content, responder](auto found) {
    if (!queue().headers.holds(no)) return responder.respond(no_message());
    std::string body;
    const messages::Carried* const carried = found[0] ? &*found[0] : nullptr;
    const RememberedIds remembered(queue().trace);
    append_message_json(body, {no, carried, with_content, remembered.of(no)}, queue());
    responder.respond(json_answer(200, std::move(body)));
  });
}

void MessageCalls::remove(messages::MessageNo no, base::Source source,
                          const http::Responder& responder, base::TimePoint now) {
  const messages::Header* const header = doors_.side.queue().headers.find(no);
  if (header == nullptr || header->ended()) return responder.respond(no_message());
  const std::string private_id = devices().device(header->device).private_id;
  const auto removed = doors_.side.remove(no, now);
  if (!removed) return responder.respond(failure(removed.error()));
  tell(1, private_id, source);
  std::string body;
  base::ObjectWriter writer(kJson, body);
  writer.number("number", messages::number(no));
  writer.text("privateId", private_id);
  writer.text("stage", messages::name_of(messages::State::failed));
  writer.text("cause", messages::name_of(messages::Cause::removed));
  writer.end();
  when_durable_(responder, json_answer(200, std::move(body)));
}

void MessageCalls::remove_many(const http::Request& request, const http::Responder& responder,
                               base::TimePoint now) {
  const auto query = parse_message_removal_query(request.body);
  if (!query) return responder.respond(failure(query.error()));
  const auto selection = selection_of(query->selection);
  if (!selection) return responder.respond(failure(selection.error()));
  const messages::MessageNo all = doors_.side.queue().headers.next();
  const messages::MessageNo before = std::min(query->before.value_or(all), all);
  const messages::Page page = doors_.side.page(*selection, query->first, kMostRemoved);
  std::uint64_t selected = 0;
  std::uint64_t in_hand = 0;
  for (const messages::MessageNo no : page.numbers) {
    if (no >= before) break;
    const bool is_in_hand = doors_.side.queue().headers.at(no).state == messages::State::handed;
    if (is_in_hand || (!query->preview && !doors_.side.remove(no, now))) {
      ++in_hand;
      continue;
    }
    ++selected;
  }
  std::string text;
  base::ObjectWriter writer(kJson, text);
  writer.number(query->preview ? "selected" : "removed", selected);
  writer.number("inHand", in_hand);
  writer.number("all", messages::number(all));
  if (page.next && *page.next < before) writer.number("next", messages::number(*page.next));
  writer.end();
  if (query->preview) return responder.respond(json_answer(200, std::move(text)));
  if (selected != 0) {
    const auto& device = selection->device;
    tell(selected, device ? devices().device(*device).private_id : std::string(), request.source);
  }
  when_durable_(responder, json_answer(200, std::move(text)));
}

void MessageCalls::tell(std::size_t removed, std::string_view private_id, base::Source source) {
  base::log::warn(
      "messages_removed",
      {{"messages", removed}, {"private_id", private_id}, {"operator", base::to_string(source)}});
}

}  // namespace msggw::admin
