// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/campaign_body.h"

#include <fmt/format.h>

#include <string_view>

namespace msggw::smsc {
namespace {

using base::Errc;
using boost::json::value;

bool take(const value& in, std::uint64_t& out) {
  boost::system::error_code not_exact;
  if (!in.is_number()) return false;
  out = in.to_number<std::uint64_t>(not_exact);
  return !not_exact;
}
bool take(const value& in, double& out) {
  if (!in.is_number()) return false;
  out = in.to_number<double>();
  return out >= 0 && out <= 1e7;
}
bool take(const value& in, std::string& out) {
  if (!in.is_string()) return false;
  out = std::string(in.get_string());
  return true;
}
bool take(const value& in, bool& out) {
  if (!in.is_bool()) return false;
  out = in.get_bool();
  return true;
}
bool take(const value& in, Span& out) {
  const auto span = in.is_string() ? parse_span(in.get_string()) : std::nullopt;
  if (span) out = *span;
  return span.has_value();
}

}  // namespace

base::Result<CampaignBody> CampaignBody::parse(const boost::json::object& json) {
  CampaignBody body;
  const auto wrong = [](std::string_view key, const char* what) {
    return base::fail(Errc::incorrect, fmt::format("{} is not {}", key, what));
  };
  const auto text = [&](const value& in, std::string_view key) -> base::Result<> {
    auto& member = key == "numbers" ? body.numbers
                   : key == "to"    ? body.to
                   : key == "text"  ? body.text
                                    : body.account;
    if (!take(in, member)) return wrong(key, "a text");
    return {};
  };
  for (const auto& member : json) {
    const std::string_view key = member.key();
    const value& in = member.value();
    if (key == "count" || key == "first" || key == "rounds") {
      auto& number = key == "count" ? body.count : key == "first" ? body.first : body.rounds;
      if (!take(in, number)) return wrong(key, "a whole number");
    } else if (key == "numbers" || key == "to" || key == "text" || key == "account") {
      if (auto taken = text(in, key); !taken)
        return base::fail(Errc::incorrect, taken.error().detail);
    } else if (key == "rate") {
      if (!take(in, body.rate)) return wrong(key, "a number from 0 to 1e7");
    } else if (key == "ramp" || key == "patience") {
      if (!take(in, key == "ramp" ? body.ramp : body.patience))
        return wrong(key, "a time like \"2s\"");
    } else if (key == "expectAnswer") {
      if (!take(in, body.expect_answer)) return wrong(key, "true or false");
    } else {
      return base::fail(Errc::incorrect,
                        "unknown member; known are count, first, numbers, to, text, account, rate, "
                        "ramp, rounds, expectAnswer, patience");
    }
  }
  if (body.to.empty()) return base::fail(Errc::missing, "to is missing");
  if (body.count == 0) return base::fail(Errc::missing, "count is missing or 0");
  if (body.rounds == 0 || body.rounds > 1'000'000) return wrong("rounds", "from 1 to 1000000");
  if (body.ramp.count() > 0 && body.rate <= 0) {
    return base::fail(Errc::incorrect, "ramp is of use with a rate only");
  }
  return body;
}

}  // namespace msggw::smsc
