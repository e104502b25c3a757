// SPDX-License-Identifier: Apache-2.0
#include "gateway/cli/report.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

namespace msggw::cli {
namespace {

constexpr std::uint32_t kNow = 1'700'000'000;  // 2023-11-14T22:13:20Z
const base::TimePoint kNowPoint{std::chrono::seconds{kNow}};

core::Device device(std::string private_id, core::DeviceState state) {
  core::Device made;
  made.private_id = std::move(private_id);
  made.state = state;
  made.first_seen_s = kNow - 100;
  return made;
}

struct Sample {
  core::Device fresh = device("+491701234567", core::DeviceState::recorded);
  core::Device known = device("001b638445e6", core::DeviceState::registered);
  core::Device refused = device("w\xC3\xB6rt \"x\"", core::DeviceState::refused);
  core::ServiceProfile profile{{"m5s-1@a.example", "m5s-2@a.example"}, R"({"segmentSize":2048})"};
  core::Refusal refusal{"POLICY_DENIED", "not \x1b[31mtoday", kNow - 50};

  Sample() {
    fresh.kind = core::PrivateIdKind::msisdn;
    known.kind = core::PrivateIdKind::mac48;
    known.service_id = "n3g-abc@a.example";
    known.heard_s = kNow;
    known.binding(core::Bearer::coap) = {kNow + 90'000, 90'000};
    known.binding(core::Bearer::mqtt) = {core::Binding::kForever, 0};
    known.binding(core::Bearer::sms) = {kNow, 60};  // has just run out
  }

