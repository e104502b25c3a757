// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "gateway/cli/report.h"

namespace msggw::cli {
namespace {

TEST_CASE("check says what would be opened and where the Provisioning Function is") {
  config::Config config;
  std::ostringstream derived;
  const std::vector<FunctionAddress> one{{"https://pf.derived", "derived from mcc 001, mnc 01"}};
  print_check(derived, config, "f.toml", one);
  CHECK(
      derived.str() ==
      "f.toml: good\n"
      "\n"
      "would listen on\n"
      "  coap://0.0.0.0:5683                 devices, CoAP\n"
      "  http://127.0.0.1:8080               operator\n"
      "\n"
      "would connect to\n"
      "  mqtt://127.0.0.1:1883               broker, topics msgin5g/...\n"
      "  https://pf.derived                  Provisioning Function, derived from mcc 001, mnc 01\n"
      "\n"
      "would keep its state in\n"
      "  /var/lib/msggw\n");

  config.coap.address = boost::asio::ip::address_v6::any();
  config.coap.port = 0;
  config.admin.enabled = false;
  config.mqtt.host = mqtt::parse_broker_host("/run/broker.sock").value();
  const std::vector<FunctionAddress> two{{"https://a", "configured, 1 of 2"},
                                         {"coaps://b", "configured, 2 of 2"}};
  std::ostringstream explicit_uris;
  print_check(explicit_uris, config, "f.toml", two);
  CHECK(explicit_uris.str() ==
        "f.toml: good\n"
        "\n"
        "would listen on\n"
        "  coap://[::]:(any free)              devices, CoAP\n"
        "\n"
        "would connect to\n"
        "  unix:/run/broker.sock               broker, topics msgin5g/...\n"
        "  https://a                           Provisioning Function, configured, 1 of 2\n"
        "  coaps://b                           Provisioning Function, configured, 2 of 2\n"
        "\n"
        "would keep its state in\n"
        "  /var/lib/msggw\n");
}

TEST_CASE("check warns of a gateway that no device can reach") {
  config::Config config;
  const auto warns = [&config] {
    std::ostringstream out;
    print_check(out, config, "f.toml", {});
    return out.str().find("warning: no device can reach this gateway") != std::string::npos;
  };
  config.coap.enabled = config.mqtt.enabled = config.sms.enabled = false;
  config.sms.all = {config.sms.smsc};
  CHECK(warns());
  for (bool* const one : {&config.coap.enabled, &config.mqtt.enabled, &config.sms.enabled}) {
    *one = true;
    CHECK_FALSE(warns());
    *one = false;
  }
  config.coap.enabled = true;
  config.coap.udp = false;
  CHECK(warns());
}

TEST_CASE("check names every listener of CoAP that would be there, and no other") {
  config::Config config;
  config.admin.enabled = false;
  const auto listeners = [&config] {
    std::ostringstream out;
    print_check(out, config, "f.toml", {});
    const std::string all = out.str();
    const auto from = all.find("listen on\n") + 10;
    return all.substr(from, all.find("\nwould connect") - from);
  };
  config.coap.tcp = config.coap.secure.udp = config.coap.secure.tcp = true;
  CHECK(listeners() ==
        "  coap://0.0.0.0:5683                 devices, CoAP\n"
        "  coaps://0.0.0.0:5684                devices, CoAP\n"
        "  coap+tcp://0.0.0.0:5683             devices, CoAP\n"
        "  coaps+tcp://0.0.0.0:5684            devices, CoAP\n");
  config.coap.udp = config.coap.tcp = config.coap.secure.tcp = false;
  CHECK(listeners() == "  coaps://0.0.0.0:5684                devices, CoAP\n");
  config.coap.secure.udp = false;
  CHECK(listeners() == "  nothing\n");
}

TEST_CASE("check says which SMSCs would be bound, and who is taken in") {
  config::Config config;
  config.sms.enabled = true;
  config.sms.smsc.password = "geheim";
  config.sms.all = {config.sms.smsc};
  sms::SmscOptions far = config.sms.smsc;
  far.name = "far";
  far.addresses = {base::parse_address("a.example:3550", 0).value(),
                   base::parse_address("[2001:db8::1]:2775", 0).value()};
  far.bind = sms::BindMode::transmitter_and_receiver;
  far.ca = "ca.pem";
  config.sms.all.push_back(far);
  const auto said = [&config] {
    std::ostringstream out;
    print_check(out, config, "f.toml", {});
    return out.str();
  };
  CHECK(said().find("  mqtt://127.0.0.1:1883               broker, topics msgin5g/...\n"
                    "  smpp://127.0.0.1:2775               SMSC smsc, transceiver, cleartext\n"
                    "  smpps://a.example:3550              SMSC far, transmitter+receiver, TLS\n"
                    "  smpps://[2001:db8::1]:2775          SMSC far, transmitter+receiver, TLS\n"
                    "\n"
                    "would take in by SMS\n"
                    "  every phone at its first SMS\n") != std::string::npos);
  CHECK(said().find("warning") == std::string::npos);
  config.sms.all[1].certificate = "c.pem";
  config.sms.first_contact = sms::FirstContact::pattern;
  config.sms.numbers = {"+1*", "+2*", "+3*", "+4*", "+5*", "+6*", "+7*"};
  CHECK(said().find("SMSC far, transmitter+receiver, mutual TLS\n") != std::string::npos);
  CHECK(said().find("whose number is like +1*, +2*, +3*, +4*, +5* and 2 more\n") !=
        std::string::npos);
  config.limits.first_contact = core::FirstContact::known;
  CHECK(said().find("nobody unknown, since first_contact of [limits] is \"known\"\n") !=
        std::string::npos);
  config.sms.all[1].ca.clear();
  config.sms.all[1].certificate.clear();
  CHECK(said().find("\nwarning: SMSC far is reached without TLS") != std::string::npos);
  config.sms.all[1].password = "geheimnis";
  config.sms.all[1].service_type = "123456";
  CHECK(said().find("\nwarning: SMSC far: password has 9 octets, SMPP 3.4 at most 8.") !=
        std::string::npos);
  CHECK(said().find("\nwarning: SMSC far: service_type has 6 octets, SMPP 3.4 at most 5.") !=
        std::string::npos);
  CHECK(said().find("geheim") == std::string::npos);
  config.sms.enabled = false;
  CHECK(said().find("SMS") == std::string::npos);
}

TEST_CASE("check says which MSGin5G Servers would be reached, and how they may call") {
  config::Config config;
  config.msgin5g.enabled = true;
  msgin5g::ServerOptions near;
  near.name = "near";
  near.uris = {base::parse_uri("http://127.0.0.1:7580").value()};
  msgin5g::ServerOptions far = near;
  far.name = "far";
  far.uris = {base::parse_uri("https://m5s.example").value()};
  config.msgin5g.servers = {near, far};
  const auto said = [&config] {
    std::ostringstream out;
    print_check(out, config, "f.toml", {});
    return out.str();
  };
  CHECK(said().find("  http://127.0.0.1:8081               MSGin5G Servers, cleartext\n") !=
        std::string::npos);
  CHECK(said().find("  http://127.0.0.1:7580               MSGin5G Server near, cleartext\n"
                    "  https://m5s.example                 MSGin5G Server far, TLS\n") !=
        std::string::npos);
  CHECK(said().find("warning") == std::string::npos);
  config.msgin5g.servers[1].uris.push_back(base::parse_uri("http://m5s.example").value());
  CHECK(said().find("\nwarning: the MSGin5G Server far is reached without TLS") !=
        std::string::npos);
  config.msgin5g.address = boost::asio::ip::address_v4::any();
  config.msgin5g.token = "geheim";
  CHECK(said().find("MSGin5G Servers, by a token, cleartext\n") != std::string::npos);
  CHECK(said().find("\nwarning: MSGin5G Servers call without TLS") != std::string::npos);
  CHECK(said().find("geheim") == std::string::npos);
  config.msgin5g.tls = {"c", "k", "ca"};
  CHECK(said().find("  https://0.0.0.0:8081                MSGin5G Servers, mutual TLS\n") !=
        std::string::npos);
  CHECK(said().find("call without TLS") == std::string::npos);
}

TEST_CASE("check --pf says which ports the Provisioning Function would open") {
  config::Config config;
  std::ostringstream local;
  print_check_function(local, config, "f.toml");
  CHECK(local.str() ==
        "f.toml: good\n"
        "\n"
        "would listen on\n"
        "  http://127.0.0.1:7480               Provisioning Function, cleartext\n"
        "  coap://127.0.0.1:7483               Provisioning Function, cleartext\n"
        "  coap+tcp://127.0.0.1:7483           Provisioning Function, cleartext\n"
        "  http://127.0.0.1:7481               operator: metrics, readiness\n"
        "\n"
        "may be asked by\n"
        "  everybody (no gateways_file)\n"
        "\n"
        "would keep its state in\n"
        "  /var/lib/msggw/pf\n");

  config.pf.address = boost::asio::ip::address_v4::any();
  config.pf.tls.certificate = "c.pem";
  config.pf.tls.client_ca = "ca.pem";
  config.pf.volatile_store = true;
  config.pf.gateways_file = "g.toml";
  std::ostringstream open;
  print_check_function(open, config, "f.toml");
  CHECK(open.str() ==
        "f.toml: good\n"
        "\n"
        "would listen on\n"
        "  https://0.0.0.0:7443                Provisioning Function, mutual TLS\n"
        "  coaps://0.0.0.0:7484                Provisioning Function, mutual TLS or PSK\n"
        "  coaps+tcp://0.0.0.0:7484            Provisioning Function, mutual TLS or PSK\n"
        "  http://127.0.0.1:7481               operator: metrics, readiness\n"
        "\n"
        "may be asked by\n"
        "  the gateways of g.toml only\n"
        "\n"
        "would keep its state in\n"
        "  memory only\n");

  CHECK(open.str().find("tester") == std::string::npos);
  config.pf.test.enabled = true;
  config.pf.test.port = 7999;
  std::ostringstream tested;
  print_check_function(tested, config, "f.toml");
  CHECK(tested.str().find("  http://127.0.0.1:7999               tester: journal and faults\n") !=
        std::string::npos);

  config.pf.allow_unknown_gateways = true;
  std::ostringstream anybody;
  print_check_function(anybody, config, "f.toml");
  CHECK(anybody.str().find("\n  the gateways of g.toml, and everybody else "
                           "(allow_unknown_gateways)\n") != std::string::npos);
}

}  // namespace
}  // namespace msggw::cli
