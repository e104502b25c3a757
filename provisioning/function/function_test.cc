// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/function.h"

#include <doctest/doctest.h>

#include <future>
#include <string>
#include <vector>

#include "provisioning/function/calls.h"
#include "provisioning/function/curl.h"
#include "provisioning/function/running_function.h"
#include "provisioning/function/target.h"
#include "storage/lmdb_store.h"
#include "storage/memory_store.h"
#include "tests/support/temp_folder.h"

namespace msggw::function {
namespace {

/// Certificate and key of a server at 127.0.0.1, and what its clients trust.
http::ServerTls make_certificate(const std::filesystem::path& folder) {
  const auto key = folder / "key.pem";
  const auto certificate = folder / "certificate.pem";
  output_of(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
      "-subj /CN=pf -addext subjectAltName=IP:127.0.0.1 -keyout " +
      shell_quoted(key.string()) + " -out " + shell_quoted(certificate.string()) + " 2>/dev/null");
  return {certificate, key, {}};
}

TEST_CASE("first 201, then 200 with the same Service ID, over HTTP/1.1, HTTP/2 and TLS") {
  const test::TempFolder folder;
  storage::MemoryStore store(store_tables().size());
  Options options = test_options();
  options.tls = make_certificate(folder.path());
  const RunningFunction pf(store, options);
  const std::vector<std::string> trust = {"--cacert", options.tls.certificate.string()};

  const auto first = post(pf.root(), "00-1B-63-84-45-E6");
  CHECK(first.status == 201);
  CHECK(first.version == "1.1");
  CHECK(first.header("content-type") == "application/json");
  CHECK(first.header("location") == kCollection + "/001b638445e6");
  const std::string service_id = first.member("serviceId");
  CHECK(service_id.size() ==
        4 + ServiceIdTemplate::kIdLength + std::string("@msgin5g.example").size());
  CHECK(first.body == R"({"privateId":"001b638445e6","serviceId":")" + service_id +
                          R"(","serverServiceIds":["m5s-1@msgin5g.example"],)"
                          R"("serviceInfo":{"segmentSize":2048}})");

  const auto again = post(pf.root(), "00:1b:63:84:45:e6");
  CHECK(again.status == 200);
  CHECK(again.header("location").empty());
  CHECK(again.body == first.body);

  const auto h2c = post(pf.root(), "001b.6384.45e6", {"--http2-prior-knowledge"});
  CHECK(h2c.status == 200);
  CHECK(h2c.version == "2");
  CHECK(h2c.body == first.body);

  auto with_alpn = trust;
  with_alpn.emplace_back("--http2");
  const auto h2 = post(pf.tls_root(), "001b638445e6", with_alpn);
  CHECK(h2.status == 200);
  CHECK(h2.version == "2");
  CHECK(h2.body == first.body);

  auto without_alpn = trust;
  without_alpn.emplace_back("--http1.1");
  const auto tls1 = post(pf.tls_root(), "other", without_alpn);
  CHECK(tls1.status == 201);
  CHECK(tls1.version == "1.1");
  CHECK(tls1.member("serviceId") != service_id);

  // And the first request over HTTP/2.
  const auto new_h2c = post(pf.root(), "third", {"--http2-prior-knowledge"});
  CHECK(new_h2c.status == 201);
  CHECK(new_h2c.header("location") == kCollection + "/third");
}

