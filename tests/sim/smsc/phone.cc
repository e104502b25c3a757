// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/phone.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "gateway/base/handle.h"
#include "gateway/base/json.h"
#include "gateway/base/path_segment.h"
#include "tests/sim/fleet/options.h"

namespace msggw::smsc {
namespace {

using Clock = std::chrono::steady_clock;

/// The control interface does not answer; it may later.
struct NoAnswer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

extern "C" std::size_t append_body(char* octets, std::size_t size, std::size_t count,
                                   void* body) noexcept {
  constexpr std::size_t kMostOctets = 16 * 1024 * 1024;
  auto& text = *static_cast<std::string*>(body);
  if (text.size() + size * count > kMostOctets) return 0;
  text.append(octets, size * count);
  return size * count;
}

/// Calls of the control interface, one connection each: a phone makes a handful.
class ControlClient {
 public:
  explicit ControlClient(std::string_view url) {
    constexpr std::string_view kScheme = "http://";
    if (!url.starts_with(kScheme)) throw std::runtime_error("--control is not http://HOST:PORT");
    url.remove_prefix(kScheme.size());
    const auto [host, port] = fleet::split_host_port(url.substr(0, url.find('/')), 2780);
    const bool v6 = host.find(':') != host.npos;
    root_ = fmt::format("{}{}:{}/smsc/v1", kScheme, v6 ? "[" + host + "]" : host, port);
  }

  /// The answer's status and JSON body; with a `body` it is a POST. Throws NoAnswer.
  std::pair<long, boost::json::value> call(const std::string& target, const std::string& body,
                                           std::chrono::seconds within) {
    const base::Handle<CURL, curl_easy_cleanup> easy(curl_easy_init());
    const std::string url = root_ + target;
    std::string answer;
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT, static_cast<long>(within.count()));
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, append_body);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &answer);
    if (!body.empty()) {
      curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
      curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    }
    if (const CURLcode code = curl_easy_perform(easy.get()); code != CURLE_OK)
      throw NoAnswer(curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    auto json = base::parse_json(answer, {16 * 1024 * 1024, 16, 1'000'000});
    return {status, json ? std::move(*json) : boost::json::value{}};
  }

 private:
  std::string root_;
};

class Phone {
 public:
  explicit Phone(const PhoneCommand& command)
      : command_(command), client_(command.control), start_(Clock::now()) {}

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
