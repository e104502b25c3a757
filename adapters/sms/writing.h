// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "adapters/sms/inbox.h"
#include "adapters/sms/options.h"
#include "adapters/sms/smpp/pdu.h"
#include "gateway/base/result.h"

namespace msggw::sms {

/// What a device has written, as one message of an SMSC brought it.
struct Writing {
  SmscNo smsc{};
  std::string number;     ///< of the device, E.164
  smpp::Address service;  ///< that it wrote to
  Piece piece;
  std::string id;         ///< that the SMSC gave it; empty: it tells none
  bool is_first = false;  ///< the registration of the device began with it
  /// A part that says what one before it said, and may be that one, given again.
  bool is_doubtful = false;

  /// Nothing of what it wrote: where the end of its first contact is to be told (Answers).
  bool is_path() const noexcept { return piece.is_whole() && piece.sequence == 0; }
  bool operator==(const Writing&) const = default;
};

/// As a draft keeps it (messages::DeviceSide::keep). SMSCs are written by name.
std::string encode(const Writing& writing, const Options& options);
/// storage: these octets are none. An SMSC that is no longer configured becomes the first.
base::Result<Writing> parse_writing(std::string_view octets, const Options& options);

}  // namespace msggw::sms
