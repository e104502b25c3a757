// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_server.h"

#include <doctest/doctest.h>

#include "gateway/demo/test_findings.h"

namespace msggw::demo {
namespace {

TEST_CASE("the gateway of the demo is set to its server by a configuration that has no mistake") {
  cli::Ports ports;
  ports.server = 4'711;
  config::Config config;
  config.msgin5g = sample_server_options(ports);
  CHECK(config.msgin5g.enabled);
  REQUIRE(config.msgin5g.servers.size() == 1);
  CHECK(config.msgin5g.servers.front().uris.at(0).port == 4'711);
  CHECK(sample_server_url(ports) == "http://127.0.0.1:4711");
  CHECK(test::findings(config, "msgin5g") == "");
}

}  // namespace
}  // namespace msggw::demo
