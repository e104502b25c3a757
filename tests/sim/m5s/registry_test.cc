// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/registry.h"

#include <doctest/doctest.h>

namespace msggw::m5s {

namespace {

Registration device(const std::string& id, std::int64_t seconds = 60) {
  Registration out;
  out.service_id = id;
  out.target = *base::parse_uri("http://127.0.0.1:1/gw");
  out.lifetime = std::chrono::seconds(seconds);
  return out;
}

}  // namespace

TEST_CASE("a device is there for its lifetime, and known for ever") {
  Registry registry;
  const Instant now(1'000'000);
  const Address address{"UE", "d"};
  CHECK(registry.route(address, now).kind == Route::Kind::unknown);
  CHECK(registry.put(device("d"), now) == Registry::Put::created);
  CHECK(registry.put(device("d"), now) == Registry::Put::renewed);
  CHECK(registry.route(address, now + Span(59'999)).kind == Route::Kind::gateway);
  CHECK(registry.route(address, now + Span(60'000)).kind == Route::Kind::away);
  CHECK(registry.find("d", now + Span(60'000)) == nullptr);
  CHECK_FALSE(registry.remove("d", now + Span(60'000)));
  CHECK(registry.put(device("d"), now + Span(60'000)) == Registry::Put::created);
  CHECK(registry.remove("d", now));
  CHECK_FALSE(registry.remove("d", now));
  CHECK(registry.route(address, now).kind == Route::Kind::away);
  CHECK_FALSE(registry.remove("nobody", now));
  registry.forget();
  CHECK(registry.route(address, now).kind == Route::Kind::unknown);
}

TEST_CASE("Application Servers, with and without a target") {
  Registry registry;
  const Instant now(0);
  registry.add_own("own");
  CHECK(registry.route({"AS", "own"}, now).kind == Route::Kind::inbox);
  CHECK(registry.route({"UE", "own"}, now).kind == Route::Kind::unknown);
  ApplicationServer server;
  server.service_id = "as";
  server.target = *base::parse_uri("http://127.0.0.1:1");
  const auto first = registry.add(server);
  REQUIRE(first);
  CHECK(registry.route({"AS", "as"}, now).kind == Route::Kind::server);
  const auto second = registry.add(server);
  CHECK(first != second);
  CHECK_FALSE(registry.remove_server(*first));
  CHECK_FALSE(registry.remove_server(""));  // the own one
  CHECK(registry.remove_server(*second) == "as");
  CHECK(registry.route({"AS", "as"}, now).kind == Route::Kind::unknown);
  registry.add(server);
  registry.forget();
  CHECK(registry.server("as") == nullptr);
  CHECK(registry.server("own") != nullptr);
  CHECK(registry.route({"TOPIC", "t"}, now).kind == Route::Kind::not_handled);
}

TEST_CASE("devices are listed by pages") {
  Registry registry;
  for (const char* id : {"c", "a", "b"}) registry.put(device(id), Instant(0));
  const auto page = registry.show_devices("a", 1, Instant(0));
  REQUIRE(page.size() == 1);
  CHECK(page[0].at("ueSvcId") == "b");
  CHECK(page[0].at("targetUri") == "http://127.0.0.1:1/gw");
  CHECK(page[0].at("registered") == true);
}

TEST_CASE("groups") {
  Registry registry;
  CHECK(registry.set_group("g", {"a", "b"}));
  REQUIRE(registry.group("g") != nullptr);
  CHECK(registry.group("g")->size() == 2);
  CHECK_FALSE(registry.set_group("g", std::vector<std::string>(Registry::kMostMembers + 1, "x")));
  CHECK(registry.group("g")->size() == 2);
  CHECK(registry.set_group("g", {}));
  CHECK(registry.group("g") == nullptr);
}

}  // namespace msggw::m5s