TEST_CASE("whatever the ueType, a Private ID keeps its Service ID") {
  storage::MemoryStore store(store_tables().size());
  const RunningFunction pf(store, test_options());
  std::string service_id;
  for (const char* type : {"LEGACY_3GPP", "NON_3GPP", "MSGIN5G_UE", "AS"}) {
    const auto answer =
        curl({"-H", "content-type: application/json", "--data-binary",
              std::string(R"({"ueType":")") + type + R"(","privateId":"+49 171 1234567"})",
              pf.root() + kCollection});
    CHECK(answer.status == (service_id.empty() ? 201 : 200));
    if (service_id.empty()) service_id = answer.member("serviceId");
    CHECK(answer.member("serviceId") == service_id);
    CHECK(service_id.starts_with("l3g-"));
  }
}

TEST_CASE("CBOR in, CBOR out, and what Accept says") {
  const test::TempFolder folder;
  const auto body = (folder.path() / "request.cbor").string();
  const std::string octets = protocol::encode_request(protocol::Encoding::cbor,
                                                      core::UeType::non_3gpp, "001b638445e6", "");
  FILE* file = fopen(body.c_str(), "wb");
  REQUIRE(file != nullptr);
  fwrite(octets.data(), 1, octets.size(), file);
  fclose(file);

  storage::MemoryStore store(store_tables().size());
  const RunningFunction pf(store, test_options());
  const std::vector<std::string> cbor = {"-H", "content-type: application/cbor", "--data-binary",
                                         "@" + body, pf.root() + kCollection};
  const auto first = curl(cbor);
  CHECK(first.status == 201);
  CHECK(first.header("content-type") == "application/cbor");
  const auto decoded = protocol::decode_response(protocol::Encoding::cbor, first.body, {});
  REQUIRE(decoded);
  CHECK(decoded->service_info == R"({"segmentSize":2048})");

  auto json_wanted = cbor;
  json_wanted.insert(json_wanted.begin(), {"-H", "accept: application/json"});
  const auto as_json = curl(json_wanted);
  CHECK(as_json.status == 200);
  CHECK(as_json.header("content-type") == "application/json");
  CHECK(as_json.member("serviceId") == decoded->service_id);

  auto neither = cbor;
  neither.insert(neither.begin(), {"-H", "accept: text/html"});
  const auto refused = curl(neither);
  CHECK(refused.status == 406);

  const auto item = curl({"-H", "accept: application/cbor", pf.root() + item_path("001b638445e6")});
  CHECK(item.status == 200);
  CHECK(item.header("content-type") == "application/cbor");
  CHECK(item.body == first.body);
}

TEST_CASE("read and release") {
  GatedStore store;
  const RunningFunction pf(store, test_options());
  CHECK(get(pf, "dev%2F1").status == 404);
  const auto made = post(pf.root(), "dev/1");
  REQUIRE(made.status == 201);
  CHECK(made.header("location") == kCollection + "/dev%2F1");
  const auto read = get(pf, "dev%2F1");
  CHECK(read.status == 200);
  CHECK(read.body == made.body);

  const auto released = del(pf, "dev%2F1");
  CHECK(released.status == 204);
  CHECK(released.body.empty());
  CHECK(store.rows() == 0);
  const auto gone = get(pf, "dev%2F1");
  CHECK(gone.status == 404);
  CHECK(gone.member("cause") == "PRIVATE_ID_NOT_FOUND");
  CHECK(del(pf, "dev%2F1").status == 404);

  const auto anew = post(pf.root(), "dev/1");
  CHECK(anew.status == 201);
  CHECK(anew.member("serviceId") != made.member("serviceId"));
  CHECK(store.rows() == 1);
  // Another spelling names the same item.
  REQUIRE(post(pf.root(), "00-1B-63-84-45-E6").status == 201);
  CHECK(get(pf, "00:1B:63:84:45:E6").status == 200);
  CHECK(del(pf, "001b638445e6").status == 204);
  CHECK(get(pf, "00-1B-63-84-45-E6").status == 404);
}

TEST_CASE("no answer before the commit; who is known is answered meanwhile") {
  GatedStore store;
  const RunningFunction pf(store, test_options());
  const auto known = post(pf.root(), "known");
  REQUIRE(known.status == 201);

  store.hold();
  const auto in_background = [&](auto what) { return std::async(std::launch::async, what); };
  const auto unanswered = [&](int expected) {  // waits until that many requests are parked
    const std::string wanted = "\"unanswered\":" + std::to_string(expected) + "}";
    while (curl({pf.root() + "/healthz"}).body.find(wanted) == std::string::npos) {
    }
  };
  auto first = in_background([&] { return post(pf.root(), "new"); });
  unanswered(1);
  auto second = in_background([&] { return post(pf.root(), "NEW"); });
  auto repeated = in_background([&] { return post(pf.root(), "new"); });
  auto read = in_background([&] { return get(pf, "new"); });
  unanswered(4);
  CHECK(post(pf.root(), "known").status == 200);
  CHECK(store.rows() == 1);
  for (auto* one : {&first, &second, &repeated, &read}) {
    CHECK(one->wait_for(std::chrono::milliseconds(0)) == std::future_status::timeout);
  }
  // A failing store changes nothing: the commit is tried again until it is done.
  store.fail(true);
  store.let_go();
  while (curl({pf.root() + "/healthz"}).status != 503) {
  }
  CHECK(curl({pf.root() + "/healthz"}).member("state") == "store_failing");
  CHECK(post(pf.root(), "known").status == 200);
  CHECK(first.wait_for(std::chrono::milliseconds(0)) == std::future_status::timeout);
  store.fail(false);

  const auto made = first.get();
  CHECK(made.status == 201);
  CHECK(second.get().status == 201);  // opaque Private IDs differ by case
  const auto joined = repeated.get();
  CHECK(joined.status == 200);
  CHECK(joined.body == made.body);
  CHECK(read.get().body == made.body);
  CHECK(store.rows() == 3);
  CHECK(curl({pf.root() + "/healthz"}).status == 200);
}

TEST_CASE("a client that leaves while its commit is pending harms nobody") {
  GatedStore store;
  const RunningFunction pf(store, test_options());
  store.hold();
  auto arguments = post_arguments(pf.root(), "a");
  arguments.insert(arguments.begin(), {"--max-time", "0.2"});
  CHECK(curl(arguments).status == 0);
  store.let_go();
  const auto again = post(pf.root(), "a");
  CHECK(again.status == 200);
  CHECK(store.rows() == 1);
}

TEST_CASE("a stop while requests wait") {
  GatedStore store;
  std::future<CurlAnswer> waiting;
  std::jthread disk;  // comes back while the Provisioning Function is already stopping
  {
    const RunningFunction pf(store, test_options());
    store.hold();
    waiting = std::async(std::launch::async, [root = pf.root()] { return post(root, "a"); });
    while (curl({pf.root() + "/healthz"}).body.find("\"unanswered\":1}") == std::string::npos) {
    }
    disk = std::jthread([&store] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      store.let_go();
    });
  }
  CHECK(waiting.get().status == 0);
  // It was stored and promised to nobody: the next start knows it.
  const RunningFunction pf(store, test_options());
  CHECK(post(pf.root(), "a").status == 200);
}

