#include "tests/sim/smsc/phone.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "gateway/base/json.h"
#include "gateway/base/path_segment.h"
#include "tests/sim/fleet/options.h"

namespace msggw::smsc {
namespace {

namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;

/// Calls of the control interface, one connection each: a phone makes a handful.
class ControlClient {
 public:
  explicit ControlClient(std::string_view url) {
    constexpr std::string_view kScheme = "http://";
    if (!url.starts_with(kScheme)) throw std::runtime_error("--control is not http://HOST:PORT");
    url.remove_prefix(kScheme.size());
    url = url.substr(0, url.find('/'));
    const auto [host, port] = fleet::split_host_port(url, 2780);
    boost::system::error_code error;
    boost::asio::ip::tcp::resolver resolver(io_);
    endpoints_ = resolver.resolve(host, std::to_string(port), error);
    if (error) throw std::runtime_error(host + ": " + error.message());
    host_ = std::string(url);
  }

  /// The answer's status and JSON body. Throws boost::system::system_error if there is none.
  std::pair<unsigned, boost::json::value> call(http::verb method, const std::string& target,
                                               const std::string& body,
                                               std::chrono::seconds within) {
    boost::beast::tcp_stream stream(io_);
    stream.connect(endpoints_);
    http::request<http::string_body> request(method, "/smsc/v1" + target, 11, body);
    request.set(http::field::host, host_);
    request.keep_alive(false);
    request.prepare_payload();
    http::response<http::string_body> response;
    boost::beast::flat_buffer buffer;
    boost::system::error_code result;
    stream.expires_after(within);
    // By asynchronous calls, since a time-out is for these only.
    http::async_write(stream, request, [&](const boost::system::error_code& error, std::size_t) {
      result = error;
      if (error) return;
      http::async_read(stream, buffer, response,
                       [&](const boost::system::error_code& e, std::size_t) { result = e; });
    });
    io_.restart();
    io_.run();
    if (result) throw boost::system::system_error(result);
    auto json = base::parse_json(response.body(), {16 * 1024 * 1024, 16, 1'000'000});
    return {response.result_int(), json ? std::move(*json) : boost::json::value{}};
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::resolver::results_type endpoints_;
  std::string host_;
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

  boost::json::object call(http::verb method, const std::string& target, const std::string& body,
                           std::chrono::seconds within = std::chrono::seconds(10)) {
    for (;;) {
      try {
        auto [status, json] = client_.call(method, target, body, within);
        if (status >= 300 || !json.is_object()) {
          std::string text;
          base::append_json(text, json);
          throw std::runtime_error(fmt::format("{}: {} {}", command_.control, status, text));
        }
        return std::move(json.get_object());
      } catch (const boost::system::system_error& e) {
        if (command_.retry <= 0 || seconds() >= command_.wait) {
          throw std::runtime_error(command_.control + ": " + e.code().message());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    }
  }

  std::uint64_t received() {
    return call(http::verb::get, phone() + "?after=18446744073709551615", {})
        .at("received")
        .to_number<std::uint64_t>();
  }

  void send() {
    std::string body;
    base::append_json(
        body,
        boost::json::object{{"from", command_.from}, {"to", command_.to}, {"text", command_.text}});
    message_ = call(http::verb::post, "/messages", body).at("id").to_number<std::uint64_t>();
    next_try_ = seconds() + command_.retry;
  }

  /// Waits for the next short messages and prints them; ok: the one that was waited for is there.
  Exit listen() {
    double most = command_.wait - seconds();
    if (command_.retry > 0) most = std::min(most, next_try_ - seconds());
    const auto wait = static_cast<int>(std::clamp(most, 1.0, 60.0));
    const auto answer =
        call(http::verb::get, fmt::format("{}?after={}&wait={}", phone(), seen_, wait), {},
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
    const auto shown = call(http::verb::get, fmt::format("/messages/{}", message_), {});
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

CLI::App* declare(CLI::App& parent, PhoneCommand& command) {
  CLI::App& app = *parent.add_subcommand(
      "phone", "a phone behind `msggw-sim smsc`: sends a short message, prints what comes back");
  app.add_option("--control", command.control, "the tester's interface of the SMSC")
      ->type_name("URL")
      ->capture_default_str();
  app.add_option("--from", command.from, "the phone's number")->required()->type_name("NUMBER");
  app.add_option("--to", command.to, "the number of the service")->required()->type_name("NUMBER");
  app.add_option("text", command.text, "what it says")->capture_default_str();
  app.add_option("--wait", command.wait, "how long to wait for an answer")
      ->check(CLI::Range(0.0, 1e6, "0 to 1e6"))
      ->type_name("SECONDS")
      ->capture_default_str();
  app.add_option("--retry", command.retry,
                 "send again after so long without an answer, and wait for an SMSC that is not "
                 "there yet; 0: neither")
      ->check(CLI::Range(0.0, 1e6, "0 to 1e6"))
      ->type_name("SECONDS")
      ->capture_default_str();
  app.add_flag("--json", command.json, "print the short messages as JSON");
  app.add_flag("--once", command.once,
               "wait for the Service ID and print one JSON line, as `fleet --once` does");
  app.add_option("--service-id-after", command.service_id_after,
                 "what stands before the Service ID in the answer")
      ->type_name("TEXT")
      ->capture_default_str();
  app.footer("Exit codes: 0 answered; 1 no answer in time; 2 wrong usage, or no SMSC.");
  return &app;
}

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
