// SPDX-License-Identifier: Apache-2.0
// Who is let in, and what each is told.
#include "gateway/admin/admin.h"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <string>

#include "gateway/admin/test_site.h"

namespace msggw::admin {
namespace {

using test::contains;
using test::Site;
using namespace std::chrono_literals;

TEST_CASE("the open paths need no token, the API does") {
  const Site site;
  CHECK(site.call({}, "/healthz", "").status == 200);
  CHECK(site.call({}, "/readyz", "").status == 200);
  CHECK(site.call({}, "/metrics", "").status == 200);
  CHECK(site.call({"-H", "host: evil.example"}, "/metrics", "").status == 200);
  for (const char* path : {"/api/v1/status", "/api/v1/devices", "/api/v1/devices/x", "/api/x"}) {
    CAPTURE(path);
    const auto without = site.call({}, path, "");
    CHECK(without.status == 401);
    CHECK(without.header("www-authenticate") == "Bearer");
    CHECK(site.call({}, path, "wrong!").status == 401);
    CHECK(site.call({}, path, "secre").status == 401);
  }
  CHECK(site.call({"-X", "DELETE"}, "/api/v1/devices/x", "").status == 401);
  CHECK(site.call({}, "/api/v1/status").status == 200);
  CHECK(site.call({"--http2-prior-knowledge"}, "/api/v1/status").status == 200);
  CHECK(site.call({"-H", "authorization: bearer  secret"}, "/api/v1/status", "").status == 200);
  CHECK(contains(site.exposed(), "msggw_operator_refused_total{reason=\"no_token\"} 5"));
  CHECK(contains(site.exposed(), "msggw_operator_refused_total{reason=\"wrong_token\"} 8"));
  // So that the first of them is seen as an increase.
  CHECK(contains(site.exposed(), "msggw_messages_refused_total{cause=\"STORE_BUSY\"} 0"));
}

TEST_CASE("requests that a web page of another site could make are refused") {
  const Site site;
  const auto with = [&](const std::string& header) {
    return site.call({"-H", header}, "/api/v1/status").status;
  };
  CHECK(with("host: evil.example") == 403);
  CHECK(with("host: evil.example:8080") == 403);
  CHECK(with("host: 127.0.0.1.evil.example") == 403);
  CHECK(with("host: [::1].evil.example") == 403);
  CHECK(with("host: 2130706433") == 403);
  CHECK(with("host: GW.example:8080") == 200);
  CHECK(with("host: gw.example") == 200);
  CHECK(with("host: localhost:1") == 200);
  CHECK(with("host: [::1]:8080") == 200);
  CHECK(with("host: 10.0.0.1:80") == 200);
  CHECK(with("origin: https://evil.example") == 403);
  CHECK(with("origin: null") == 403);
  CHECK(site.call({"-H", "host: gw.example", "-H", "origin: https://gw.example"}, "/api/v1/status")
            .status == 200);
  CHECK(
      site.call({"--http2-prior-knowledge", "-H", "origin: http://evil.example"}, "/api/v1/status")
          .status == 403);
}

TEST_CASE("what is wrong is told and changes nothing") {
  Site site;
  const auto json = [&](const std::string& body) {
    return site.post("application/json", body).status;
  };
  CHECK(json("") == 400);
  CHECK(json("{") == 400);
  CHECK(json("{}") == 400);
  CHECK(json(R"({"privateId":"a\nb"})") == 400);
  CHECK(json(R"({"privateId":"x","infos":{}})") == 400);
  CHECK(json(R"({"privateId":"x","info":{"a":")" + std::string(600, 'x') + R"("}})") == 400);
  CHECK(site.post("text/plain", "x").status == 415);
  CHECK(site.post("text/csv", "").status == 400);
  CHECK(site.post("text/csv", "id\nx\n").status == 400);
  CHECK(site.call({"-X", "PUT"}, "/api/v1/devices").status == 405);
  CHECK(site.call({"-X", "DELETE"}, "/api/v1/status").header("allow") == "GET, HEAD");
  CHECK(site.call({}, "/api/v1/devices/x/suspend").status == 405);
  CHECK(site.call({}, "/api/v1/devices/%zz").status == 400);
  CHECK(site.call({}, "/api/v1/nothing").status == 404);
  CHECK(site.call({}, "/api/v1/devices?limit=0").status == 400);
  std::string many = "private_id\n";
  for (int i = 0; i <= 1'000; ++i) many += "m" + std::to_string(i) + "\n";
  CHECK(site.post("text/csv", many).status == 413);
  CHECK(site.inside([](core::Gateway& gateway) { return gateway.tables().devices(); }) == 0);
}

TEST_CASE("answers wait for the commit") {
  Site site;
  site.answers = false;
  site.commits = false;
  auto add = std::async(std::launch::async, [&] {
    return site.post("application/json", R"({"privateId":"one"})").status;
  });
  auto list = std::async(std::launch::async,
                         [&] { return site.post("text/csv", "private_id\ntwo\nthree\n").status; });
  site.until([](core::Gateway& gateway) { return gateway.tables().devices() == 3; });
  auto look =
      std::async(std::launch::async, [&] { return site.call({}, "/api/v1/devices/one").status; });
  site.until([&](core::Gateway&) {
    return contains(site.exposed(), R"(msggw_http_requests_total{server="admin",version="1.1"} 3)");
  });
  CHECK_FALSE(contains(site.exposed(), R"(class="2xx",server="admin"} 1)"));
  for (auto* answer : {&add, &list, &look})
    CHECK(answer->wait_for(0s) == std::future_status::timeout);
  site.commits = true;
  CHECK(add.get() == 201);
  CHECK(list.get() == 200);
  CHECK(look.get() == 200);
}

TEST_CASE("the status") {
  Site site;
  site.answers = false;
  REQUIRE(site.post("text/csv", "private_id\na\nb\n").status == 200);
  const auto status = site.call({}, "/api/v1/status");
  CHECK(contains(status.body, R"("version":"1.2.3")"));
  CHECK(contains(status.body, R"("broker":"up","brokerLacks":"QoS 1")"));
  CHECK(contains(
      status.body,
      R"({"url":"https://pf.example","origin":"configured","state":"down","reason":"cannot connect"})"));
  CHECK(contains(status.body,
                 R"("smscs":[{"name":"main","address":"smsc.example:2775","bind":"transceiver",)"
                 R"("state":"waiting","since":"2023-11-14T22:13:20Z","reason":"ESME_RINVPASWD"},)"
                 R"({"name":"other","address":"[::1]:2775","bind":"receiver","state":"bound",)"
                 R"("since":"2023-11-14T22:13:20Z"}])"));
  CHECK(contains(status.body,
                 R"("servers":[{"name":"m5s-1","serviceId":"m5s@example","addresses":[)"
                 R"({"url":"https://m5s.example","state":"not_asked"}],"underWay":2}])"));
  site.inside([&](core::Gateway&) {
    site.status().servers[0].addresses[0].answered =
        base::TimePoint{std::chrono::seconds{1'700'000'000}};
    return 0;
  });
  CHECK(contains(site.call({}, "/api/v1/status").body,
                 R"("state":"up","lastAnswer":"2023-11-14T22:13:20Z"}],"underWay":2}])"));
  CHECK(contains(status.body, R"("devices":{"total":2,"recorded":2,"provisioned":0,)"));
  CHECK(contains(status.body, R"("pending":2)"));
  CHECK(contains(status.body, R"({"url":"coap://127.0.0.1:5683","purpose":"devices"})"));
}

}  // namespace
}  // namespace msggw::admin
