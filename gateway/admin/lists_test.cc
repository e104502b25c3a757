// SPDX-License-Identifier: Apache-2.0
// Lists of devices through the API: CSV and JSON lines.
#include <doctest/doctest.h>

#include <future>
#include <string>
#include <vector>

#include "gateway/admin/test_site.h"

namespace msggw::admin {
namespace {

using function::CurlAnswer;
using test::contains;
using test::Site;

TEST_CASE("lists: a result for each row, the good ones taken in") {
  Site site;
  const auto csv = site.post("text/csv; charset=utf-8",
                             "\xEF\xBB\xBFprivate_id,type,info.vendor\r\n"
                             "00:1b:63:84:45:e6,legacy,\"Acme, Inc.\"\r\n"
                             "\r\n"
                             "meter,toaster,\r\n"
                             "001B638445E6,,\r\n");
  REQUIRE(csv.status == 200);
  CHECK(contains(csv.body, R"({"added":1,"known":1,"failed":1,"rows":[)"
                           R"({"status":"added","privateId":"001b638445e6"},{"status":"failed",)"));
  CHECK(contains(csv.body, "type 'toaster' is unknown"));
  const auto jsonl =
      site.post("application/x-ndjson", "\xEF\xBB\xBF{\"privateId\":\"a\"}\n{\"privateId\":7}\n[]");
  CHECK(contains(jsonl.body, R"({"added":1,"known":0,"failed":2,)"));
  CHECK(site.inside([](core::Gateway& gateway) { return gateway.tables().devices(); }) == 2);
  CHECK(site.post("text/csv", "private_id\n").member("rows").empty());
  const auto other =
      site.post("text/csv", "private_id,type,info.vendor\n001b638445e6,ue,Other\na,non3gpp,\n");
  CHECK(contains(other.body,
                 R"({"status":"known","privateId":"001b638445e6","kept":["ueType","info"]},)"
                 R"({"status":"known","privateId":"a"})"));
}

TEST_CASE("lists join aliases, and a row whose alias is taken leaves no trace") {
  Site site;
  const auto csv = site.post("text/csv",
                             "private_id,aliases\nmac,+15551234567;m1\nm1,m2\nother,x;mac\n"
                             "third,y;m2\nfourth,\n");
  REQUIRE(csv.status == 200);
  CHECK(contains(csv.body,
                 R"({"added":2,"known":1,"failed":2,"rows":[{"status":"added","privateId":"mac"},)"
                 R"({"status":"known","privateId":"mac"},{"status":"failed","cause":"refused",)"));
  CHECK(contains(csv.body, "mac is a device of its own, state recorded"));
  CHECK(contains(csv.body, "m2 is an alias of the device mac"));
  CHECK(site.inside([](core::Gateway& gateway) { return gateway.tables().devices(); }) == 2);
  CHECK(contains(site.call({}, "/api/v1/devices").body, R"("aliases":["+15551234567","m1","m2"])"));
}

TEST_CASE("a list above max_unsaved_devices is taken in with several commits") {
  core::Limits limits;
  limits.max_unsaved_devices = 100;
  Site site(limits);
  std::string list = "private_id\n";
  for (int i = 0; i < 1'000; ++i) list += "m" + std::to_string(i) + "\n";
  CHECK(contains(site.post("text/csv", list).body, R"({"added":1000,"known":0,"failed":0,)"));
}

TEST_CASE("several lists at once are read one after the other, every row once") {
  Site site;
  std::vector<std::future<CurlAnswer>> answers;
  for (int list = 0; list < 6; ++list) {
    answers.push_back(std::async(std::launch::async, [&site, list] {
      std::string rows = "private_id\n";
      for (int i = 0; i < 700; ++i)
        rows += "m" + std::to_string(list) + "-" + std::to_string(i) + "\n";
      return site.post("text/csv", rows);
    }));
  }
  for (auto& answer : answers)
    CHECK(contains(answer.get().body, R"({"added":700,"known":0,"failed":0,)"));
  CHECK(site.inside([](core::Gateway& gateway) { return gateway.tables().devices(); }) == 4'200);
}

}  // namespace
}  // namespace msggw::admin
