// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/json.h"
#include "gateway/base/path_segment.h"
#include "gateway/cli/json_members.h"
#include "gateway/commands/operator_client.h"
#include "gateway/commands/require.h"

namespace msggw::commands {

/// What the gateway answered with 200. Throws std::runtime_error with its reason, or if it is not
/// understood.
inline boost::json::value answer_of(const http::ClientResponse& response) {
  if (response.status != 200) throw std::runtime_error(reason_of(response));
  auto value = base::parse_json(response.body, {.octets = 8 << 20, .items = 200'000});
  if (!value) throw std::runtime_error("the answer is not understood");
  return std::move(*value);
}

/// On one line.
inline void print_json(std::ostream& out, const boost::json::value& value) {
  std::string line;
  base::append_json(line, value);
  out << line << '\n';
}

inline std::optional<std::uint64_t> next_of(const boost::json::value& page) {
  const auto* value = base::member(page, "next");
  boost::json::error_code none;
  const auto number = value == nullptr ? 0 : value->to_number<std::uint64_t>(none);
  return value == nullptr || none ? std::nullopt : std::optional(number);
}

/// What becomes of messages of devices that are removed: "; 3 messages end, and 2 messages go up
/// first". Empty: there are none.
inline std::string messages_text(std::uint64_t ending, std::uint64_t sending) {
  const auto counted = [](std::uint64_t count) {
    return std::to_string(count) + (count == 1 ? " message" : " messages");
  };
  std::string text;
  if (ending > 0) text = "; " + counted(ending) + (ending == 1 ? " ends" : " end");
  if (sending > 0)
    text += (text.empty() ? "; " : ", and ") + counted(sending) +
            (sending == 1 ? " goes up first" : " go up first");
  return text;
}

/// "&name=value", percent-encoded; nothing if it is empty.
inline std::string parameter(std::string_view name, std::string_view value) {
  return value.empty() ? "" : "&" + std::string(name) + "=" + base::path_segment(value);
}

/// Messages, page by page, until there are no more or `visit` says false. `query` are parameters as
/// parameter() makes them. Throws std::runtime_error: the gateway refuses, or does not answer.
inline void each_message(OperatorClient& client, const std::string& query,
                         const std::function<bool(const boost::json::value&)>& visit) {
  for (std::optional<std::uint64_t> from = 0; from;) {
    const auto page = answer_of(require(
        client.call("GET", "/api/v1/messages?limit=1000&from=" + std::to_string(*from) + query)));
    const auto* messages = base::member(page, "messages");
    if (messages == nullptr || !messages->is_array())
      throw std::runtime_error("the answer is not understood");
    for (const auto& message : messages->get_array()) {
      if (!visit(message)) return;
    }
    from = next_of(page);
  }
}

}  // namespace msggw::commands
