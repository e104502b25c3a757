// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msggw::coap_adapter::test {

/// A CoAP message as a device may build it, right or wrong; written by the tests and owing nothing
/// to the library under test.
struct Message {
  int version = 1;
  int type = 0;  ///< 0 CON, 1 NON, 2 ACK, 3 RST
  int code = 0;  ///< class << 5 | detail
  int mid = 0;
  std::string token;
  std::vector<std::pair<int, std::string>> options;  ///< in any order
  std::string payload;

  /// The value of the first option with this number.
  std::optional<std::string> option(int number) const;
  std::optional<std::uint32_t> uint_option(int number) const;
  /// "2.05"
  std::string code_text() const;
  /// Location-Path, with a '/' before each segment.
  std::string location() const;
};

std::string encode(const Message& message);
/// None: not well-formed.
std::optional<Message> decode(std::string_view octets);

std::string uint_value(std::uint32_t value);

inline constexpr int kCon = 0, kNon = 1, kAck = 2, kRst = 3;
inline constexpr int kGet = 1, kPost = 2, kPut = 3, kDelete = 4;
inline constexpr int kIfMatch = 1, kEtag = 4, kIfNoneMatch = 5, kLocationPath = 8, kUriPath = 11,
                     kContentFormat = 12, kMaxAge = 14, kUriQuery = 15, kAccept = 17, kBlock2 = 23,
                     kBlock1 = 27, kSize1 = 60, kNoResponse = 258;

/// A request for `uri` ("rd?ep=a&lt=60"), which is split at '/', '?' and '&' and not unescaped.
Message request(int method, std::string_view uri, int mid, std::string payload = {});

}  // namespace msggw::coap_adapter::test
