// SPDX-License-Identifier: Apache-2.0
// The good path with a real peer: the coap-client that comes with libcoap.
#include <doctest/doctest.h>

#include "adapters/coap/adapter.h"
#include "adapters/coap/test_world.h"

namespace msggw::coap_adapter::test::client_test {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST_CASE("coap-client registers, reads, refreshes and leaves") {
  World world;
  const std::string base = "coap://127.0.0.1:" + std::to_string(world.port());
  const std::string core = run_client(world, "-m get " + base + "/.well-known/core");
  CHECK(contains(core, "</rd>"));
  CHECK(contains(core, "rt=\"core.rd\""));
  CHECK(contains(core, "ct=\"40 50 60\""));

  const std::string registered =
      run_client(world, "-v 7 -m post -t 50 -e '{\"vendor\":\"Acme\"}' '" + base +
                            "/rd?ep=00-1B-63-84-45-E6'");
  CAPTURE(registered);
  CHECK(contains(registered, "2.01"));
  CHECK(contains(registered, "\"serviceId\":\"sid-0\""));
  const auto device = world.gateway.tables().find_private_id("001b638445e6");
  REQUIRE(device.has_value());
  const std::string handle = world.gateway.registrations().handle(*device);
  CHECK(contains(registered, "Location-Path:" + handle));

  CHECK(contains(run_client(world, "-m get " + base + "/rd/" + handle), "serviceId"));
  CHECK(contains(run_client(world, "-m post '" + base + "/rd/" + handle + "?lt=900'"),
                 "\"lifetime\":900"));
  CHECK(contains(run_client(world, "-v 7 -m delete " + base + "/rd/" + handle), "2.02"));
  CHECK(contains(run_client(world, "-m get " + base + "/rd/" + handle), "4.04"));
}

TEST_CASE("coap-client gets a separate response") {
  Options options;
  options.piggyback_within = base::Duration{0};
  World world(options);
  const std::string uri = "'coap://127.0.0.1:" + std::to_string(world.port()) + "/rd?ep=slow'";
  CHECK(contains(run_client(world, "-m post " + uri), "sid-0"));
}

TEST_CASE("coap-client sends and gets bodies in blocks") {
  core::Limits limits;
  limits.max_info_octets = 3'000;
  World world({}, limits);
  world.service_info = "{\"text\":\"" + std::string(2500, 's') + "\"}";
  const std::string uri = "'coap://127.0.0.1:" + std::to_string(world.port()) + "/rd?ep=big'";
  const std::string body = "'{\"vendor\":\"" + std::string(2000, 'v') + "\"}'";
  const std::string output = run_client(world, "-b 256 -m post -t 50 -e " + body + " " + uri);
  CHECK(contains(output, std::string(2500, 's')));
  CHECK(world.gateway.tables().devices() == 1);
}

}  // namespace
}  // namespace msggw::coap_adapter::test::client_test
