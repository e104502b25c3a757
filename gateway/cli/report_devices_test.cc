// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gateway/cli/report.h"

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

EachDevice each_of(std::vector<DeviceView> views) {
  return [views = std::move(views)](const auto& visit) {
    for (const DeviceView& view : views) visit(view);
  };
}

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
  print_table(out, each_of(views), kNowPoint);
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
  print_table(none, each_of({}), kNowPoint);
  CHECK(none.str() == "no devices\n");
}

TEST_CASE("devices that are there only when the table is printed are printed too") {
  const Sample sample;
  const auto views = sample.views();
  std::size_t first = 0;
  const EachDevice growing = [&](const auto& visit) {
    for (std::size_t i = 0; i <= first; ++i) visit(views[i]);
    first = 1;
  };
  std::ostringstream out;
  print_table(out, growing, kNowPoint);
  CHECK(out.str().find("\n001b638445e6   mac48   registered  n3g-abc@a.example  coap,mqtt") !=
        std::string::npos);
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
  print_table(rows, each_of({under_way, refused}), kNowPoint);
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

}  // namespace
}  // namespace msggw::cli
