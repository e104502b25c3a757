// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/message_query.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "gateway/admin/query.h"
#include "gateway/base/json.h"

namespace msggw::admin {

namespace {

using base::Errc;
using base::fail;

/// What is wrong with a word of the selection; empty: nothing, it has been taken; none: it is no
/// word of it.
std::optional<std::string> take(std::string_view name, std::string_view value,
                                MessageSelection& selection) {
  if (name == "device") {
    if (value.empty()) return "allowed is a Private ID";
    selection.private_id = value;
  } else if (name == "direction") {
    if (value != "up" && value != "down") return "allowed are up and down";
    selection.of.up = value == "up";
  } else if (name == "priority") {
    for (std::size_t i = 0; i < messages::kPriorities; ++i) {
      const auto priority = static_cast<messages::Priority>(i);
      if (value == messages::name_of(priority)) selection.of.priority = priority;
    }
    if (!selection.of.priority) return "allowed are high, normal and low";
  } else {
    return std::nullopt;
  }
  return std::string();
}

std::string take_for_list(std::string_view name, std::string_view value, MessageListQuery& query) {
  if (auto taken = take(name, value, query.selection)) return *taken;
  if (name == "stage") {
    for (const auto state : {messages::State::waiting, messages::State::handed,
                             messages::State::done, messages::State::failed}) {
      if (value == messages::name_of(state)) query.selection.of.state = state;
    }
    if (!query.selection.of.state) return "allowed are waiting, handed, done and failed";
  } else if (name == "msgId") {
    if (value.empty()) return "allowed is a msgId";
    query.message_id = value;
  } else if (name == "limit") {
    const auto limit = number_of<std::uint64_t>(value);
    if (!limit || *limit == 0 || *limit > MessageListQuery::kMostLimit)
      return "allowed is 1 to " + std::to_string(MessageListQuery::kMostLimit);
    query.limit = *limit;
  } else if (name == "from") {
    const auto from = number_of<std::uint64_t>(value);
    if (!from) return "allowed is what `next` of the last answer says";
    query.first = messages::MessageNo{*from};
  } else {
    return "is unknown; allowed are device, direction, priority, stage, msgId, limit and from";
  }
  return {};
}

std::string take_member(std::string_view name, const boost::json::value& value,
                        MessageRemovalQuery& query) {
  const auto number = [&]() -> std::optional<messages::MessageNo> {
    boost::json::error_code none;
    const auto read = value.to_number<std::uint64_t>(none);
    return none ? std::nullopt : std::optional(messages::MessageNo{read});
  };
  if (name == "preview") {
    if (!value.is_bool()) return "allowed are true and false";
    query.preview = value.get_bool();
  } else if (name == "first") {
    const auto first = number();
    if (!first) return "allowed is a whole number";
    query.first = *first;
  } else if (name == "before") {
    query.before = number();
    if (!query.before) return "allowed is a whole number";
  } else {
    const auto text = base::text_of(value);
    const auto taken = take(name, text.value_or(""), query.selection);
    return taken.value_or(
        "is unknown; allowed are device, direction, priority, first, before and preview");
  }
  return {};
}

}  // namespace

base::Result<MessageListQuery> parse_message_list_query(std::string_view query) {
  const auto parameters = read_query(query);
  if (!parameters) return tl::unexpected(parameters.error());
  MessageListQuery read;
  for (const auto& [name, value] : *parameters) {
    if (const auto why = take_for_list(name, value, read); !why.empty()) return wrong(name, why);
  }
  return read;
}

base::Result<std::string> parse_trace_query(std::string_view query) {
  const auto parameters = read_query(query);
  if (!parameters) return tl::unexpected(parameters.error());
  std::string of;
  for (const auto& [name, value] : *parameters) {
    if (name != "of") return wrong(name, "is unknown; allowed is of");
    of = value;
  }
  if (of.empty()) return fail(Errc::missing, "of: a Private ID, a Service ID or a msgId is needed");
  return of;
}

base::Result<MessageRemovalQuery> parse_message_removal_query(std::string_view body) {
  const auto value = base::parse_json(body, {.octets = 4'096});
  if (!value) return tl::unexpected(value.error());
  if (!value->is_object()) return fail(Errc::malformed, "no JSON object");
  MessageRemovalQuery query;
  for (const auto& [name, member] : value->get_object()) {
    if (const auto why = take_member({name.data(), name.size()}, member, query); !why.empty())
      return wrong({name.data(), name.size()}, why);
  }
  const messages::Selection& of = query.selection.of;
  if (query.selection.private_id.empty() && !of.up && !of.priority)
    return fail(Errc::missing, "one of device, direction and priority is needed");
  return query;
}

}  // namespace msggw::admin
