// SPDX-License-Identifier: Apache-2.0
// Devices through the API: one, pages of them, many to remove.
#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "gateway/admin/test_site.h"

namespace msggw::admin {
namespace {

using test::contains;
using test::Site;

TEST_CASE("one device: added, shown, suspended, resumed, asked again, removed") {
  const Site site;
  const std::string id = "00:1b:63:84:45:e6";
  const std::string path = "/api/v1/devices/00-1B-63-84-45-E6";
  const auto added = site.post("application/json",
                               R"({"privateId":")" + id + R"(","ueType":"legacy","info":{"a":1}})");
  CHECK(added.status == 201);
  CHECK(added.member("privateId") == "001b638445e6");
  CHECK(added.member("ueType") == "LEGACY_3GPP");
  CHECK(contains(added.body, R"("info":{"a":1})"));
  const auto same =
      site.post("application/json", R"({"privateId":"001B.6384.45E6","info":{"a":1}})");
  CHECK(same.status == 200);
  CHECK_FALSE(contains(same.body, "kept"));
  const auto other = site.post("application/json",
                               R"({"privateId":"001B.6384.45E6","ueType":"ue","info":{"b":1}})");
  CHECK(other.status == 200);
  CHECK(contains(other.body, R"(,"kept":["ueType","info"]})"));
  CHECK(contains(other.body, R"("info":{"a":1})"));

  const auto shown = [&] { return site.call({}, path); };
  while (shown().member("state") != "provisioned") std::this_thread::yield();
  CHECK(shown().member("serviceId") == "svc-001b638445e6");
  const auto act = [&](const std::string& action) {
    return site.call({"-X", "POST"}, path + "/" + action);
  };
  CHECK(act("suspend").member("state") == "suspended");
  CHECK(shown().member("state") == "suspended");
  const auto conflict = act("reprovision");
  CHECK(conflict.status == 409);
  CHECK(conflict.header("content-type") == "application/problem+json");
  CHECK(conflict.member("detail") == "it is suspended; resume it first");
  CHECK(act("resume").member("state") == "provisioned");
  CHECK(act("reprovision").status == 200);
  const auto removed = site.call({"-X", "DELETE"}, path);
  CHECK(removed.status == 202);
  CHECK(removed.member("state") == "removing");
  while (shown().status != 404) std::this_thread::yield();
  CHECK(act("suspend").status == 404);
  CHECK(site.call({"-X", "DELETE"}, path).status == 404);
}

TEST_CASE("a device that the Provisioning Function does not release is forgotten on demand") {
  Site site;
  for (const char* id : {"a", "b", "c"})
    REQUIRE(site.post("application/json", R"({"privateId":")" + std::string(id) + "\"}").status ==
            201);
  site.until([](core::Gateway& gateway) {
    return gateway.tables().devices_in(core::DeviceState::provisioned) == 3;
  });
  site.answers = false;
  const auto shown = [&](const std::string& id) { return site.call({}, "/api/v1/devices/" + id); };
  CHECK(site.call({"-X", "DELETE"}, "/api/v1/devices/a").status == 202);
  CHECK(site.call({"-X", "DELETE"}, "/api/v1/devices/b").status == 202);
  site.inside([](core::Gateway& gateway) {
    const auto no = gateway.journey().next_ask()->device;
    gateway.journey().refused(no, "NOT_AUTHORIZED", "not yours", base::Clock().now());
    return 0;
  });
  CHECK(contains(shown("a").body, R"("refusal":{"cause":"NOT_AUTHORIZED","detail":"not yours",)"));
  CHECK(shown("b").member("state") == "removing");

