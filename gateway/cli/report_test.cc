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
  print_table(out, sample.views(), kNowPoint);
  CHECK(out.str() ==
        "PRIVATE ID      KIND    STATE       SERVICE ID         REACHED BY  REGISTERED UNTIL\n"
        "+491701234567   msisdn  recorded    -                  -           -\n"
        "001b638445e6    mac48   registered  n3g-abc@a.example  coap,mqtt   forever\n"
        "w\xC3\xB6rt \\x22x\\x22  opaque  refused     -                  -           -\n");

  std::ostringstream none;
  print_table(none, {}, kNowPoint);
  CHECK(none.str() == "no devices\n");
}

TEST_CASE("details name only what there is") {
  const Sample sample;
  const auto views = sample.views();
  std::ostringstream fresh, known, refused;
  print_details(fresh, views[0], kNowPoint);
  CHECK(fresh.str() ==
        "private id        +491701234567\n"
        "kind              msisdn\n"
        "endpoint type     NON_3GPP\n"
        "state             recorded\n"
        "service id        none yet\n"
        "first seen        2023-11-14T22:11:40Z\n");
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
        "registered        coap until 2023-11-15T23:13:20Z\n"
        "registered        mqtt until forever\n");
  print_details(refused, views[2], kNowPoint);
  CHECK(refused.str().find("refused           2023-11-14T22:12:30Z POLICY_DENIED\n") !=
        std::string::npos);
  CHECK(refused.str().find("reason given      not \\x1b[31mtoday\n") != std::string::npos);
}

TEST_CASE("JSON is one object a line") {
  const Sample sample;
  const auto views = sample.views();
  std::ostringstream known, refused;
  print_json(known, views[1], kNowPoint);
  CHECK(
      known.str() ==
      R"({"privateId":"001b638445e6","kind":"mac48","ueType":"NON_3GPP","state":"registered",)"
      R"("firstSeen":"2023-11-14T22:11:40Z","serviceId":"n3g-abc@a.example",)"
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

TEST_CASE("the answer to a provisioning request") {
  const std::vector<std::string> servers{"m5s-1@a.example"};
  const Provisioned answer{"ue-1@a.example", servers, R"({"segmentSize":2048})"};
  std::ostringstream text, json;
  print_provisioned(text, answer, false);
  CHECK(text.str() ==
        "service id        ue-1@a.example\n"
        "servers           m5s-1@a.example\n"
        "service info      {\"segmentSize\":2048}\n");
  print_provisioned(json, answer, true);
  CHECK(json.str() == R"({"serviceId":"ue-1@a.example","serverServiceIds":["m5s-1@a.example"],)"
                      R"("serviceInfo":{"segmentSize":2048}})"
                      "\n");
}

TEST_CASE("check says what would be opened and where the Provisioning Function is") {
  config::Config config;
  std::ostringstream derived;
  print_check(derived, config, "f.toml", "https://pf.derived");
  CHECK(derived.str() ==
        "f.toml: good\n"
        "\n"
        "would listen on\n"
        "  coap://0.0.0.0:5683                 devices, CoAP\n"
        "  http://127.0.0.1:8080               operator\n"
        "\n"
        "would connect to\n"
        "  mqtt://127.0.0.1:1883               broker, topics msgin5g/...\n"
        "  https://pf.derived                  Provisioning Function, derived from mcc and mnc\n"
        "\n"
        "would keep its state in\n"
        "  /var/lib/msggw\n");

  config.coap.address = "::";
  config.coap.port = 0;
  config.admin.enabled = false;
  config.mqtt.host = "/run/broker.sock";
  config.provisioning.uris = {"https://a", "https://b"};
  std::ostringstream explicit_uris;
  print_check(explicit_uris, config, "f.toml", "");
  CHECK(explicit_uris.str() ==
        "f.toml: good\n"
        "\n"
        "would listen on\n"
        "  coap://[::]:(any free)              devices, CoAP\n"
        "\n"
        "would connect to\n"
        "  unix:/run/broker.sock               broker, topics msgin5g/...\n"
        "  https://a                           Provisioning Function, explicit uris\n"
        "  https://b                           Provisioning Function, if those above fail\n"
        "\n"
        "would keep its state in\n"
        "  /var/lib/msggw\n");
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
        "  http://127.0.0.1:7481               operator: metrics, readiness\n"
        "\n"
        "would keep its state in\n"
        "  /var/lib/msggw/pf\n");

  config.pf.address = "0.0.0.0";
  config.pf.tls.certificate = "c.pem";
  config.pf.tls.client_ca = "ca.pem";
  config.pf.volatile_store = true;
  std::ostringstream open;
  print_check_function(open, config, "f.toml");
  CHECK(open.str() ==
        "f.toml: good\n"
        "\n"
        "would listen on\n"
        "  https://0.0.0.0:7443                Provisioning Function, mutual TLS\n"
        "  http://127.0.0.1:7481               operator: metrics, readiness\n"
        "\n"
        "would keep its state in\n"
        "  memory only\n");
}

}  // namespace
}  // namespace msggw::cli
