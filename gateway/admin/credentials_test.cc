// SPDX-License-Identifier: Apache-2.0
// Credentials of devices through the API: one by one and in lists.
#include <doctest/doctest.h>

#include <future>
#include <string>
#include <thread>

#include "gateway/admin/test_site.h"

namespace msggw::admin {
namespace {

using test::contains;
using test::Site;

const std::string kKey = "00112233445566778899aabbccddeeff";
const std::string kPath = "/api/v1/devices/00-1B-63-84-45-E6/credentials";

void add_device(Site& site, const std::string& id) {
  REQUIRE(site.post("application/json", R"({"privateId":")" + id + R"("})").status == 201);
}

TEST_CASE("credentials of one device: added, listed, removed, and no secret is ever shown") {
  Site site;
  add_device(site, "00:1b:63:84:45:e6");
  const auto add = [&](const std::string& body) {
    return site.post("application/json", body, kPath);
  };
  const auto added = add(R"({"key":")" + kKey + R"(","notAfter":"2050-01-31"})");
  CHECK(added.status == 201);
  CHECK(
      added.body ==
      R"({"id":1,"privateId":"001b638445e6","kind":"psk","name":"001b638445e6","standing":"good",)"
      R"("notAfter":"2050-01-31T00:00:00Z"})"
      "\n");
  CHECK(add(R"({"key":")" + kKey + R"(","notAfter":"2050-01-31"})").status == 200);
  const auto conflict = add(R"({"key":")" + kKey + R"("})");
  CHECK(conflict.status == 409);
  CHECK(contains(conflict.body, "credential 1 of the device has this name"));
  CHECK(add(R"({"kind":"certificate","name":"m.example","notBefore":"2050-01-31"})").status == 201);

  const auto list = site.call({}, kPath);
  CHECK(list.status == 200);
  CHECK(contains(list.body, R"({"credentials":[{"id":1,)"));
  CHECK(contains(list.body, R"("kind":"certificate","name":"m.example","standing":"notYet")"));
  CHECK_FALSE(contains(list.body, kKey));
  CHECK_FALSE(contains(site.call({}, "/api/v1/devices").body, kKey));
  CHECK(contains(site.exposed(), R"(msggw_credentials{kind="psk"} 1)"));

  CHECK(site.call({"-X", "DELETE"}, kPath + "/7").member("cause") == "unknown_credential");
  CHECK(site.call({"-X", "DELETE"}, kPath + "/4294967297").status == 404);
  const auto removed = site.call({"-X", "DELETE"}, kPath + "/1");
  CHECK(removed.status == 200);
  CHECK(contains(removed.body, R"({"id":1,)"));
  CHECK(site.call({"-X", "DELETE"}, kPath + "/1").status == 404);
  CHECK(contains(site.exposed(), R"(msggw_credentials{kind="psk"} 0)"));

  // A device that has none is anybody's who claims to be it.
  const auto last = site.call({"-X", "DELETE"}, kPath + "/2");
  CHECK(last.status == 409);
  CHECK(last.member("cause") == "last_credential");
  CHECK(site.call({"-X", "DELETE"}, kPath + "/2?last=yes").status == 400);
  CHECK(site.call({"-X", "DELETE"}, kPath + "/2?last=true").status == 200);
  CHECK(contains(site.call({}, kPath).body, R"({"credentials":[]})"));
}

TEST_CASE("what is wrong with a credential is told, and quotes no key") {
  Site site;
  add_device(site, "00:1b:63:84:45:e6");
  const auto why = [&](const std::string& body) {
    const auto answer = site.post("application/json", body, kPath);
    CHECK(answer.status == 400);
    CHECK_FALSE(contains(answer.body, "s3cret"));
    return answer.member("detail");
  };
  CHECK(contains(why(R"({"key":"s3cret"})"), "neither pairs of hexadecimal digits nor text"));
  CHECK(contains(why(R"({"kind":"password","hash":"s3cret"})"), "not of the form $scrypt$"));
  CHECK(contains(why(R"({"kind":"token","key":"s3cret"})"), "kind: allowed are"));
  CHECK(contains(why(R"({"kind":"password","key":"s3cret"})"), "a key is of a psk"));
  CHECK(contains(why(R"({"key":")" + kKey + R"(","notAfter":"soon"})"), "notAfter: allowed"));
  CHECK(contains(why(R"({"privateId":"x","key":")" + kKey + R"("})"), "stands in the path"));
  CHECK(contains(why("s3cret"), "no JSON object"));
  CHECK(site.post("application/json", "{}", "/api/v1/devices/nobody/credentials").status == 404);
  CHECK(site.call({}, "/api/v1/devices/nobody/credentials").status == 404);
  CHECK(site.call({"-X", "PUT"}, kPath).header("allow") == "GET, HEAD, POST");
  CHECK(site.call({"-X", "PUT"}, kPath + "/1").header("allow") == "DELETE");
  CHECK(site.call({}, "/api/v1/credentials").header("allow") == "POST");
}

TEST_CASE("a list: each row for itself, and each is told of") {
  Site site;
  for (const char* id : {"a", "b", "c"}) add_device(site, id);
  const auto post = [&](const std::string& list) {
    return site.post("text/csv", list, "/api/v1/credentials");
  };
  const std::string list = "private_id,name,key\na,,text:0123456789abcdef\nb,b-1," + kKey +
                           "\nnobody,," + kKey + "\n\nc,c-1,s3cret\nc,b-1," + kKey + "\n";
  const auto answer = post(list);
  CHECK(answer.status == 200);
  CHECK(contains(answer.body, R"({"added":2,"known":0,"failed":3,"rows":[)"));
  CHECK(contains(answer.body, "no such device; add it first (msggw devices add)"));
  CHECK(contains(answer.body, "this name is another device's, b"));
  CHECK_FALSE(contains(answer.body, "s3cret"));
  CHECK(contains(post(list).body, R"({"added":0,"known":2,"failed":3,)"));
  CHECK(contains(site.exposed(), R"(msggw_credentials{kind="psk"} 2)"));
  CHECK(post("name,key\nx,y\n").status == 400);
  CHECK(post("").status == 400);
  CHECK(site.post("application/json", "[]", "/api/v1/credentials").status == 415);
  std::string many = "private_id,kind,name\n";
  for (int i = 0; i < 1'001; ++i) many += "c,certificate,x\n";
  CHECK(contains(post(many).body, R"({"added":1,"known":999,"failed":1,)"));
}

TEST_CASE("said is durable, and what is removed is no use at once") {
  Site site;
  add_device(site, "00:1b:63:84:45:e6");
  site.until([](core::Gateway& gateway) { return !gateway.tables().durable_with(); });
  site.answers = false;
  site.commits = false;
  auto added = std::async(std::launch::async, [&] {
    return site.post("application/json", R"({"key":")" + kKey + R"("})", kPath).status;
  });
  site.until([&](core::Gateway&) { return !site.book().entries.empty(); });
  CHECK(added.wait_for(std::chrono::seconds{0}) == std::future_status::timeout);
  site.commits = true;
  CHECK(added.get() == 201);
  // With the device its credentials go.
  site.answers = true;
  CHECK(site.call({"-X", "DELETE"}, "/api/v1/devices/001b638445e6").status == 202);
  site.until([&](core::Gateway&) { return site.book().entries.empty(); });
}

TEST_CASE("a removal is said when the broker has been told, or could not be for a while") {
  Site site;
  add_device(site, "00:1b:63:84:45:e6");
  const auto add = [&](const std::string& name) {
    return site
        .post("application/json", R"({"key":")" + kKey + R"(","name":")" + name + R"("})", kPath)
        .status;
  };
  REQUIRE(add("one") == 201);
  REQUIRE(add("two") == 201);
  site.has_told_broker = false;
  auto removed = std::async(std::launch::async,
                            [&] { return site.call({"-X", "DELETE"}, kPath + "/1").status; });
  site.until([&](core::Gateway&) { return site.book().entries.size() == 1; });
  site.until([](core::Gateway& gateway) { return !gateway.tables().durable_with(); });
  CHECK(add("three") == 201);  // which waits for no removal
  CHECK(removed.wait_for(std::chrono::seconds{0}) == std::future_status::timeout);
  site.has_told_broker = true;
  CHECK(removed.get() == 200);
  site.has_told_broker = false;
  CHECK(site.call({"-X", "DELETE"}, kPath + "/2").status == 200);
}

}  // namespace
}  // namespace msggw::admin
