// SPDX-License-Identifier: Apache-2.0
// What the Provisioning Function says no to: requests, loads, configurations.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "provisioning/function/calls.h"
#include "provisioning/function/curl.h"
#include "provisioning/function/running_function.h"
#include "storage/memory_store.h"

namespace msggw::function {
namespace {

TEST_CASE("every error is a problem document that names its cause") {
  storage::MemoryStore store(store_tables().size());
  const RunningFunction pf(store, test_options());
  const std::string json = "content-type: application/json";
  const std::string all = pf.root() + kCollection;
  const auto send = [&](const std::string& body) {
    return curl({"-H", json, "--data-binary", body, all});
  };
  struct Row {
    CurlAnswer answer;
    int status;
    std::string cause;
    std::string param;
  };
  const Row rows[] = {
      {send("{"), 400, "INVALID_MSG_FORMAT", ""},
      {send(""), 400, "INVALID_MSG_FORMAT", ""},
      {send("[1]"), 400, "INVALID_MSG_FORMAT", ""},
      {send(R"({"ueType":"NON_3GPP"})"), 400, "MANDATORY_IE_MISSING", "/privateId"},
      {send(R"({"privateId":"a"})"), 400, "MANDATORY_IE_MISSING", "/ueType"},
      {send(R"({"ueType":"CAR","privateId":"a"})"), 400, "MANDATORY_IE_INCORRECT", "/ueType"},
      {send(R"({"ueType":"AS","privateId":""})"), 400, "MANDATORY_IE_INCORRECT", "/privateId"},
      {send(R"({"ueType":"AS","privateId":7})"), 400, "MANDATORY_IE_INCORRECT", "/privateId"},
      {send(R"({"ueType":"AS","privateId":"a\u0000b"})"), 400, "MANDATORY_IE_INCORRECT",
       "/privateId"},
      {send(request_for(std::string(256, 'x'))), 400, "MANDATORY_IE_INCORRECT", "/privateId"},
      {send(R"({"ueType":"AS","privateId":"a","info":3})"), 400, "OPTIONAL_IE_INCORRECT", "/info"},
      {send(request_for("a") + std::string(20'000, ' ')), 413, "PAYLOAD_TOO_LARGE", ""},
      {curl({"-H", "content-type: text/plain", "--data-binary", request_for("a"), all}), 415, "",
       "header content-type"},
      {curl({"-H", "content-type:", "--data-binary", request_for("a"), all}), 415, "",
       "header content-type"},
      {curl({pf.root() + "/"}), 404, "RESOURCE_URI_STRUCTURE_NOT_FOUND", ""},
      {curl({all + "/a/b"}), 404, "RESOURCE_URI_STRUCTURE_NOT_FOUND", ""},
      {curl({all + "/%zz"}), 400, "MANDATORY_IE_INCORRECT", "{privateId}"},
      {curl({all + "/%00"}), 400, "MANDATORY_IE_INCORRECT", "{privateId}"},
      {curl({all + "/%ff"}), 400, "MANDATORY_IE_INCORRECT", "{privateId}"},
      {curl({all + "/" + std::string(300, 'x')}), 400, "MANDATORY_IE_INCORRECT", "{privateId}"},
      {curl({all + "/nobody"}), 404, "PRIVATE_ID_NOT_FOUND", ""},
      {curl({"-X", "DELETE", all + "/nobody"}), 404, "PRIVATE_ID_NOT_FOUND", ""},
      {curl({all}), 405, "", ""},
      {curl({"-X", "PUT", all + "/a"}), 405, "", ""},
      {curl({"-X", "POST", pf.root() + "/healthz"}), 405, "", ""},
      {curl({"-H", "accept: image/png", all + "/nobody"}), 406, "", "header accept"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.answer.body);
    CHECK(row.answer.status == row.status);
    CHECK(row.answer.header("content-type") == "application/problem+json");
    CHECK(row.answer.body.find("\"status\":" + std::to_string(row.status)) != std::string::npos);
    CHECK(row.answer.member("cause") == row.cause);
    CHECK(row.answer.member("param") == row.param);
    CHECK_FALSE(row.answer.member("detail").empty());
  }
  CHECK(send("{").header("accept").empty());
  CHECK(curl({"-d", "x=y", all}).header("accept") == "application/json, application/cbor");
  CHECK(curl({all}).header("allow") == "POST");
  CHECK(curl({"-X", "PATCH", all + "/a"}).header("allow") == "GET, HEAD, DELETE");
  CHECK(curl({"-I", pf.root() + "/healthz"}).status == 200);
  // Nothing of all this was assigned.
  CHECK(curl({pf.root() + "/healthz"}).body ==
        R"({"state":"ready","assignments":0,"unanswered":0})");
}

TEST_CASE("HEAD is GET without the body, also where the answer is an error") {
  storage::MemoryStore store(store_tables().size());
  const RunningFunction pf(store, test_options());
  const std::string all = pf.root() + kCollection;
  REQUIRE(post(pf.root(), "a").status == 201);
  const auto alike = [&](const std::string& url, int status) {
    const auto whole = curl({url});
    const auto head = curl({"-I", url});
    CAPTURE(url);
    CHECK(head.status == status);
    CHECK(whole.status == status);
    CHECK(head.header("content-type") == whole.header("content-type"));
    CHECK(head.header("content-length") == std::to_string(whole.body.size()));
    CHECK(head.body.empty());
  };
  alike(all + "/a", 200);
  alike(all + "/nobody", 404);
  alike(all + "/%zz", 400);
  alike(all, 405);
}

TEST_CASE("above max_unanswered: 503 with Retry-After; above max_assignments: 403") {
  GatedStore store;
  Options options = test_options();
  options.max_unanswered = 1;
  options.max_assignments = 2;
  const RunningFunction pf(store, options);
  REQUIRE(post(pf.root(), "known").status == 201);
  store.hold();
  auto waiting = std::async(std::launch::async, [&] { return post(pf.root(), "a"); });
  while (curl({pf.root() + "/healthz"}).body.find("\"unanswered\":1}") == std::string::npos) {
  }
  const auto refused = post(pf.root(), "b");
  CHECK(refused.status == 503);
  CHECK(refused.member("cause") == "NF_CONGESTION");
  CHECK(refused.header("retry-after") == "1");
  CHECK(post(pf.root(), "known").status == 200);
  store.let_go();
  CHECK(waiting.get().status == 201);

  const auto full = post(pf.root(), "b");
  CHECK(full.status == 403);
  CHECK(full.member("cause") == "QUOTA_EXCEEDED");
  CHECK(post(pf.root(), "a").status == 200);
  REQUIRE(del(pf, "a").status == 204);
  CHECK(post(pf.root(), "b").status == 201);
}

TEST_CASE("a configuration that cannot work is refused at the start") {
  storage::MemoryStore store(store_tables().size());
  const auto refusal = [&](const Options& options) -> std::string {
    try {
      const RunningFunction pf(store, options);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  };
  const auto with = [](auto change) {
    Options options = test_options();
    change(options);
    return options;
  };
  const auto names = [&](const Options& options, const char* word) {
    const std::string text = refusal(options);
    CAPTURE(text);
    CHECK(text.find(word) != std::string::npos);
  };
  CHECK(refusal(test_options()).empty());
  names(with([](Options& o) { o.policy.service_id_template = "fixed"; }), "service_id_template");
  names(with([](Options& o) { o.policy.server_service_ids.clear(); }), "servers");
  names(with([](Options& o) { o.policy.server_service_ids = {""}; }), "serverServiceIds");
  names(with([](Options& o) { o.policy.service_info = "[1]"; }), "service_info");
  names(with([](Options& o) { o.policy.service_info = "{"; }), "service_info");
  names(with([](Options& o) { o.address = boost::asio::ip::address_v4::any(); }),
        "allow_cleartext");
  CHECK(refusal(with([](Options& o) {
          o.address = boost::asio::ip::address_v4::any();
          o.allow_cleartext = true;
        })).empty());
  const RunningFunction first(store, test_options());
  names(with([&](Options& o) { o.port = first.port(); }), std::to_string(first.port()).c_str());
}

}  // namespace
}  // namespace msggw::function
