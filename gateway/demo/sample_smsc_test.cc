// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_smsc.h"

#include <doctest/doctest.h>

#include "gateway/demo/test_findings.h"

namespace msggw::demo {
namespace {

TEST_CASE("the gateway of the demo is set to its SMSC by a configuration that has no mistake") {
  cli::Ports ports;
  ports.smpp = 4'711;
  config::Config config;
  config.sms = sample_sms_options(ports);
  CHECK(config.sms.enabled);
  REQUIRE(config.sms.all.size() == 1);
  CHECK(config.sms.all.front().addresses.at(0).port == 4'711);
  CHECK(config.sms.all.front().system_id == config.sms.smsc.system_id);
  CHECK(test::findings(config, "sms") == "");
}

TEST_CASE("testers find the SMSC at its control port") {
  cli::Ports ports;
  ports.smsc_control = 4'712;
  CHECK(sample_smsc_url(ports) == "http://127.0.0.1:4712/smsc/v1");
}

}  // namespace
}  // namespace msggw::demo
