// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/target.h"

#include <utility>

#include "gateway/base/path_segment.h"

namespace msggw::function {

namespace {

Target item(std::string private_id) {
  const auto kind = private_id == "bulk" ? Target::Kind::old_bulk : Target::Kind::item;
  return {kind, std::move(private_id)};
}

}  // namespace

Target parse_target(std::string_view path) {
  if (path == "/healthz") return {Target::Kind::health, {}};
  if (path == kBulkPath) return {Target::Kind::bulk, {}};
  if (!path.starts_with(kCollectionPath)) return {};
  path.remove_prefix(kCollectionPath.size());
  if (path.empty()) return {Target::Kind::collection, {}};
  if (path.front() != '/') return {};
  path.remove_prefix(1);
  if (path.empty() || path.find('/') != std::string_view::npos) return {};
  auto private_id = base::octets_of_segment(path);
  if (!private_id) return {Target::Kind::bad_item, {}};
  return item(std::move(*private_id));
}

Target target_of(std::span<const std::string_view> segments) {
  const auto is = [&](std::size_t at, std::string_view word) { return segments[at] == word; };
  if (segments.size() == 1 && is(0, kMessagePath.substr(1))) return {Target::Kind::message, {}};
  if (segments.size() == 1 && is(0, "healthz")) return {Target::Kind::health, {}};
  if (segments.size() < 3 || segments.size() > 4) return {};
  if (!is(0, "msgin5g-provisioning") || !is(1, "v1")) return {};
  if (!is(2, "provisionings")) return {};
  if (segments.size() == 3) return {Target::Kind::collection, {}};
  if (segments[3].empty()) return {};
  return item(std::string(segments[3]));
}

std::string item_path(std::string_view private_id) {
  return std::string(kCollectionPath) + '/' + base::path_segment(private_id);
}

}  // namespace msggw::function
