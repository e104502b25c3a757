// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "gateway/cli/report.h"

namespace msggw::cli {
namespace {

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
  away.retry_after = base::Duration{6'001};
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

}  // namespace
}  // namespace msggw::cli
