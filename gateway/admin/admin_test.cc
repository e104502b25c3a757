// SPDX-License-Identifier: Apache-2.0
// The operator's API with the curl program as its user.
#include "gateway/admin/admin.h"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "gateway/core/gateway.h"
#include "provisioning/function/curl.h"

namespace msggw::admin {
namespace {

using function::curl;
using function::CurlAnswer;
using namespace std::chrono_literals;

/// A gateway without devices' protocols on a loop of its own. Commits are made as long as
/// `commits`, and every ask is answered as long as `answers`.
class Site {
 public:
  explicit Site(const core::Limits& limits = {})
      : gateway_(limits, metrics_, {}),
        admin_({io_, clock_, metrics_}, boost::asio::ip::address_v4::loopback(), 0,
               [] { return std::vector<Part>{{"store", true, true}}; }) {
    admin_.open_api(
        {{base::Host::parse("gw.example").value()}, "secret"}, gateway_.operations(), [] {
          Status status;
          status.version = "1.2.3";
          status.provisioning_functions.push_back(
              {"https://pf.example", "configured", false, "cannot connect"});
          status.smscs.push_back({"main", "smsc.example:2775", "transceiver", "waiting",
                                  base::TimePoint{1'700'000'000s}, "ESME_RINVPASWD"});
          status.smscs.push_back(
              {"other", "[::1]:2775", "receiver", "bound", base::TimePoint{1'700'000'000s}, ""});
          status.listeners.push_back({"coap://127.0.0.1:5683", "devices"});
          return status;
        });
    thread_ = std::thread([this] { run(); });
  }
  ~Site() {
    ending_ = true;
    boost::asio::post(io_, [] {});
    thread_.join();
  }

  /// On the thread of the loop, with its result.
  template <class Work>
  auto inside(Work work) {
    std::packaged_task<decltype(work(std::declval<core::Gateway&>()))()> task(
        [&] { return work(gateway_); });
    auto result = task.get_future();
    boost::asio::post(io_, [&] { task(); });
    return result.get();
  }
  template <class Condition>
  void until(Condition condition) {
    while (!inside(condition)) std::this_thread::yield();
  }

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(admin_.port()) + path;
  }
  CurlAnswer call(std::vector<std::string> arguments, const std::string& path,
                  const std::string& token = "secret") const {
    if (!token.empty()) {
      arguments.push_back("-H");
      arguments.push_back("authorization: Bearer " + token);
    }
    arguments.push_back(url(path));
    return curl(arguments);
  }
  CurlAnswer post(const std::string& type, const std::string& body,
                  const std::string& path = "/api/v1/devices") const {
    return call({"-H", "content-type: " + type, "--data-binary", body}, path);
  }
  std::string exposed() const { return base::metrics::expose(metrics_); }

  std::atomic<bool> commits = true;
  std::atomic<bool> answers = true;

 private:
  void run() {
    while (!ending_) {
      io_.restart();
      io_.run_one_for(5ms);
      io_.poll();
      const auto now = clock_.now();
      admin_.end_turn(now);
      gateway_.turn().tick(now);
      while (answers) {
        const auto ask = gateway_.journey().next_ask();
        if (!ask) break;
        if (ask->kind == core::AskKind::release) {
          gateway_.journey().released(ask->device);
        } else {
          gateway_.journey().provisioned(
              ask->device, {"svc-" + std::string(ask->private_id), {{"m5s"}, ""}, {}}, now);
        }
      }
      if (!commits) continue;
      if (gateway_.tables().has_changes())
        gateway_.commits().committed(gateway_.commits().take_changes().number);
      gateway_.turn().outbox() = {};
    }
  }

  boost::asio::io_context io_;
  base::Clock clock_;
  base::metrics::Registry metrics_;
  core::Gateway gateway_;
  Admin admin_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

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
  CHECK(contains(site.exposed(), "msggw_operator_refused_total{reason=\"token\"} 13"));
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
  CHECK(site.post("application/json", R"({"privateId":"001B.6384.45E6"})").status == 200);

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
  CHECK(site.call({}, "/api/v1/removals").status == 405);
}

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
  CHECK(contains(
      status.body,
      R"({"url":"https://pf.example","origin":"configured","state":"down","reason":"cannot connect"})"));
  CHECK(contains(status.body,
                 R"("smscs":[{"name":"main","address":"smsc.example:2775","bind":"transceiver",)"
                 R"("state":"waiting","since":"2023-11-14T22:13:20Z","reason":"ESME_RINVPASWD"},)"
                 R"({"name":"other","address":"[::1]:2775","bind":"receiver","state":"bound",)"
                 R"("since":"2023-11-14T22:13:20Z"}])"));
  CHECK(contains(status.body, R"("devices":{"total":2,"recorded":2,"provisioned":0,)"));
  CHECK(contains(status.body, R"("pending":2)"));
  CHECK(contains(status.body, R"({"url":"coap://127.0.0.1:5683","purpose":"devices"})"));
}

}  // namespace
}  // namespace msggw::admin
