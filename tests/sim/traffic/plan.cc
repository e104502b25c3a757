// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/traffic/plan.h"

#include <boost/json/object.hpp>
#include <charconv>

namespace msggw::traffic {

namespace {

template <class Number>
bool take(const boost::json::value& value, Number& into) {
  boost::json::error_code wrong;
  const auto number = value.to_number<Number>(wrong);
  if (wrong || number < Number{0}) return false;
  into = number;
  return true;
}

}  // namespace

base::Result<Plan> read_plan(const boost::json::value& value) {
  if (!value.is_object()) return base::fail(base::Errc::malformed, "a plan is an object");
  Plan plan;
  for (const auto& [name, member] : value.get_object()) {
    const bool good = name == "count"         ? take(member, plan.count)
                      : name == "first"       ? take(member, plan.first)
                      : name == "devices"     ? take(member, plan.devices)
                      : name == "window"      ? take(member, plan.window)
                      : name == "rate"        ? take(member, plan.rate)
                      : name == "reportEvery" ? take(member, plan.report_every)
                      : name == "highEvery"   ? take(member, plan.high_every)
                      : name == "octets"      ? take(member, plan.octets)
                                              : false;
    if (!good) return base::fail(base::Errc::malformed, std::string(name) + " of a plan is wrong");
  }
  return plan;
}

void write_id(const Stamp& stamp, std::string& out) {
  char text[32];
  char* at = std::to_chars(text, text + sizeof text, stamp.number).ptr;
  *at++ = '-';
  at = std::to_chars(at, text + sizeof text, stamp.at.count()).ptr;
  out.assign(text, at);
}

std::optional<Stamp> read_id(std::string_view id) {
  Stamp stamp;
  const char* const end = id.data() + id.size();
  const auto [dash, wrong] = std::from_chars(id.data(), end, stamp.number);
  if (wrong != std::errc{} || dash == end || *dash != '-') return std::nullopt;
  Instant::rep at = 0;
  const auto [stop, also_wrong] = std::from_chars(dash + 1, end, at);
  if (also_wrong != std::errc{} || stop == dash + 1) return std::nullopt;
  stamp.at = Instant(at);
  return stamp;
}

void write_content(std::string_view id, std::size_t octets, std::string& out) {
  out = id;
  if (out.size() < octets) out.resize(octets, 'x');
}

Instant clock_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::string_view text_in(std::string_view json, std::string_view key) {
  for (std::size_t at = json.find(key); at != json.npos; at = json.find(key, at + 1)) {
    const std::size_t begin = at + key.size() + 3;  // "key":"
    if (at == 0 || json[at - 1] != '"' || json.substr(at + key.size(), 3) != "\":\"") continue;
    return json.substr(begin, json.find('"', begin) - begin);
  }
  return {};
}

}  // namespace msggw::traffic
