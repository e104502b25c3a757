// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/resource_list.h"

#include <algorithm>

namespace msggw::coap {

namespace {

bool matches(std::string_view value, std::string_view pattern) {
  if (!pattern.ends_with('*')) return value == pattern;
  return value.starts_with(pattern.substr(0, pattern.size() - 1));
}

/// Whether one of the words of `value` matches, or all of it does.
bool has_word(std::string_view value, std::string_view pattern) {
  if (value.empty() || matches(value, pattern)) return !value.empty();
  while (!value.empty()) {
    const auto blank = std::min(value.find(' '), value.size());
    if (matches(value.substr(0, blank), pattern)) return true;
    value.remove_prefix(std::min(blank + 1, value.size()));
  }
  return false;
}

bool is_asked_for(const ListedResource& resource, std::string_view query) {
  if (query.empty()) return true;
  const auto equals = std::min(query.find('='), query.size());
  const std::string_view name = query.substr(0, equals);
  const std::string_view pattern = equals == query.size() ? "*" : query.substr(equals + 1);
  if (name == "href") return matches("/" + resource.path, pattern);
  if (name == "rt") return has_word(resource.type, pattern);
  if (name == "ct") return has_word(resource.formats, pattern);
  return false;
}

void append_attribute(std::string& out, const char* name, const std::string& value) {
  if (!value.empty()) out.append(";").append(name).append("=\"").append(value).append("\"");
}

}  // namespace

bool asks_for_list(const Request& request) noexcept {
  return request.path.size() == 2 && request.path[0] == ".well-known" && request.path[1] == "core";
}

std::string list_of(const std::vector<ListedResource>& resources,
                    std::span<const std::string_view> queries) {
  std::string out;
  for (const ListedResource& resource : resources) {
    const bool wanted = std::all_of(queries.begin(), queries.end(), [&](std::string_view query) {
      return is_asked_for(resource, query);
    });
    if (!wanted) continue;
    if (!out.empty()) out.push_back(',');
    out.append("</").append(resource.path).append(">");
    append_attribute(out, "rt", resource.type);
    append_attribute(out, "ct", resource.formats);
  }
  return out;
}

}  // namespace msggw::coap
