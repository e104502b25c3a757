// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/phone.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "gateway/base/json.h"
#include "gateway/base/path_segment.h"
#include "tests/sim/smsc/control_client.h"

namespace msggw::smsc {
namespace {

using Clock = std::chrono::steady_clock;

class Phone {
 public:
  explicit Phone(const PhoneCommand& command)
      : command_(command), client_(command.control, 2780, "/smsc/v1"), start_(Clock::now()) {}

  Exit run() {
    seen_ = received();
    send();
    while (seconds() < command_.wait) {
      if (const Exit exit = listen(); exit == Exit::ok) return exit;
      if (command_.retry > 0 && seconds() >= next_try_) send();
    }
    if (command_.once) print_once({}, fate());
    return Exit::not_all;
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  std::string phone() const { return "/phones/" + base::path_segment(command_.from); }

  boost::json::object call(const std::string& target, const std::string& body = {},
                           std::chrono::seconds within = std::chrono::seconds(10)) {
    for (;;) {
      try {
        auto [status, json] = client_.call(target, body, within);
        if (status >= 300 || !json.is_object()) {
          std::string text;
          base::append_json(text, json);
          throw std::runtime_error(fmt::format("{}: {} {}", command_.control, status, text));
        }
        return std::move(json.get_object());
      } catch (const NoAnswer& e) {
        if (command_.retry <= 0 || seconds() >= command_.wait)
          throw std::runtime_error(command_.control + ": " + e.what());
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    }
  }

  std::uint64_t received() {
    return call(phone() + "?after=18446744073709551615").at("received").to_number<std::uint64_t>();
  }

  void send() {
    std::string body;
    base::append_json(
        body,
        boost::json::object{{"from", command_.from}, {"to", command_.to}, {"text", command_.text}});
    message_ = call("/messages", body).at("id").to_number<std::uint64_t>();
    next_try_ = seconds() + command_.retry;
  }

  /// Waits for the next short messages and prints them; ok: the one that was waited for is there.
  Exit listen() {
    double most = command_.wait - seconds();
    if (command_.retry > 0) most = std::min(most, next_try_ - seconds());
    const auto wait = static_cast<int>(std::clamp(most, 1.0, 60.0));
    const auto answer = call(fmt::format("{}?after={}&wait={}", phone(), seen_, wait), {},
                             std::chrono::seconds(wait + 10));
    for (const auto& value : answer.at("messages").as_array()) {
      const auto& message = value.as_object();
      seen_ = message.at("n").to_number<std::uint64_t>();
      if (take(message)) return Exit::ok;
    }
    return Exit::not_all;
  }

  bool take(const boost::json::object& message) {
    const auto* const member = message.if_contains("text");
    const std::string text(member != nullptr ? std::string_view(member->as_string()) : "");
    if (command_.once) {
      const auto id = text_after(text, command_.service_id_after);
      if (!id.empty()) print_once(id, "provisioned");
      return !id.empty();
    }
    if (command_.json) {
      std::string line;
      base::append_json(line, message);
      std::puts(line.c_str());
    } else {
      std::printf("%s: %s\n", std::string(message.at("from").as_string()).c_str(), text.c_str());
    }
    std::fflush(stdout);
    return true;
  }

  /// Why there is no Service ID: the gateway has taken the message, or has not.
  std::string fate() {
    const auto shown = call(fmt::format("/messages/{}", message_));
    const std::string state(shown.at("state").as_string());
    return state == "accepted" ? "pending" : state;
  }

  void print_once(std::string_view service_id, std::string_view state) const {
    std::string line = "{\"privateId\":";
    base::append_json_string(line, command_.from);
    line += ",\"bearer\":\"sms\",\"serviceId\":";
    if (service_id.empty()) {
      line += "null";
    } else {
      base::append_json_string(line, service_id);
    }
    line += ",\"state\":";
    base::append_json_string(line, state);
    line += fmt::format(",\"ms\":{:.2f}}}", seconds() * 1000);
    std::puts(line.c_str());
    std::fflush(stdout);
  }

  const PhoneCommand& command_;
  ControlClient client_;
  Clock::time_point start_;
  std::uint64_t seen_ = 0;
  std::uint64_t message_ = 0;
  double next_try_ = 0;
};

}  // namespace

Exit run(const PhoneCommand& command) {
  return Phone(command).run();
}

std::string_view text_after(std::string_view text, std::string_view prefix) {
  const auto at = text.find(prefix);
  if (at == text.npos) return {};
  text.remove_prefix(at + prefix.size());
  return text.substr(0, text.find_first_of(" \t\r\n"));
}

}  // namespace msggw::smsc
