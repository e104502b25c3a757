// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sms/text/alphabet.h"
#include "adapters/sms/text/udh.h"
#include "gateway/base/result.h"

namespace msggw::sms_text {

inline constexpr std::size_t kUserDataOctets = 140;  ///< TP-UD, TS 23.040 9.2.3.24
inline constexpr std::size_t kMostParts = 255;       ///< TS 23.040 9.2.3.24.1

/// How the parts of one message say that they belong together.
enum class ReferenceForm {
  udh8,     ///< user data header, reference of 8 bits
  udh16,    ///< user data header, reference of 16 bits
  sar,      ///< SMPP TLVs sar_msg_ref_num, sar_total_segments, sar_segment_seqnum
  payload,  ///< not at all: one PDU with a message_payload TLV, which the SMSC cuts
};

struct SplitOptions {
  ReferenceForm form = ReferenceForm::udh8;
  std::uint16_t reference = 0;  ///< udh8 uses its low 8 bits
  /// Written into the header by udh8 and udh16. With sar and payload the caller sends them as
  /// source_port and destination_port, and the room for them is kept free here.
  std::optional<Ports> ports;
  bool packed = false;  ///< gsm7 only: 8 septets in 7 octets
  std::size_t most_parts = kMostParts;
};

/// One short message: `udh` and then `data` make the octets of SMPP's short_message.
struct Part {
  std::string udh;  ///< not empty: the UDHI bit is to be set
  std::string data;
  std::uint16_t reference = 0;
  std::uint8_t total = 1;  ///< 1: nothing to concatenate, no reference is sent
  std::uint8_t sequence = 1;
};

/// What one part holds behind a header of `udh_octets` octets: septets of gsm7, UTF-16 units of
/// ucs2, octets of the others.
constexpr std::size_t units_of(Alphabet alphabet, std::size_t udh_octets) noexcept {
  const std::size_t octets = kUserDataOctets - udh_octets;
  return alphabet == Alphabet::gsm7   ? octets * 8 / 7
         : alphabet == Alphabet::ucs2 ? octets / 2
                                      : octets;
}

/// `message` (UTF-8; for Alphabet::octets any octets) as parts in their order, one if it fits. No
/// escape pair and no surrogate pair is cut (TS 23.040 9.2.3.24.1). With sar a part has the size
/// of udh16, because the SMSC has to write that header. Returns the errors of
/// encode(), and too_large if there are more than `most_parts` parts, for payload counted as udh8
/// would make them.
base::Result<std::vector<Part>> split(Alphabet alphabet, std::string_view message,
                                      const SplitOptions& options);

}  // namespace msggw::sms_text
