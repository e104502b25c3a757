// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/option_values.h"

namespace msggw::coap {

namespace {

template <std::size_t N>
bool keep(std::array<std::string_view, N>& list, std::size_t& used, std::string_view value) {
  if (used == N) return false;
  list[used++] = value;
  return true;
}

/// A second one of an option that may come once makes the message wrong, if it is critical.
void set_once(std::optional<std::uint32_t>& into, std::uint16_t number, std::string_view value,
              Request& request) {
  if (into) request.bad_option = number;
  into = number_of(value);
}

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

void RequestReader::take(std::uint16_t number, std::string_view value) {
  switch (number) {
    case option::kUriPath:
      if (!keep(segments, used_segments, value)) request.path_too_deep = true;
      return;
    case option::kUriQuery:
      if (!keep(queries, used_queries, value)) request.too_many_queries = true;
      return;
    case option::kContentFormat:
      if (!request.content_format)
        request.content_format = static_cast<std::uint16_t>(number_of(value));
      return;
    case option::kAccept:
      if (request.accept) request.bad_option = number;
      request.accept = static_cast<std::uint16_t>(number_of(value));
      return;
    case option::kBlock1: return set_once(request.block1, number, value, request);
    case option::kBlock2: return set_once(request.block2, number, value, request);
    case option::kSize1: request.size1 = number_of(value); return;
    case option::kNoResponse:
      request.no_response = static_cast<std::uint8_t>(number_of(value));
      return;
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
  switch (number) {
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
