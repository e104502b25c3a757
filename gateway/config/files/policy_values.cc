// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/policy_values.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/config/language/list_file.h"
#include "gateway/config/sections/check_parts.h"

namespace msggw::config_files {

using config_language::kind_of;
using config_language::Node;

namespace {

constexpr std::array kUeTypes{core::UeType::non_3gpp, core::UeType::legacy_3gpp,
                              core::UeType::msgin5g_ue, core::UeType::as};
constexpr std::int64_t kMostWeight = 1'000'000;
constexpr std::size_t kMostConditions = 20;

bool is_server_id(const std::string& id) {
  return !id.empty() && id.size() <= 255 && base::is_utf8(id) && !base::has_control(id);
}

std::optional<function::ServerOption> server_of(const Node& node, const Tell& tell) {
  function::ServerOption server;
  const auto* table = std::get_if<Node::Table>(&node.value);
  if (table == nullptr) {
    tell(node.line,
         "must be Service IDs, or tables such as {service_id = \"m5s\", weight = 1}, "
         "not both and nothing else");
    return std::nullopt;
  }
  for (const auto& [key, value] : table->members) {
    const auto* text = std::get_if<std::string>(&value.value);
    const auto* number = std::get_if<std::int64_t>(&value.value);
    if (key == "service_id" && text != nullptr) {
      server.service_id = *text;
    } else if (key == "weight" && number != nullptr && *number >= 0 && *number <= kMostWeight) {
      server.weight = static_cast<std::uint32_t>(*number);
    } else if (key == "weight") {
      tell(value.line, "weight must be an integer from 0 to " + std::to_string(kMostWeight));
      return std::nullopt;
    } else if (key == "service_id") {
      tell(value.line, "service_id must be a string, not " + kind_of(value));
      return std::nullopt;
    } else {
      tell(value.line, config_language::unknown_word("'" + base::printable(key) + "' is unknown",
                                                     key, {"service_id", "weight"}));
      return std::nullopt;
    }
  }
  return server;
}

std::optional<boost::json::value> json_of(const Node& node, const Tell& tell) {
  struct Convert {
    const Node& node;
    const Tell& tell;

    std::optional<boost::json::value> operator()(bool value) const { return value; }
    std::optional<boost::json::value> operator()(std::int64_t value) const { return value; }
    std::optional<boost::json::value> operator()(double value) const {
      if (std::isfinite(value)) return value;
      tell(node.line, "holds a number that JSON has not");
      return std::nullopt;
    }
    std::optional<boost::json::value> operator()(const std::string& value) const {
      return boost::json::value(value);
    }
    std::optional<boost::json::value> operator()(const Node::List& list) const {
      boost::json::array array;
      for (const Node& item : list.items) {
        auto value = json_of(item, tell);
        if (!value) return std::nullopt;
        array.push_back(std::move(*value));
      }
      return array;
    }
    std::optional<boost::json::value> operator()(const Node::Table& table) const {
      boost::json::object object;
      for (const auto& [key, member] : table.members) {
        auto value = json_of(member, tell);
        if (!value) return std::nullopt;
        object.emplace(key, std::move(*value));
      }
      return object;
    }
    std::optional<boost::json::value> operator()(const config_language::Misfit& misfit) const {
      tell(node.line, "holds " + misfit.what + ", write it as a string");
      return std::nullopt;
    }
  };
  return std::visit(Convert{node, tell}, node.value);
}

std::string without_segment_size(const std::string& service_info) {
  auto value = base::parse_json(service_info, {});
  if (!value || !value->is_object()) return service_info;
  value->get_object().erase("segmentSize");
  std::string text;
  if (!value->get_object().empty()) base::append_json(text, *value);
  return text;
}

std::optional<std::uint32_t> octets_of(const std::optional<std::string>& text) {
  std::uint32_t octets = 0;
  if (!text) return std::nullopt;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, octets);
  if (error != std::errc() || stop != end) return std::nullopt;
  return octets;
}

}  // namespace

std::vector<std::string_view> ue_type_names() {
  std::vector<std::string_view> names;
  for (const auto type : kUeTypes) names.push_back(core::name_of(type));
  return names;
}