  std::vector<DeviceView> views() const {
    return {{&fresh, nullptr, nullptr}, {&known, &profile, nullptr}, {&refused, nullptr, &refusal}};
  }
};

TEST_CASE("times are UTC in ISO 8601") {
  CHECK(print_time(0) == "1970-01-01T00:00:00Z");
  CHECK(print_time(kNow) == "2023-11-14T22:13:20Z");
  CHECK(print_time(951'782'400) == "2000-02-29T00:00:00Z");
  CHECK(print_time(4'294'967'295) == "2106-02-07T06:28:15Z");
}

TEST_CASE("the table is aligned, also for letters of two octets, and cannot change the terminal") {
  const Sample sample;
  std::ostringstream out;
  auto views = sample.views();
  views[0].source = "broker";
  print_table(out, views, kNowPoint);
  CHECK(out.str() ==
        "PRIVATE ID      KIND    STATE       SERVICE ID         REACHED BY  REGISTERED UNTIL  "
        "LAST ASKED  SOURCE\n"
        "+491701234567   msisdn  recorded    -                  -           -                 "
        "2023-11-14  broker\n"
        "001b638445e6    mac48   registered  n3g-abc@a.example  coap,mqtt   forever           "
        "2023-11-14  -\n"
        "w\xC3\xB6rt \\x22x\\x22  opaque  refused     -                  -           -             "
        "    "
        "2023-11-14  -\n");

  std::ostringstream none;
  print_table(none, {}, kNowPoint);
  CHECK(none.str() == "no devices\n");
}

TEST_CASE("aliases are shown behind the Private ID, and cannot change the terminal") {
  const Sample sample;
  const std::vector<std::string> aliases{"+15551234567", "a\x1b[31m"};
  DeviceView view{&sample.fresh, nullptr, nullptr};
  view.aliases = aliases;
  std::ostringstream details, json;
  print_details(details, view, kNowPoint);
  CHECK(
      details.str().starts_with("private id        +491701234567\n"
                                "aliases           +15551234567, a\\x1b[31m\n"));
  print_json(json, view, kNowPoint);
  CHECK(json.str().find(R"("aliases":["+15551234567","a\u001b[31m"])") != std::string::npos);
}

TEST_CASE("details name only what there is") {
  const Sample sample;
  auto views = sample.views();
  views[1].source = "#0badcafe";
  std::ostringstream fresh, known, refused;
  print_details(fresh, views[0], kNowPoint);
  CHECK(fresh.str() ==
        "private id        +491701234567\n"
        "kind              msisdn\n"
        "endpoint type     NON_3GPP\n"
        "state             recorded\n"
        "service id        none yet\n"
        "first seen        2023-11-14T22:11:40Z\n"
        "last asked        2023-11-14T22:11:40Z, to a day\n");
  print_details(known, views[1], kNowPoint);
  CHECK(known.str() ==
        "private id        001b638445e6\n"
        "kind              mac48\n"
        "endpoint type     NON_3GPP\n"
        "state             registered\n"
        "service id        n3g-abc@a.example\n"
        "servers           m5s-1@a.example, m5s-2@a.example\n"
        "service info      {\"segmentSize\":2048}\n"
        "first seen        2023-11-14T22:11:40Z\n"
        "last asked        2023-11-14T22:13:20Z, to a day\n"
        "source            #0badcafe\n"
        "registered        coap until 2023-11-15T23:13:20Z\n"
        "registered        mqtt until forever\n");
  print_details(refused, views[2], kNowPoint);
  CHECK(refused.str().find("refused           2023-11-14T22:12:30Z POLICY_DENIED\n") !=
        std::string::npos);
  CHECK(refused.str().find("reason given      not \\x1b[31mtoday\n") != std::string::npos);
}

TEST_CASE("a removal whose release is refused is told from one under way") {
  Sample sample;
  sample.known.state = core::DeviceState::removing;
  const DeviceView under_way{&sample.known, &sample.profile, nullptr};
  const DeviceView refused{&sample.known, &sample.profile, &sample.refusal};
  std::ostringstream rows, details;
  print_table(rows, std::vector{under_way, refused}, kNowPoint);
  CHECK(rows.str().find("  removing           n3g-abc") != std::string::npos);
  CHECK(rows.str().find("  removing, refused  n3g-abc") != std::string::npos);
  print_details(details, refused, kNowPoint);
  CHECK(details.str().find("release refused   2023-11-14T22:12:30Z POLICY_DENIED\n") !=
        std::string::npos);
}

TEST_CASE("JSON is one object a line") {
  const Sample sample;
  auto views = sample.views();
  views[1].source = "smsc:2";
  std::ostringstream known, refused;
  print_json(known, views[1], kNowPoint);
  CHECK(
      known.str() ==
      R"({"privateId":"001b638445e6","kind":"mac48","ueType":"NON_3GPP","state":"registered",)"
      R"("firstSeen":"2023-11-14T22:11:40Z","lastAsked":"2023-11-14T22:13:20Z",)"
      R"("source":"smsc:2","serviceId":"n3g-abc@a.example",)"
      R"("serverServiceIds":["m5s-1@a.example","m5s-2@a.example"],"serviceInfo":{"segmentSize":2048},)"
      R"("registrations":[{"bearer":"coap","until":"2023-11-15T23:13:20Z","lifetime":90000},)"
      R"({"bearer":"mqtt","until":"forever","lifetime":0}]})"
      "\n");
  print_json(refused, views[2], kNowPoint);
  CHECK(refused.str().find(R"("privateId":"w)") != std::string::npos);
  CHECK(
      refused.str().find(
          R"("registrations":[],"refusal":{"cause":"POLICY_DENIED","detail":"not \u001b[31mtoday",)"
          R"("at":"2023-11-14T22:12:30Z"}})") != std::string::npos);
}

TEST_CASE("a registration for ever has no lifetime in seconds") {
  core::Device forever = device("a", core::DeviceState::registered);
  forever.binding(core::Bearer::coap) = {core::Binding::kForever, core::Binding::kForever};
  const DeviceView view{&forever, nullptr, nullptr};
  std::ostringstream json, details;
  print_json(json, view, kNowPoint);
  CHECK(json.str().find(R"("registrations":[{"bearer":"coap","until":"forever"}])") !=
        std::string::npos);
  print_details(details, view, kNowPoint);
  CHECK(details.str().find("registered        coap until forever\n") != std::string::npos);
  CHECK((json.str() + details.str()).find("4294967295") == std::string::npos);
}

TEST_CASE("the answer to a provisioning request") {
  const std::vector<std::string> servers{"m5s-1@a.example", "m5s-2@a.example"};
  ProvisionReport report;
  report.outcome = "provisioned";
  report.private_id = "x\x1b";
  report.protocol = "coaps";
  report.status = "CoAP 2.01";
  report.elapsed = base::Duration{12};
  report.service_id = "ue-1@a.example";
  report.server_service_ids = servers;
  report.service_info = R"({"segmentSize":2048})";
  report.lifetime = std::chrono::seconds{3'600};
  std::ostringstream text, json, err;
  print_provision(text, err, report, false);
  CHECK(text.str() ==
        "private id        x\\x1b\n"
        "service id        ue-1@a.example\n"
        "servers           m5s-1@a.example, m5s-2@a.example\n"
        "service info      {\"segmentSize\":2048}\n"
        "lifetime          3600 s\n"
        "answered          CoAP 2.01 over coaps after 12 ms\n");
  print_provision(json, err, report, true);
  CHECK(json.str() ==
        R"({"outcome":"provisioned","privateId":"x\u001b","protocol":"coaps","status":"CoAP 2.01",)"
        R"("elapsedMs":12,"serviceId":"ue-1@a.example","serverServiceIds":["m5s-1@a.example",)"
        R"("m5s-2@a.example"],"serviceInfo":{"segmentSize":2048},"lifetime":3600})"
        "\n");
  CHECK(err.str().empty());
}

TEST_CASE("a provisioning request that came to nothing") {
  ProvisionReport refused;
  refused.outcome = "refused";
  refused.private_id = "x";
  refused.protocol = "https";
  refused.status = "HTTP 403";
  refused.cause = "POLICY_DENIED";
  refused.detail = "not \x1b today";
  ProvisionReport away;
  away.outcome = "unavailable";
  away.private_id = "x";
  away.protocol = "coap";
  away.detail = "CoAP 5.03";
  away.retry_after = base::Duration{7'000};
  std::ostringstream out, first, second;
  print_provision(out, first, refused, false);
  print_provision(out, second, away, false);
  CHECK(first.str() == "msggw provision: refused: POLICY_DENIED: not \\x1b today\n");
  CHECK(second.str() == "msggw provision: unavailable: CoAP 5.03, retry after 7 s\n");
  CHECK(out.str().empty());
  std::ostringstream err;
  print_provision(out, err, refused, true);
  CHECK(out.str() ==
        R"({"outcome":"refused","privateId":"x","protocol":"https","status":"HTTP 403",)"
        R"("elapsedMs":0,"cause":"POLICY_DENIED","detail":"not \u001b today"})"
        "\n");
  std::ostringstream later;
  print_provision(later, err, away, true);
  CHECK(later.str() ==
        R"({"outcome":"unavailable","privateId":"x","protocol":"coap","elapsedMs":0,)"
        R"("detail":"CoAP 5.03","retryAfter":7})"
        "\n");
  CHECK(err.str().empty());
}

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
