// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/option_values.h"

#include <algorithm>
#include <utility>

namespace msggw::coap {

namespace {

template <std::size_t N>
bool keep(std::array<std::string_view, N>& list, std::size_t& used, std::string_view value) {
  if (used == N) return false;
  list[used++] = value;
  return true;
}

struct Rule {
  std::uint16_t number;
  std::uint16_t least;
  std::uint16_t most;  ///< octets of its value
  bool many;
};
/// Of all options that are read here (RFC 7252 5.10, RFC 7641 2, RFC 7959 2.1, RFC 7967 2,
/// RFC 9175 3.2.1).
constexpr std::array kRules{
    Rule{option::kUriHost, 1, 255, false},     Rule{option::kEtag, 1, 8, false},
    Rule{option::kObserve, 0, 3, false},       Rule{option::kUriPort, 0, 2, false},
    Rule{option::kLocationPath, 0, 255, true}, Rule{option::kUriPath, 0, 255, true},
    Rule{option::kContentFormat, 0, 2, false}, Rule{option::kMaxAge, 0, 4, false},
    Rule{option::kUriQuery, 0, 255, true},     Rule{option::kAccept, 0, 2, false},
    Rule{option::kBlock2, 0, 3, false},        Rule{option::kBlock1, 0, 3, false},
    Rule{option::kSize1, 0, 4, false},         Rule{option::kEcho, 1, 40, false},
    Rule{option::kNoResponse, 0, 1, false},    Rule{option::kRequestTag, 0, 8, true}};

}  // namespace

std::uint32_t number_of(std::string_view value) noexcept {
  std::uint32_t number = 0;
  for (const char c : value) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

NumberValue::NumberValue(std::uint32_t number) noexcept {
  while (number != 0) {
    octets_[4 - ++size_] = static_cast<char>(number & 0xFF);
    number >>= 8;
  }
}

bool OptionRules::admit(std::uint16_t number, std::string_view value) noexcept {
  const bool again = std::exchange(last_, number) == number;
  const auto rule = std::find_if(kRules.begin(), kRules.end(),
                                 [number](const Rule& one) { return one.number == number; });
  return rule != kRules.end() && value.size() >= rule->least && value.size() <= rule->most &&
         (!again || rule->many);
}

bool RequestReader::read(const WireMessage& message) {
  OptionCursor options(message.rest);
  while (options.next()) take(options.number(), options.value());
  finish();
  request.method = static_cast<Method>(message.code);
  request.token = message.token;
  request.payload = options.payload();
  return !options.malformed();
}

void RequestReader::take(std::uint16_t number, std::string_view value) {
  const bool admitted = rules_.admit(number, value);
  const auto short_number = [value] { return static_cast<std::uint16_t>(number_of(value)); };
  switch (admitted ? number : 0) {
    case option::kUriPath:
      if (!keep(segments, used_segments, value)) request.path_too_deep = true;
      return;
    case option::kUriQuery:
      if (!keep(queries, used_queries, value)) request.too_many_queries = true;
      return;
    case option::kContentFormat: request.content_format = short_number(); return;
    case option::kAccept: request.accept = short_number(); return;
    case option::kObserve: request.observe = number_of(value); return;
    case option::kBlock1: request.block1 = number_of(value); return;
    case option::kBlock2: request.block2 = number_of(value); return;
    case option::kSize1: request.size1 = number_of(value); return;
    case option::kNoResponse:
      request.no_response = static_cast<std::uint8_t>(short_number());
      return;
    case option::kEcho: request.echo = value; return;
    case option::kRequestTag: request.request_tag = value; return;
    case option::kUriHost:
    case option::kUriPort: return;  // whatever the name was, it led here
    default:
      if ((number & 1) != 0) request.bad_option = number;
      return;
  }
}

void RequestReader::finish() {
  request.path = {segments.data(), used_segments};
  request.queries = {queries.data(), used_queries};
}

void AnswerOptions::take(std::uint16_t number, std::string_view value) {
  switch (rules.admit(number, value) ? number : 0) {
    case option::kEtag: etag = value; return;
    case option::kLocationPath:
      location.push_back('/');
      append_segment(location, value);
      return;
    case option::kContentFormat:
      content_format = static_cast<std::uint16_t>(number_of(value));
      return;
    case option::kMaxAge: max_age_s = number_of(value); return;
    case option::kBlock1: block1 = number_of(value); return;
    case option::kBlock2: block2 = number_of(value); return;
    default:
      if ((number & 1) != 0) bad_option = number;
      return;
  }
}

}  // namespace msggw::coap