  const auto forgotten = site.call({"-X", "POST"}, "/api/v1/devices/a/forget");
  CHECK(forgotten.status == 202);
  CHECK(forgotten.member("state") == "removing");
  while (shown("a").status != 404) std::this_thread::yield();
  const auto many = [&](const std::string& body) {
    return site.post("application/json", body, "/api/v1/removals").body;
  };
  CHECK(contains(many(R"({"matching":"?","preview":true})"), R"({"selected":1,)"));
  const auto asked =
      site.inside([](core::Gateway& gateway) { return gateway.journey().next_ask()->device; });
  CHECK(contains(many(R"({"matching":"?","forget":true})"), R"({"removing":2,"leaving":0,)"));
  while (shown("c").status != 404) std::this_thread::yield();
  const std::string look = R"({"matching":"?","forget":true,"preview":true})";
  CHECK(contains(many(look), R"({"selected":0,"leaving":1,)"));  // b, which is asked about
  site.inside([&](core::Gateway& gateway) {
    gateway.journey().failed(asked, {}, base::Clock().now());
    return 0;
  });
  while (shown("b").status != 404) std::this_thread::yield();
  CHECK(contains(many(look), R"({"selected":0,"leaving":0,)"));
  CHECK(contains(site.exposed(), "msggw_devices_forgotten_total 3"));
  CHECK(contains(site.exposed(), "msggw_devices_removed_total 0"));
}

TEST_CASE("one device with several Private IDs: joined, found by each, parted") {
  const Site site;
  const std::string by_mac = "/api/v1/devices/00-1B-63-84-45-E6";
  const std::string by_number = "/api/v1/devices/%2B1%20555%20123-4567";
  const auto add = [&](const std::string& body) { return site.post("application/json", body); };
  const auto added =
      add(R"({"privateId":"00:1b:63:84:45:e6","aliases":["+1 555 123 4567","meter-42"]})");
  CHECK(added.status == 201);
  CHECK(contains(added.body, R"("aliases":["+15551234567","meter-42"])"));
  CHECK(site.call({}, by_number).member("privateId") == "001b638445e6");
  const auto known = add(R"({"privateId":"meter-42","aliases":["third"]})");
  CHECK(known.status == 200);
  CHECK(contains(known.body, R"("aliases":["+15551234567","meter-42","third"])"));
  CHECK(site.call({"-X", "POST"}, "/api/v1/devices/third/suspend").member("state") == "suspended");
  CHECK(site.call({"-X", "POST"}, by_number + "/resume").status == 200);
  CHECK(contains(site.exposed(), "msggw_device_aliases 3"));

  const auto conflict = add(R"({"privateId":"other","aliases":["fourth","third"]})");
  CHECK(conflict.status == 409);
  CHECK(conflict.member("cause") == "refused");
  CHECK(contains(conflict.member("detail"), "third is an alias of the device 001b638445e6"));
  CHECK(site.call({}, "/api/v1/devices/other").status == 404);
  CHECK(site.call({}, "/api/v1/devices/fourth").status == 404);
  CHECK(add(R"({"privateId":"other","aliases":["a\nb"]})").status == 400);
  CHECK(add(R"({"privateId":"other","aliases":"a"})").status == 400);
  CHECK(site.call({}, "/api/v1/devices/other").status == 404);

  const auto part = [&](const std::string& path) { return site.call({"-X", "DELETE"}, path); };
  CHECK(part(by_mac + "/aliases/nobody").status == 404);
  CHECK(part(by_mac + "/aliases/nobody").member("cause") == "unknown_alias");
  CHECK(part("/api/v1/devices/nobody/aliases/third").member("cause") == "unknown_device");
  CHECK(part(by_mac + "/aliases/001b638445e6").status == 409);
  CHECK(site.call({}, by_mac + "/aliases/third").header("allow") == "DELETE");
  const auto parted = part(by_number + "/aliases/%2B15551234567");
  CHECK(parted.status == 200);
  CHECK(contains(parted.body, R"("aliases":["meter-42","third"])"));
  CHECK(site.call({}, by_number).status == 404);
  CHECK(add(R"({"privateId":"other","aliases":["+15551234567"]})").status == 201);
  CHECK(part(by_mac).status == 202);
  while (site.call({}, "/api/v1/devices/third").status != 404) std::this_thread::yield();
  CHECK(contains(site.exposed(), "msggw_device_aliases 1"));
}

TEST_CASE("pages") {
  Site site;
  std::string list = "private_id\n";
  for (int i = 0; i < 25; ++i) list += "m" + std::to_string(i) + "\n";
  REQUIRE(site.post("text/csv", list).status == 200);
  CHECK(site.call({"-X", "DELETE"}, "/api/v1/devices/m3").status == 202);
  CHECK(site.call({"-X", "POST"}, "/api/v1/devices/m20/suspend").status == 200);
  site.until([](core::Gateway& gateway) { return gateway.tables().devices() == 24; });
  const auto first = site.call({}, "/api/v1/devices?limit=10");
  CHECK(contains(first.body, R"("privateId":"m2")"));
  CHECK_FALSE(contains(first.body, R"("privateId":"m3")"));
  CHECK(contains(first.body, R"("privateId":"m10")"));
  CHECK(contains(first.body, R"("next":10)"));
  const auto last = site.call({}, "/api/v1/devices?limit=20&after=10");
  CHECK_FALSE(contains(last.body, R"("privateId":"m10")"));
  CHECK(contains(last.body, R"("privateId":"m24")"));
  CHECK_FALSE(contains(last.body, R"("next":)"));
  const auto suspended = site.call({}, "/api/v1/devices?state=suspended");
  CHECK(contains(suspended.body, R"({"devices":[{"privateId":"m20",)"));
  CHECK_FALSE(contains(suspended.body, "m21"));
  CHECK(contains(site.call({}, "/api/v1/devices?after=4000000000").body, R"({"devices":[]})"));
}

TEST_CASE("devices by whether they are there, over which bearer, and when each was heard of") {
  Site site;
  site.inside([](core::Gateway& gateway) {
    const auto now = base::Clock().now();
    for (const char* id : {"here", "gone"}) {
      core::RegisterRequest request;
      request.bearer = core::Bearer::mqtt;
      request.private_id = id;
      request.forever = true;
      gateway.registrations().register_device(request, now);
    }
    const auto gone = *gateway.tables().find_private_id("gone");
    gateway.registrations().gone(gone, core::Bearer::mqtt);
    return 0;
  });
  REQUIRE(site.post("application/json", R"({"privateId":"added"})").status == 201);
  const auto listed = [&](const std::string& query) {
    return site.call({}, "/api/v1/devices?" + query).body;
  };
  const std::string here = listed("presence=reachable");
  CHECK(contains(here, R"("privateId":"here")"));
  CHECK(contains(here, R"("presence":[{"bearer":"mqtt","state":"reachable","lastSeen":"20)"));
  CHECK_FALSE(contains(here, R"("privateId":"gone")"));
  const std::string gone = listed("presence=offline&bearer=mqtt");
  CHECK(contains(gone, R"("privateId":"gone")"));
  CHECK_FALSE(contains(gone, R"("privateId":"here")"));
  CHECK_FALSE(contains(listed("bearer=mqtt"), R"("privateId":"added")"));
  CHECK(contains(listed("bearer=mqtt"), R"("privateId":"gone")"));
  CHECK(contains(listed("bearer=coap"), R"("devices":[])"));
  CHECK(site.call({}, "/api/v1/devices?presence=none").status == 400);
  CHECK(site.call({}, "/api/v1/devices?bearer=fax").status == 400);
  const auto why = site.call({}, "/api/v1/devices/gone/why");
  CHECK(contains(why.body, R"("presence":[{"bearer":"mqtt","state":"offline")"));
}

TEST_CASE("many are removed, a slice of the table at a time, after a look") {
  core::Limits limits;
  limits.max_unsaved_devices = 100'000;
  Site site(limits);
  for (int list = 0; list < 12; ++list) {
    std::string rows = "private_id\n";
    for (int i = 0; i < 1'000; ++i)
      rows += (i % 4 == 0 ? "test-" : "meter-") + std::to_string(list * 1'000 + i) + "\n";
    REQUIRE(site.post("text/csv", rows).status == 200);
  }
  const auto ask = [&](const std::string& more) {
    const auto answer = site.call({"-X", "POST", "-H", "content-type: application/json", "-d",
                                   R"({"matching":"test-*")" + more + "}"},
                                  "/api/v1/removals");
    REQUIRE(answer.status == 200);
    return answer.body;
  };
  const std::string look = ask(R"(,"preview":true)");
  CHECK(contains(look, R"({"selected":2500,"privateIds":["test-0","test-4",)"));
  CHECK(contains(look, R"("all":12000,"next":10000})"));
  CHECK(contains(ask(R"(,"preview":true,"first":10000)"), R"({"selected":500,)"));
  CHECK(contains(ask(R"(,"before":2)"), R"({"removing":1,"privateIds":["test-0"],"all":12000})"));
  CHECK(contains(ask(""), R"({"removing":1000,)"));  // and no more at once
  CHECK(contains(ask(""), R"("next":8001})"));
  CHECK(site.call({"-X", "POST", "-d", "{}"}, "/api/v1/removals").status == 400);
  CHECK(site.post("application/json", R"({"idleSince":"2099-01-01"})", "/api/v1/removals").status ==
        400);
  CHECK(site.call({}, "/api/v1/removals").status == 405);
}

TEST_CASE("a slice ends with fewer devices if many messages end with them") {
  constexpr std::size_t kOfEach = 900;
  Site site;
  std::string rows = "private_id\n";
  for (int i = 0; i < 13; ++i) rows += "m" + std::to_string(i) + "\n";
  REQUIRE(site.post("text/csv", rows).status == 200);
  site.until([](core::Gateway& gateway) {
    return gateway.tables().devices_in(core::DeviceState::provisioned) == 13;
  });
  site.inside([&](core::Gateway& gateway) {
    for (std::uint32_t no = 0; no < 12; ++no) {
      messages::Message message;
      message.to.address = gateway.tables().device(core::DeviceNo{no}).service_id;
      for (std::size_t i = 0; i < kOfEach; ++i) {
        message.message_id = std::to_string(i);
        site.server_side().deliver(messages::Role::n3g, message, core::Ticket{1},
                                   base::Clock().now());
      }
    }
    return 0;
  });
  const auto ask = [&](const std::string& body) {
    return site.post("application/json", body, "/api/v1/removals").body;
  };
  CHECK(contains(ask(R"({"matching":"m*","preview":true})"), R"({"selected":13,)"));
  static_assert(12 * kOfEach > Removals::kMostHeld && 11 * kOfEach < Removals::kMostHeld);
  CHECK(contains(ask(R"({"matching":"m*"})"), R"({"removing":12,)"));
  CHECK(contains(ask(R"({"matching":"m*","first":12})"), R"({"removing":1,)"));
}

}  // namespace
}  // namespace msggw::admin
