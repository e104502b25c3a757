// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/devices/options.h"

#include <CLI/CLI.hpp>
#include <map>

namespace msggw::devices {

namespace {

const std::map<std::string, Proof> kProofs{{"ack", Proof::acknowledgement},
                                           {"after", Proof::after},
                                           {"report", Proof::report},
                                           {"push", Proof::push},
                                           {"none", Proof::none}};

void declare_time(CLI::App& app, const char* name, std::chrono::milliseconds& value,
                  const char* help) {
  app.add_option_function<std::uint32_t>(
         name, [&value](std::uint32_t ms) { value = std::chrono::milliseconds(ms); }, help)
      ->type_name("MS=" + std::to_string(value.count()));
}

void declare_devices(CLI::App& app, Options& o) {
  app.add_option("--devices", o.devices, "how many")
      ->check(CLI::Range(1U, 1'000'000U))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--first", o.first, "index of the first")->capture_default_str();
  app.add_option("--id-template", o.id_template, "Private IDs, as of the fleet")
      ->capture_default_str();
  app.add_option("--peers", o.peers, "CoAP: source addresses, default min(devices, 1000)")
      ->type_name("N");
  app.add_option("--connections", o.connections, "MQTT: connections that carry the devices")
      ->check(CLI::Range(1, 1'000))
      ->type_name("N")
      ->capture_default_str();
}

void declare_messages(CLI::App& app, Options& o) {
  app.add_option("--proof", o.proof,
                 "how they show what they have: ack (CoAP: of notifications; MQTT: the broker's), "
                 "after (CoAP, by polling), report, push (CoAP: they answer what is pushed to "
                 "them), none (CoAP: they observe and are silent)")
      ->check(CLI::IsMember({"ack", "after", "report", "push", "none"}))
      ->capture_default_str();
  app.add_option("--refuse-every", o.refuse_every, "each so-manieth report says that it failed")
      ->type_name("N");
  app.add_option("--to", o.recipient, "the Application Server")
      ->type_name("SERVICE_ID")
      ->capture_default_str();
  app.add_option("--messages", o.plan.count, "to send, from the start on")->type_name("N");
  app.add_option("--window", o.plan.window, "of these under way")->capture_default_str();
  app.add_option("--rate", o.plan.rate, "of these a second; 0: any")->capture_default_str();
  app.add_option("--report-every", o.plan.report_every, "each so-manieth of a device wants one");
  app.add_option("--high-every", o.plan.high_every, "each so-manieth of a device is urgent");
  app.add_option("--octets", o.plan.octets, "of content")->capture_default_str();
  app.add_option("--ledger", o.ledger, "what they sent, heard and got, a JSON line each")
      ->type_name("FILE");
}

}  // namespace

Proof Options::how_proven() const {
  return kProofs.at(proof);
}

CLI::App* declare(CLI::App& parent, Options& o) {
  CLI::App& app =
      *parent.add_subcommand("devices", "devices that send and get messages, over CoAP or MQTT");
  auto* const coap = app.add_option("--coap", o.coap, "the gateway's CoAP listener");
  coap->type_name("HOST:PORT");
  auto* const mqtt = app.add_option("--mqtt", o.mqtt, "the broker")->type_name("HOST:PORT");
  coap->excludes(mqtt);
  declare_devices(app, o);
  declare_messages(app, o);
  fleet::declare(app, o.security);
  app.add_option(
         "--disturb", o.disturb,
         "devices a second to which something happens: they restart, come from another "
         "address, or sleep, in turns; MQTT: connections that are cut, and each third sleeps")
      ->check(CLI::Range(0.0, 1e5, "0 to 1e5"))
      ->type_name("N");
  app.add_flag("--keep-sessions", o.keep_sessions,
               "MQTT 3.1.1 with sessions that outlive their connections, so that a cut one loses "
               "nothing");
  declare_time(app, "--sleep-for", o.sleep_for, "of devices that are disturbed");
  declare_time(app, "--ask-again", o.ask_again, "without an answer, doubled each time");
  declare_time(app, "--poll-every", o.poll_every, "between polls of an empty inbox");
  declare_time(app, "--observe-every", o.observe_every,
               "CoAP: they observe again; MQTT: they say again that they are online; 0: once");
  app.callback([&o] {
    if (o.coap.empty() && o.mqtt.empty()) throw CLI::RequiredError("--coap or --mqtt");
    fleet::check(o.security, !o.coap.empty(), !o.mqtt.empty());
    const Proof proof = o.how_proven();
    if (o.coap.empty() && proof != Proof::acknowledgement && proof != Proof::report)
      throw CLI::ValidationError("--proof", "after, push and none are CoAP's");
  });
  app.footer(
      "It prints `ready` when all are registered. Then, a JSON object a line on standard input:\n"
      R"(  {"do":"send","plan":{"count":1000,"window":256,"rate":0,"reportEvery":2}})"
      "\n"
      R"(  {"do":"count"}   what has arrived, with its time on the way; {"do":"forget"} begins anew)");
  return &app;
}

}  // namespace msggw::devices
