// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/wire/coap/codec.h"
#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/uri.h"

namespace msggw::coap {

/// Numbers of options (RFC 7252 12.2, 7641, 7959, 7967, 9175).
namespace option {
inline constexpr std::uint16_t kIfMatch = 1, kUriHost = 3, kEtag = 4, kIfNoneMatch = 5,
                               kObserve = 6, kUriPort = 7, kLocationPath = 8, kUriPath = 11,
                               kContentFormat = 12, kMaxAge = 14, kUriQuery = 15, kAccept = 17,
                               kBlock2 = 23, kBlock1 = 27, kProxyUri = 35, kProxyScheme = 39,
                               kSize1 = 60, kEcho = 252, kNoResponse = 258, kRequestTag = 292;
}  // namespace option

/// An option's value as an unsigned number (RFC 7252 3.2); of more than four octets the last four.
std::uint32_t number_of(std::string_view value) noexcept;

/// The shortest octets of a number (RFC 7252 3.2), in place.
class NumberValue {
 public:
  explicit NumberValue(std::uint32_t number) noexcept;
  std::string_view view() const noexcept { return {octets_.data() + 4 - size_, size_}; }

 private:
  std::array<char, 4> octets_;
  std::size_t size_ = 0;
};

/// Which options may be read (RFC 7252 5.4.3, 5.4.5): one whose value is too long or too short, and
/// a second one of an option that may come once, is treated as if it were unknown. To be asked for
/// each option of one message, in their order.
class OptionRules {
 public:
  bool admit(std::uint16_t number, std::string_view value) noexcept;

 private:
  std::uint16_t last_ = 0;
};

/// Reads a message as a Request. The lists that the request points to live here, so it cannot be
/// moved.
struct RequestReader {
  static constexpr std::size_t kMostSegments = 8;
  static constexpr std::size_t kMostQueries = 16;

  RequestReader() = default;
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// False: the options cannot be read.
  bool read(const WireMessage& message);
  void take(std::uint16_t number, std::string_view value);
  /// After the last option.
  void finish();

  std::array<std::string_view, kMostSegments> segments;
  std::array<std::string_view, kMostQueries> queries;
  std::size_t used_segments = 0;
  std::size_t used_queries = 0;
  Request request;

 private:
  OptionRules rules_;
};

/// What of the options of an answer a client needs.
struct AnswerOptions {
  std::optional<std::uint16_t> content_format;
  std::optional<std::uint32_t> max_age_s;
  std::optional<std::uint32_t> block1;
  std::optional<std::uint32_t> block2;
  std::string etag;
  std::string location;                     ///< percent-encoded, each segment with a '/' before
  std::optional<std::uint16_t> bad_option;  ///< critical and unknown (RFC 7252 5.4.1)
  OptionRules rules;

  void take(std::uint16_t number, std::string_view value);
};

/// Calls add(segment) for each segment of a path, without a '/' before; "a//b" has an empty
/// one.
template <class Add>
void for_each_segment(std::string_view path, Add&& add) {
  while (!path.empty()) {
    const auto slash = path.find('/');
    add(path.substr(0, slash));
    if (slash == std::string_view::npos) return;
    path.remove_prefix(slash + 1);
  }
}

/// Calls add(number, value) for the options of a response, in ascending order.
template <class Add>
void for_each_option(const Response& response, Add&& add) {
  const auto number = [&](std::uint16_t option, const auto& value) {
    if (value) add(option, NumberValue(*value).view());
  };
  if (!response.etag.empty()) add(option::kEtag, std::string_view(response.etag));
  number(option::kObserve, response.observe);
  for_each_segment(response.location, [&](std::string_view segment) {
    if (segment.find('%') == std::string_view::npos) return add(option::kLocationPath, segment);
    add(option::kLocationPath, std::string_view(unescape(segment)));
  });
  number(option::kContentFormat, response.content_format);
  number(option::kMaxAge, response.max_age_s);
  if (response.block2) add(option::kBlock2, NumberValue(encode_block(*response.block2)).view());
  if (response.block1) add(option::kBlock1, NumberValue(encode_block(*response.block1)).view());
  number(option::kSize1, response.size1);
  if (!response.echo.empty()) add(option::kEcho, std::string_view(response.echo));
}

}  // namespace msggw::coap
