// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/msgin5g/options.h"
#include "gateway/base/result.h"

namespace msggw::msgin5g {

/// `content` as the string `payload`. unsupported: it is to be text and is no UTF-8.
base::Result<std::string> payload_of(std::string_view content, PayloadEncoding encoding);

/// The octets that payload_of() would write as `payload`. malformed: there are none, because
/// `payload` is not the base64 of anything.
base::Result<std::string> content_of(std::string_view payload, PayloadEncoding encoding);

/// What a configuration must not be, as the end of a sentence that begins with the name of its
/// option; none: it can be. A segment must have room for any one character and for three octets in
/// base64, both of which take four.
std::optional<std::string> why_wrong(const Cutting& cutting);

/// Cuts `content` into the fewest segments of at most `segment_octets`, all but the last as full as
/// they can be; an empty one is one empty segment. Text is cut between characters only (Unicode's,
/// not what a reader takes for one), base64 at multiples of three octets. So the payloads of the
/// segments, joined, are the payload of the content, whether the far side joins strings or octets.
/// The segments are views into `content`.
///
/// Requires !why_wrong(cutting). unsupported: as of payload_of(); too_large: more than
/// `cutting.segments`.
base::Result<std::vector<std::string_view>> cut(std::string_view content, PayloadEncoding encoding,
                                                const Cutting& cutting);

}  // namespace msggw::msgin5g
