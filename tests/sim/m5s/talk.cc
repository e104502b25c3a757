// SPDX-License-Identifier: Apache-2.0
// `msggw-sim m5s send` and `inbox`: what a tester says to a double that runs.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "gateway/base/json.h"
#include "gateway/base/path_segment.h"
#include "tests/sim/m5s/command.h"
#include "tests/sim/smsc/control_client.h"

namespace msggw::m5s {

namespace {

using Clock = std::chrono::steady_clock;

std::string to_text(const boost::json::value& value) {
  std::string text;
  base::append_json(text, value);
  return text;
}

void print(const boost::json::value& value) {
  std::puts(to_text(value).c_str());
  std::fflush(stdout);
}

class Talk {
 public:
  explicit Talk(const Command& command)
      : command_(command),
        client_(command.control, 7'581, "/m5s/v1"),
        until_(Clock::now() + std::chrono::seconds(command.wait)) {}

  /// Throws std::runtime_error if the double says no, or nothing.
  boost::json::object call(const std::string& target, const std::string& body = {}) const {
    const auto within = std::chrono::seconds(left() + 10);
    try {
      auto [status, json] = client_.call(target, body, within);
      if (status < 300 && json.is_object()) return std::move(json.get_object());
      throw std::runtime_error(fmt::format("{}: {} {}", command_.control, status, to_text(json)));
    } catch (const smsc::NoAnswer& e) {
      throw std::runtime_error(command_.control + ": " + e.what());
    }
  }

  /// Whole seconds that may still be waited.
  std::int64_t left() const {
    const auto left = std::chrono::ceil<std::chrono::seconds>(until_ - Clock::now()).count();
    return left > 0 ? left : 0;
  }

 private:
  const Command& command_;
  smsc::ControlClient client_;
  Clock::time_point until_;
};

std::string body_of(const Command& command) {
  boost::json::object body{{"to", command.to},
                           {"toType", command.to_group ? "GROUP" : "UE"},
                           {"text", command.text},
                           {"base64", command.base64},
                           {"report", command.report}};
  if (!command.from.empty()) body["from"] = command.from;
  if (!command.app.empty()) body["appId"] = command.app;
  return to_text(body);
}

bool is_good(const boost::json::object& message, bool wants_report) {
  if (message.at("state") != "delivered") return false;
  if (!wants_report) return true;
  const auto* const report = message.if_contains("report");
  return report != nullptr && report->at("delivSt") == kSuccess;
}

/// Segments but the first ask for no report.
bool asks_for_report(const boost::json::object& message) {
  const auto* const asks = message.at("message").as_object().if_contains("delivStReqInd");
  return asks != nullptr && asks->is_bool() && asks->get_bool();
}

}  // namespace

Exit send(const Command& command) {
  const Talk talk(command);
  const auto sent = talk.call("/send", body_of(command));
  const auto& numbers = sent.at("messages").as_array();
  if (numbers.empty()) {
    print(sent);
    return Exit::not_all;
  }
  bool all_good = true;
  for (const auto& number : numbers) {
    const std::string target = fmt::format("/messages/{}", number.to_number<std::uint64_t>());
    auto shown = talk.call(fmt::format("{}?wait={}", target, talk.left()));
    const bool wants_report = command.report && asks_for_report(shown);
    if (wants_report) shown = talk.call(fmt::format("{}?for=report&wait={}", target, talk.left()));
    print(shown);
    all_good = all_good && is_good(shown, wants_report);
  }
  return all_good ? Exit::ok : Exit::not_all;
}

Exit show_inbox(const Command& command) {
  const Talk talk(command);
  std::string target = fmt::format("/inbox?after={}&wait={}", command.after, talk.left());
  if (!command.from.empty()) target += "&as=" + base::path_segment(command.from);
  const auto shown = talk.call(target);
  const auto& entries = shown.at("entries").as_array();
  for (const auto& entry : entries) print(entry);
  return entries.empty() ? Exit::not_all : Exit::ok;
}

}  // namespace msggw::m5s
