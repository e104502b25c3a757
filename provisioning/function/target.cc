#include "provisioning/function/target.h"

#include <optional>
#include <utility>

namespace msggw::function {

namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

Target item(std::string private_id) {
  const auto kind = private_id == "bulk" ? Target::Kind::bulk : Target::Kind::item;
  return {kind, std::move(private_id)};
}

}  // namespace

Target parse_target(std::string_view path) {
  if (path == "/healthz") return {Target::Kind::health, {}};
  if (!path.starts_with(kCollectionPath)) return {};
  path.remove_prefix(kCollectionPath.size());
  if (path.empty()) return {Target::Kind::collection, {}};
  if (path.front() != '/') return {};
  path.remove_prefix(1);
  if (path.empty() || path.find('/') != std::string_view::npos) return {};
  auto private_id = percent_decoded(path);
  if (!private_id) return {Target::Kind::bad_item, {}};
  return item(std::move(*private_id));
}

Target target_of(std::span<const std::string_view> segments) {
  const auto is = [&](std::size_t at, std::string_view word) { return segments[at] == word; };
  if (segments.size() == 1 && is(0, kMessagePath.substr(1))) return {Target::Kind::message, {}};
  if (segments.size() == 1 && is(0, "healthz")) return {Target::Kind::health, {}};
  if (segments.size() < 3 || segments.size() > 4) return {};
  if (!is(0, "msgin5g-provisioning") || !is(1, "v1") || !is(2, "provisionings")) return {};
  if (segments.size() == 3) return {Target::Kind::collection, {}};
  if (segments[3].empty()) return {};
  return item(std::string(segments[3]));
}

std::string item_path(std::string_view private_id) {
  std::string out;
  out.reserve(kCollectionPath.size() + 1 + private_id.size() + 16);
  out += kCollectionPath;
  out.push_back('/');
  for (const char c : private_id) {
    if (is_unreserved(c)) {
      out.push_back(c);
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[octet >> 4]);
    out.push_back(kHex[octet & 15]);
  }
  return out;
}

}  // namespace msggw::function
