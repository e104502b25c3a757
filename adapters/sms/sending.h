// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace msggw::sms {

/// What must outlive the process of a message that an SMSC is given: the octets of
/// messages::DeviceSide::track(). Until each part has an id it is not known whether it was sent.
struct Sending {
  struct Part {
    std::string id;          ///< as the SMSC gave it; empty: it has not answered, or gave none
    bool delivered = false;  ///< its receipt has come

    bool operator==(const Part&) const = default;
  };

  std::string smsc;         ///< its name; empty: none has been chosen yet
  std::vector<Part> parts;  ///< empty: likewise

  bool operator==(const Sending&) const = default;
};

std::string encode(const Sending& sending);
/// incorrect: the octets are not what encode() makes.
base::Result<Sending> parse_sending(std::string_view octets);

}  // namespace msggw::sms
