// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace msggw::msgin5g {

/// How content stands in the JSON string `payload`, for which TS 29.538 has no rule. Chosen by
/// configuration for an application, a device or the gateway, never by looking at a message.
enum class PayloadEncoding : std::uint8_t {
  text,   ///< UTF-8 as it is; other octets cannot be sent
  base64  ///< RFC 4648 4, both ways
};

/// What the segment size of a MSGin5G Server counts (TS 23.554 8.5.1 says octets of the payload).
enum class SegmentCounts : std::uint8_t {
  content,  ///< octets of the sender's application
  payload   ///< octets of the string `payload`, before it is escaped in JSON
};

struct Cutting {
  std::size_t segment_octets = 2'048;  ///< the most that a segment has; TS 23.554 8.5.1
  SegmentCounts segment_counts = SegmentCounts::content;
  std::size_t segments = 4'096;  ///< the most that a message is cut into
};

/// The most of what a MSGin5G Server may say. Octets are of the text without its escapes.
struct Limits {
  std::size_t body_octets = 64 * 1'024;  ///< of a request or an answer
  std::size_t address_octets = 255;
  std::size_t message_id_octets = 128;
  std::size_t application_octets = 255;
  std::size_t segment_set_octets = 128;
  std::size_t failure_cause_octets = 256;
  /// Of one message or segment, once it is no longer base64; standards ask for 2,048.
  std::size_t content_octets = 16 * 1'024;
  std::uint32_t segments = 4'096;   ///< the highest number of a segment, and of segments
  std::size_t invalid_params = 16;  ///< wrong elements that one refusal names
};

/// What a MSGin5G Server finds at the gateway.
struct FaceOptions {
  bool legacy_3gpp = true;  ///< serves msgg-l3gdelivery
  bool non_3gpp = true;     ///< serves msgg-n3gdelivery
  /// The path of `{apiRoot}` as base::parse_path() gives it: empty, or "/gw-1".
  std::string path_prefix;
  /// Whose certificates may call: at least one name of it is one of these. Empty: nobody is asked
  /// for a name here.
  std::vector<std::string> client_names;
  Limits limits;
};

}  // namespace msggw::msgin5g
