// SPDX-License-Identifier: Apache-2.0
#include <boost/url/grammar/ci_string.hpp>

#include "provisioning/protocol/messages.h"

namespace msggw::protocol {

namespace {

using boost::urls::grammar::ci_is_equal;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProblemJson = "application/problem+json";
constexpr std::string_view kCbor = "application/cbor";

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::string_view media_type(Encoding encoding) noexcept {
  return encoding == Encoding::json ? kJson : kCbor;
}

std::string_view problem_media_type(Encoding encoding) noexcept {
  return encoding == Encoding::json ? kProblemJson : kCbor;
}

std::optional<Encoding> encoding_of(std::string_view content_type) noexcept {
  const std::string_view type = trimmed(content_type.substr(0, content_type.find(';')));
  if (ci_is_equal(type, kJson) || ci_is_equal(type, kProblemJson)) return Encoding::json;
  if (ci_is_equal(type, kCbor)) return Encoding::cbor;
  return std::nullopt;
}

}  // namespace msggw::protocol
