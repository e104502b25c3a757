// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include "gateway/cli/report.h"
#include "gateway/cli/test_words.h"

namespace msggw::cli {
namespace {

using test::contains;

TEST_CASE("the status is printed for people") {
  std::ostringstream out;
  CHECK(print_status(
      out,
      R"({"version":"1.2.3","uptime":93784,"folder":"/d","store":"up",)"
      R"("degraded":[{"part":"broker","state":"down","since":"2023-11-14T22:13:20Z","why":"no\u001b[31m"},)"
      R"({"part":"certificate","name":"/a.pem","state":"limited","since":"2023-11-14T22:13:20Z","why":"3 days"}],)"
      R"("broker":"down","brokerReason":"not authorized","smscs":[{"name":"main","address":"h:2775",)"
      R"("bind":"transceiver","state":"waiting",)"
      R"("since":"2023-11-14T22:13:20Z","reason":"no\u001b[31m"},)"
      R"({"name":"b","address":"h:2","bind":"receiver","state":"bound",)"
      R"("since":"2023-11-14T22:13:20Z"}],"kept":{"texts":2,"longMessages":1},"provisioningFunctions":[{"url":"https://pf.example",)"
      R"("origin":"configured","state":"down","lastAnswer":"2023-11-14T22:13:20Z"},)"
      R"({"url":"https://pf2.example","origin":"too","state":"not_asked"}],"servers":[{"name":"m5s-1","serviceId":"m@x",)"
      R"("addresses":[{"url":"https://m5s","state":"down","reason":"HTTP 503"}],"underWay":2}],)"
      R"("devices":{"total":7,)"
      R"("recorded":3},"pending":3,"renewing":0,"listeners":[)"
      R"({"url":"coap://h:5683","purpose":"devices\u001b[31m"}]})"));
  const std::string text = out.str();
  CHECK(contains(text,
                 "\ndegraded\n"
                 "  broker                down     since 2023-11-14T22:13:20Z: no\\x1b[31m\n"
                 "  certificate           limited  since 2023-11-14T22:13:20Z, /a.pem: 3 days\n"));
  CHECK(contains(text, "1.2.3, up for 1d 2h 3min 4s"));
  CHECK(contains(text, "broker            down: not authorized\n"));
  CHECK(contains(text,
                 "\nSMSCs\n"
                 "  main            h:2775                      transceiver  waiting     since "
                 "2023-11-14T22:13:20Z: no\\x1b[31m\n"
                 "  b               h:2                         receiver     bound       since "
                 "2023-11-14T22:13:20Z\n"
                 "  kept            2 texts that wait for a Service ID or for room, "
                 "1 long messages that lack parts\n"));
  CHECK(contains(text, "https://pf.example"));
  CHECK(contains(text, "down  configured, answered last at 2023-11-14T22:13:20Z\n"));
  CHECK(contains(text, "not asked yet too\n"));
  CHECK(contains(text,
                 "\nMSGin5G Servers\n  m5s-1           m@x, 2 under way\n"
                 "  https://m5s                                 down  HTTP 503\n"));
  CHECK(contains(text, "total           7\n"));
  CHECK(contains(text, "pending         3\n"));
  CHECK(contains(text, R"(devices\x1b[31m)"));
  std::ostringstream none;
  for (const char* wrong : {"", "[]", "{}", R"({"devices":7})"})
    CHECK_FALSE(print_status(none, wrong));
}

TEST_CASE("that of a Provisioning Function too") {
  std::ostringstream out;
  CHECK(print_status(
      out,
      R"({"version":"1.2.3","uptime":4,"folder":"/d/pf","degraded":[{"part":"gateways","state":"limited",)"
      R"("since":"2023-11-14T22:13:20Z","why":"line 2"}],"store":"up","assignments":7,"maxAssignments":20,)"
      R"("unanswered":1,"maxUnanswered":9,"rules":3,"gateways":2,"listeners":[{"url":"http://h:7480","purpose":"x"}]})"));
  CHECK(out.str() ==
        "msggw             1.2.3, up for 4s\n"
        "folder            /d/pf\n"
        "store             up\n"
        "\ndegraded\n"
        "  gateways              limited  since 2023-11-14T22:13:20Z: line 2\n"
        "\n"
        "assignments       7, at most 20\n"
        "unanswered        1, at most 9\n"
        "rules             3\n"
        "gateways          2\n"
        "\nlisteners\n"
        "  http://h:7480                               x\n");
  std::ostringstream anybody;
  CHECK(print_status(anybody, R"({"assignments":7})"));
  CHECK(contains(anybody.str(), "gateways          not told apart\n"));
}

TEST_CASE("what is limited is well, what is down is not") {
  const auto with = [](const std::string& degraded) {
    return R"({"store":"up","degraded":[)" + degraded + "]}";
  };
  CHECK(is_well(with("")));
  CHECK(is_well(R"({"store":"up"})"));
  CHECK(is_well(with(R"({"part":"certificate","state":"limited"})")));
  CHECK_FALSE(is_well(with(R"({"state":"limited"},{"part":"broker","state":"down"})")));
  for (const char* not_well : {"", "[]", "{}", R"({"store":"down","degraded":[]})"})
    CHECK_FALSE(is_well(not_well));
}

}  // namespace
}  // namespace msggw::cli
