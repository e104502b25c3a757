// SPDX-License-Identifier: Apache-2.0
// What operators change, and who is turned away, is told in events.
#include <doctest/doctest.h>

#include <future>
#include <string>

#include "gateway/admin/test_site.h"
#include "tests/support/events.h"

namespace msggw::admin {
namespace {

using msggw::test::Events;
using test::contains;
using test::Site;

constexpr const char* kJson = "application/json";

TEST_CASE("each change is an event that says whence it came") {
  const Events events;
  const Site site;
  const auto told = [&](const std::string& line) { return contains(events.text(), line + "\n"); };
  REQUIRE(site.post(kJson, R"({"privateId":"a"})").status == 201);
  CHECK(told("device_added private_id=a operator=127.0.0.1 known=false aliases=0"));
  REQUIRE(site.post(kJson, R"({"privateId":"a"})").status == 200);  // nothing has changed
  CHECK(events.count("device_added") == 1);
  REQUIRE(site.post(kJson, R"({"privateId":"a","aliases":["b"]})").status == 200);
  CHECK(told("device_added private_id=a operator=127.0.0.1 known=true aliases=1"));
  REQUIRE(site.post(kJson, R"({"privateId":"a","aliases":["b"]})").status == 200);
  CHECK(events.count("device_added") == 2);
  for (const auto& [step, event] :
       {std::pair{"suspend", "device_suspended"}, std::pair{"resume", "device_resumed"},
        std::pair{"reprovision", "device_asked_again"}}) {
    REQUIRE(site.call({"-X", "POST"}, std::string("/api/v1/devices/b/") + step).status == 200);
    CHECK(told(std::string(event) + " private_id=a operator=127.0.0.1 forced=false"));
  }
  REQUIRE(site.call({"-X", "POST"}, "/api/v1/devices/a/resume").status == 200);
  CHECK(events.count("device_resumed") == 1);
  REQUIRE(site.call({"-X", "DELETE"}, "/api/v1/devices/a/aliases/b").status == 200);
  CHECK(told("alias_removed private_id=a operator=127.0.0.1"));
  REQUIRE(site.post(kJson, R"({"kind":"certificate"})", "/api/v1/devices/a/credentials").status ==
          201);
  CHECK(told("credential_added private_id=a credential=1 kind=certificate operator=127.0.0.1"));
  REQUIRE(site.call({"-X", "DELETE"}, "/api/v1/devices/a/credentials/1?last=true").status == 200);
  CHECK(told("credential_removed private_id=a credential=1 kind=certificate operator=127.0.0.1"));
  REQUIRE(site.post("text/csv", "private_id,kind\na,certificate\nz,psk\n", "/api/v1/credentials")
              .status == 200);
  CHECK(told("credentials_imported added=1 known=0 failed=1 operator=127.0.0.1"));
  REQUIRE(site.call({"-X", "DELETE"}, "/api/v1/devices/a").status == 202);
  CHECK(told("device_removed private_id=a operator=127.0.0.1 forced=false"));
}

TEST_CASE("what was so already is no event") {
  const Events events;
  Site site;
  REQUIRE(site.post(kJson, R"({"privateId":"a"})").status == 201);
  site.until([](core::Gateway& gateway) {
    return gateway.tables().device(core::DeviceNo{0}).has_service_id();
  });
  for (int i = 0; i < 2; ++i)
    REQUIRE(site.call({"-X", "POST"}, "/api/v1/devices/a/suspend").status == 200);
  CHECK(events.count("device_suspended") == 1);
  site.answers = false;  // it is not released meanwhile
  for (int i = 0; i < 2; ++i)
    REQUIRE(site.call({"-X", "DELETE"}, "/api/v1/devices/a").status == 202);
  CHECK(events.count("device_removed") == 1);
}

TEST_CASE("what becomes durable of a long list is told before the rest is read") {
  const Events events;
  core::Limits limits;
  limits.max_unsaved_devices = 10;
  Site site(limits);
  site.commits = false;
  std::string list = "private_id\n";
  for (int i = 0; i < 15; ++i) list += "m" + std::to_string(i) + "\n";
  auto answer = std::async(std::launch::async, [&] { return site.post("text/csv", list); });
  site.until([](core::Gateway& gateway) { return gateway.operations().is_crowded(); });
  CHECK(contains(events.text(), "devices_imported added=10 known=0 failed=0"));
  site.commits = true;
  CHECK(contains(answer.get().body, R"({"added":15,)"));
  CHECK(contains(events.text(), "devices_imported added=5 known=0 failed=0"));
}

TEST_CASE("of many at once there is one event, and of a look none") {
  const Events events;
  const Site site;
  const auto told = [&](const std::string& line) { return contains(events.text(), line + "\n"); };
  REQUIRE(site.post("text/csv", "private_id\nt-1\nt-2\n").status == 200);
  CHECK(told("devices_imported added=2 known=0 failed=0 operator=127.0.0.1"));
  const auto remove = [&](const std::string& more) {
    return site.post(kJson, R"({"matching":"t-*")" + more + "}", "/api/v1/removals").status;
  };
  REQUIRE(remove(R"(,"preview":true)") == 200);
  CHECK(events.count("devices_removed") == 0);
  REQUIRE(remove("") == 200);
  CHECK(told("devices_removed devices=2 operator=127.0.0.1 forced=false"));
  REQUIRE(remove("") == 200);
  CHECK(events.count("devices_removed") == 1);  // there was nothing left
  for (const char* path : {"/api/v1/devices", "/api/v1/status", "/api/v1/devices/t-1/why"})
    site.call({}, path);
  REQUIRE(site.call({"-X", "POST"}, "/api/v1/devices/nobody/suspend").status == 404);
  CHECK(events.count("operator=") == 2);
}

TEST_CASE("what the operator forgets by force says so") {
  const Events events;
  const Site site;
  REQUIRE(site.post(kJson, R"({"privateId":"a"})").status == 201);
  REQUIRE(site.call({"-X", "POST"}, "/api/v1/devices/a/forget").status == 202);
  CHECK(contains(events.text(), "device_removed private_id=a operator=127.0.0.1 forced=true\n"));
  CHECK(events.count("device_forgotten") == 1);
}

TEST_CASE("who is turned away is told, of many within a second some") {
  const Events events;
  const Site site;
  site.call({}, "/api/v1/status", "");
  site.call({"-H", "host: evil.example"}, "/api/v1/status");
  CHECK(
      contains(events.text(), "operator_refused reason=no_token operator=127.0.0.1 suppressed=0"));
  CHECK(contains(events.text(), "operator_refused reason=cross_site operator=127.0.0.1"));
  std::vector<std::string> many{"-H", "authorization: Bearer wrong"};
  for (int i = 0; i < 200; ++i) many.push_back(site.url("/api/v1/status"));
  site.call(many, "/api/v1/status", "");
  CHECK(contains(events.text(), "operator_refused reason=wrong_token operator=127.0.0.1"));
  CHECK(events.count("operator_refused") < 60);
  CHECK(contains(site.exposed(), "msggw_operator_refused_total{reason=\"wrong_token\"} 201"));
  // Neither another source nor another reason is hidden by them.
  site.call({"--interface", "127.0.0.2"}, "/api/v1/status", "wrong");
  CHECK(contains(events.text(), "operator_refused reason=wrong_token operator=127.0.0.2"));
  site.call({}, "/api/v1/status", "");
  CHECK(events.count("reason=no_token") == 2);
  CHECK_FALSE(contains(events.text(), "Bearer"));
}

}  // namespace
}  // namespace msggw::admin