TEST_CASE("a restart on the same folder keeps every Service ID") {
  const test::TempFolder folder;
  const auto open = [&] {
    storage::LmdbOptions options;
    options.folder = folder.path();
    options.tables = store_tables();
    return storage::open_lmdb_store(options);
  };
  std::vector<std::string> bodies;
  constexpr int kDevices = 12;
  {
    const auto store = open();
    const RunningFunction pf(*store, test_options());
    for (int i = 0; i < kDevices; ++i) {
      const auto made = post(pf.root(), "device-" + std::to_string(i));
      CHECK(made.status == 201);
      bodies.push_back(made.body);
    }
    CHECK(del(pf, "device-3").status == 204);
  }
  const auto store = open();
  const RunningFunction pf(*store, test_options());
  for (int i = 0; i < kDevices; ++i) {
    CAPTURE(i);
    const auto again = post(pf.root(), "device-" + std::to_string(i));
    CHECK(again.status == (i == 3 ? 201 : 200));
    CHECK((again.body == bodies[static_cast<std::size_t>(i)]) == (i != 3));
  }
}

TEST_CASE("a changed policy reaches known devices; their Service ID stays") {
  storage::MemoryStore store(store_tables().size());
  std::string service_id;
  {
    const RunningFunction pf(store, test_options());
    service_id = post(pf.root(), "a").member("serviceId");
  }
  Options options = test_options();
  options.policy.service_id_template = "{id}@other.example";
  options.policy.server_service_ids = {"m5s-2@other.example", "m5s-3@other.example"};
  options.policy.segment_size = 0;
  const RunningFunction pf(store, options);
  CHECK(post(pf.root(), "a").body ==
        R"({"privateId":"a","serviceId":")" + service_id +
            R"(","serverServiceIds":["m5s-2@other.example","m5s-3@other.example"]})");
  CHECK(post(pf.root(), "b").member("serviceId").ends_with("@other.example"));
}

TEST_CASE("requests are counted by method, protocol and status") {
  storage::MemoryStore store(store_tables().size());
  const RunningFunction pf(store, test_options());
  post(pf.root(), "a");
  post(pf.root(), "a");
  post(pf.root(), "b");
  get(pf, "a");
  get(pf, "c");
  curl({"-X", "PUT", pf.root() + kCollection});
  for (const char* line :
       {R"(msggw_pf_requests_total{method="POST",protocol="http",status="201"} 2)",
        R"(msggw_pf_requests_total{method="POST",protocol="http",status="200"} 1)",
        R"(msggw_pf_requests_total{method="GET",protocol="http",status="200"} 1)",
        R"(msggw_pf_requests_total{method="GET",protocol="http",status="404"} 1)",
        R"(msggw_pf_requests_total{method="other",protocol="http",status="405"} 1)",
        "msggw_pf_assigned_total 2", "msggw_pf_id_collisions_total 0"}) {
    CAPTURE(line);
    CHECK(pf.exposes(line));
  }
}

}  // namespace
}  // namespace msggw::function
