// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "gateway/base/result.h"
#include "tests/sim/smsc/options.h"

namespace msggw::smsc {

/// What POST /campaigns takes.
struct CampaignBody {
  std::uint64_t count = 0;
  std::uint64_t first = 0;
  std::string numbers = "+4915{:09}";
  std::string to;
  std::string text = "hello";
  std::string account;
  double rate = 0;  ///< a second; 0: as fast as the windows allow
  Span ramp{0};
  std::uint64_t rounds = 1;
  bool expect_answer = false;
  Span patience{60'000};  ///< silence after which the campaign is given up

  /// missing, incorrect: the detail says what is allowed.
  static base::Result<CampaignBody> parse(const boost::json::object& body);
};

}  // namespace msggw::smsc