std::vector<core::UeType> ue_types_of(const std::vector<std::string>& words) {
  std::vector<core::UeType> types;
  for (const std::string& word : words) {
    if (const auto type = core::ue_type_of(word)) types.push_back(*type);
  }
  return types;
}

function::ServerOptions servers_of(const Node& node, const Tell& tell) {
  function::ServerOptions servers;
  const auto* list = std::get_if<Node::List>(&node.value);
  if (list == nullptr) return tell(node.line, "must be a list, not " + kind_of(node)), servers;
  if (list->items.size() > function::PolicyOptions::kMostServers) {
    tell(node.line, "has " + std::to_string(list->items.size()) + " items, allowed are at most " +
                        std::to_string(function::PolicyOptions::kMostServers));
    return servers;
  }
  if (const auto ids = config_language::strings_of(node)) {
    servers.by_weight = false;
    for (const std::string& id : *ids) servers.list.push_back({id, 1});
  } else {
    for (const Node& item : list->items) {
      auto server = server_of(item, tell);
      if (!server) return servers;
      servers.list.push_back(std::move(*server));
    }
  }
  for (const function::ServerOption& server : servers.list) {
    if (is_server_id(server.service_id)) continue;
    tell(node.line, "'" + base::printable(server.service_id) +
                        "' is not a Service ID, allowed are 1 to 255 octets without controls");
    return servers;
  }
  const bool any = std::any_of(servers.list.begin(), servers.list.end(),
                               [](const auto& server) { return server.weight != 0; });
  if (!any) tell(node.line, "every response needs at least one (of a weight above 0)");
  return servers;
}

std::string service_info_of(const Node& node, const Tell& tell) {
  std::string out;
  if (const auto* text = std::get_if<std::string>(&node.value)) {
    const auto parsed = base::parse_json(*text, {});
    if (!parsed) return *text;  // whoever checks it says what is wrong
    base::append_json(out, *parsed);
  } else if (const auto* table = std::get_if<Node::Table>(&node.value)) {
    const auto value = json_of(node, tell);
    if (value && !table->members.empty()) base::append_json(out, *value);
  } else {
    tell(node.line, "must be a table or the text of a JSON object, not " + kind_of(node));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> conditions_of(const Node& node, const Tell& tell) {
  std::vector<std::pair<std::string, std::string>> conditions;
  const auto* table = std::get_if<Node::Table>(&node.value);
  if (table == nullptr) {
    tell(node.line, "must be a table such as {vendor = \"Acme*\"}, not " + kind_of(node));
    return conditions;
  }
  if (table->members.size() > kMostConditions) {
    tell(node.line, "has " + std::to_string(table->members.size()) +
                        " members, allowed are at most " + std::to_string(kMostConditions));
    return conditions;
  }
  for (const auto& [name, pattern] : table->members) {
    const auto* text = std::get_if<std::string>(&pattern.value);
    if (text != nullptr) {
      conditions.emplace_back(name, *text);
    } else {
      tell(pattern.line, "the pattern of '" + base::printable(name) + "' must be a string, not " +
                             kind_of(pattern));
    }
  }
  return conditions;
}

function::GrantOptions merged(function::GrantOptions own, function::GrantOptions inherited) {
  const auto take = [](auto& mine, auto& other) {
    if (!mine) mine = std::move(other);
  };
  const bool says_size =
      own.segment_size || (own.service_info && config::segment_size_of(*own.service_info));
  if (says_size) {
    inherited.segment_size.reset();
    inherited.service_info = without_segment_size(inherited.service_info.value_or(""));
  } else if (own.service_info && inherited.service_info && !inherited.segment_size) {
    // Its members are replaced; the segment size among them was said for itself.
    own.segment_size = octets_of(config::segment_size_of(*inherited.service_info));
  }
  take(own.service_id_template, inherited.service_id_template);
  take(own.servers, inherited.servers);
  take(own.servers_told, inherited.servers_told);
  take(own.segment_size, inherited.segment_size);
  take(own.service_info, inherited.service_info);
  take(own.lifetime, inherited.lifetime);
  return own;
}

}  // namespace msggw::config_files
