// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/exchange/command.h"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <stdexcept>
#include <string_view>

#include "tests/sim/exchange/device.h"
#include "tests/sim/fleet/options.h"
#include "tests/sim/smsc/control_client.h"

namespace msggw::exchange {

namespace {

using boost::json::object;

constexpr const char* kOwnServer = "as-1@msgin5g.example";
constexpr const char* kDelivered = "REPT_DELY_SUCCESS";

/// The Application Server, by what the double offers it.
class Server {
 public:
  explicit Server(const Command& command)
      : api_(command.server, 7'580, "/msgs-msgdelivery/v1"),
        control_(command.control, 7'581, "/m5s/v1") {}

  /// The message of that device.
  object got_from(const std::string& service_id) {
    std::uint64_t after = 0;
    for (;;) {
      const object page = call(control_, "/inbox?wait=" + std::to_string(kPatience.count()) +
                                             "&after=" + std::to_string(after));
      const auto& entries = page.at("entries").as_array();
      if (entries.empty()) throw std::runtime_error("nothing came for the Application Server");
      for (const auto& entry : entries) {
        after = entry.at("n").to_number<std::uint64_t>();
        const auto* const message = entry.as_object().if_contains("message");
        if (message != nullptr && message->at("oriAddr").at("addr").as_string() == service_id)
          return message->as_object();
      }
    }
  }
  void report(const std::string& service_id, const object& message) {
    call(api_, "/deliver-report",
         {{"oriAddr", {{"addrType", "AS"}, {"addr", kOwnServer}}},
          {"destAddr", {{"addrType", "UE"}, {"addr", service_id}}},
          {"msgId", message.at("msgId")},
          {"delivSt", kDelivered}});
  }
  /// Its number.
  std::uint64_t send(const std::string& service_id, const std::string& text) {
    const object sent =
        call(control_, "/send", {{"to", service_id}, {"text", text}, {"report", true}});
    return sent.at("messages").as_array().at(0).to_number<std::uint64_t>();
  }
  std::string reported(std::uint64_t number) {
    const object shown =
        call(control_, "/messages/" + std::to_string(number) +
                           "?for=report&wait=" + std::to_string(kPatience.count()));
    const auto* const report = shown.if_contains("report");
    if (report == nullptr || !report->is_object())
      throw std::runtime_error("no report came for the Application Server");
    return std::string(report->at("delivSt").as_string());
  }

 private:
  static object call(const smsc::ControlClient& client, const std::string& target,
                     const object& body = {}) {
    auto [status, json] =
        client.call(target, body.empty() ? std::string() : boost::json::serialize(body),
                    kPatience + std::chrono::seconds(5));
    if (status >= 300 || !json.is_object())
      throw std::runtime_error("the server says " + std::to_string(status) + " to " + target);
    return std::move(json.as_object());
  }

  smsc::ControlClient api_;
  smsc::ControlClient control_;
};

void print(const object& row) {
  std::puts(boost::json::serialize(row).c_str());
  std::fflush(stdout);
}

std::unique_ptr<Device> device_of(const Command& command) {
  if (!command.coap.empty()) {
    const auto at = fleet::split_host_port(command.coap, 5'683);
    return make_coap_device(at.host, at.port, command.private_id);
  }
  const auto at = fleet::split_host_port(command.mqtt, 1'883);
  return make_mqtt_device(at.host, at.port, command.private_id);
}

}  // namespace

CLI::App* declare(CLI::App& parent, Command& command) {
  CLI::App& app = *parent.add_subcommand(
      "exchange", "a device and an Application Server send each other a message and a report");
  auto* const coap = app.add_option("--coap", command.coap, "the gateway's CoAP listener");
  coap->type_name("HOST:PORT");
  auto* const mqtt = app.add_option("--mqtt", command.mqtt, "the broker")->type_name("HOST:PORT");
  coap->excludes(mqtt);
  app.add_option("--server", command.server, "the double: msggw-sim m5s")
      ->type_name("URL")
      ->capture_default_str();
  app.add_option("--control", command.control, "its tester's interface")
      ->type_name("[http://]HOST:PORT")
      ->capture_default_str();
  app.add_option("PRIVATE_ID", command.private_id, "of the device")->required();
  app.callback([&command] {
    if (command.coap.empty() && command.mqtt.empty()) throw CLI::RequiredError("--coap or --mqtt");
  });
  return &app;
}

void run(const Command& command) {
  const auto device = device_of(command);
  Server server(command);
  const std::string service_id = device->register_it();
  const object row{{"bearer", command.coap.empty() ? "mqtt" : "coap"},
                   {"privateId", command.private_id}};
  const auto told = [&](const char* direction, const auto& payload, const auto& report) {
    object line = row;
    line["direction"] = direction;
    line["payload"] = payload;
    line["report"] = report;
    print(line);
  };

  device->send({{"destAddr", {{"addrType", "AS"}, {"addr", kOwnServer}}},
                {"delivStReqInd", true},
                {"payload", "21.5"}});
  const object up = server.got_from(service_id);
  server.report(service_id, up);
  const object of_up = device->receive();
  told("up", up.at("payload"), of_up.at("delivSt"));

  const std::uint64_t number = server.send(service_id, "READ");
  const object down = device->receive();
  device->report({{"msgId", down.at("msgId")}, {"delivSt", kDelivered}});
  told("down", down.at("payload"), server.reported(number));
}

}  // namespace msggw::exchange
