// SPDX-License-Identifier: Apache-2.0
// Bulk requests, as they come over HTTP.
#include <doctest/doctest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <string>
#include <vector>

#include "provisioning/function/calls.h"
#include "provisioning/function/curl.h"
#include "provisioning/function/running_function.h"
#include "storage/memory_store.h"

namespace msggw::function {
namespace {

using boost::asio::ip::tcp;

TEST_CASE("bulk over HTTP/1.1 and HTTP/2: answered after the commit, each item by itself") {
  GatedStore store;
  const RunningFunction pf(store, test_options());
  const auto bulk = [&](const std::string& body, std::vector<std::string> more = {}) {
    for (const std::string& argument :
         {std::string("-H"), std::string("content-type: application/json"),
          std::string("--data-binary"), body, pf.root() + std::string(kBulkPath)})
      more.push_back(argument);
    return curl(more);
  };
  std::string many;
  for (int i = 0; i < 256; ++i) many += (i == 0 ? "" : ",") + request_for("d" + std::to_string(i));
  const std::string body = R"({"requests":[)" + many + "]}";
  const auto made = bulk(body);
  CHECK(made.status == 200);
  CHECK(made.header("content-type") == "application/json");
  CHECK(store.rows() == 256);
  const auto items = protocol::decode_bulk_response(protocol::Encoding::json, made.body, {});
  REQUIRE(items);
  REQUIRE(items->size() == 256);
  CHECK(items->front().status == 201);
  CHECK(items->back().status == 201);
  const auto again = bulk(body, {"--http2-prior-knowledge"});
  CHECK(again.status == 200);
  const auto known = protocol::decode_bulk_response(protocol::Encoding::json, again.body, {});
  REQUIRE(known);
  for (std::size_t i = 0; i < 256; ++i) {
    CHECK((*known)[i].status == 200);
    CHECK((*known)[i].response->service_id == (*items)[i].response->service_id);
  }
  CHECK(get(pf, "d7").member("serviceId") == (*items)[7].response->service_id);

  const auto too_many = bulk(R"({"requests":[)" + many + "," + request_for("x") + "]}");
  CHECK(too_many.status == 413);
  CHECK(too_many.member("cause") == "PAYLOAD_TOO_LARGE");
  CHECK(curl({"-X", "PUT", pf.root() + kCollection + "/bulk"}).header("allow") ==
        "POST, GET, HEAD, DELETE");
  CHECK(curl({"-X", "POST", pf.root() + kCollection + "/bulk"}).status == 415);
  CHECK(curl({"-X", "PUT", pf.root() + std::string(kBulkPath)}).header("allow") == "POST");
  // As it was called before; to GET it is the Private ID "bulk".
  CHECK(curl({"-H", "content-type: application/json", "--data-binary",
              R"({"requests":[)" + request_for("d1") + "]}", pf.root() + kCollection + "/bulk"})
            .status == 200);
  CHECK(get(pf, "bulk").status == 404);

  store.hold();
  auto waiting = std::async(std::launch::async, [&] {
    return bulk(R"({"requests":[)" + request_for("d1") + "," + request_for("new") + "]}");
  });
  while (curl({pf.root() + "/healthz"}).body.find("\"unanswered\":1}") == std::string::npos) {
  }
  CHECK(waiting.wait_for(std::chrono::milliseconds(0)) == std::future_status::timeout);
  store.let_go();
  CHECK(waiting.get().status == 200);
}

TEST_CASE("bulk requests that take long: one source has a share, others are served") {
  storage::MemoryStore store(store_tables().size());
  RunningFunction pf(store, test_options());
  pf.on_loop([](Function& function) {
    PolicyOptions policy = policy_of({.service_id_template = "{id}"});
    for (int i = 0; i < 1'000; ++i)
      policy.rules.push_back(
          {.name = "r" + std::to_string(i), .private_ids = {"never" + std::to_string(i)}});
    function.set_policy(Policy(policy, {}));
  });
  std::string body;
  for (int i = 0; i < 32; ++i)
    body += (i == 0 ? "" : ",") + request_for("device-" + std::to_string(i));
  body = R"({"requests":[)" + body + "]}";
  const std::string request = "POST " + std::string(kBulkPath) +
                              " HTTP/1.1\r\nhost: x\r\ncontent-type: "
                              "application/json\r\nconnection: close\r\ncontent-length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  boost::asio::io_context io;
  std::vector<tcp::socket> many;
  // All have asked before the first is answered.
  pf.on_loop([&](Function& function) {
    for (int i = 0; i < 120; ++i) {
      many.emplace_back(io).connect({boost::asio::ip::make_address("127.0.0.1"), function.port()});
      boost::asio::write(many.back(), boost::asio::buffer(request));
    }
  });
  CHECK(curl({"--interface", "127.0.0.2", "-H", "content-type: application/json", "--data-binary",
              body, pf.root() + std::string(kBulkPath)})
            .status == 200);
  int served = 0;
  int refused = 0;
  for (tcp::socket& one : many) {
    std::string answer(12, '\0');
    boost::asio::read(one, boost::asio::buffer(answer));
    ++(answer == "HTTP/1.1 200" ? served : refused);
  }
  CHECK(refused > 0);
  CHECK(served >= 60);
}

}  // namespace
}  // namespace msggw::function
