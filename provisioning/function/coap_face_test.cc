// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/coap_face.h"

#include <doctest/doctest.h>

#include <future>
#include <string>
#include <vector>

#include "adapters/wire/coap/test_raw_peer.h"
#include "adapters/wire/tls/test_certificates.h"
#include "provisioning/function/coap_calls.h"
#include "provisioning/function/desk_bench.h"
#include "provisioning/function/running_function.h"
#include "storage/memory_store.h"

namespace msggw::function {
namespace {

using base::Scheme;
using coap::Code;
using protocol::Encoding;

constexpr Scheme kCoapSchemes[] = {Scheme::coap, Scheme::coaps, Scheme::coap_tcp,
                                   Scheme::coaps_tcp};

std::string service_id(Encoding encoding, const std::string& body) {
  const auto response = protocol::decode_response(encoding, body, {});
  return response ? response->service_id : "no response: " + response.error().detail;
}
std::string service_id(const base::Result<coap::ClientResponse>& got) {
  if (!got) return got.error().detail;
  return service_id(got->content_format == coap::kFormatCbor ? Encoding::cbor : Encoding::json,
                    got->payload);
}
std::string code_text(const base::Result<coap::ClientResponse>& got) {
  return got ? coap::to_text(got->code) : got.error().detail;
}

coap::ClientSecurity trusting(const tls::test::Certificates& certificates) {
  coap::ClientSecurity security;
  security.ca = certificates.pem("ca");
  return security;
}

TEST_CASE("the resources over CoAP, as an independent client sees them") {
  storage::MemoryStore store(store_tables().size());
  const RunningFunction pf(store, test_options());
  const std::string root = pf.root(Scheme::coap);
  const std::string all = root + kCollection;
  const auto post = [&](const std::string& body, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"-m", "post", "-t", "50", "-e", body};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(all);
    return coap_client(arguments);
  };

  const auto made = post(request_for("dev/1"));
  CHECK(made.code == "2.01");
  CHECK(
      made.says("Location-Path:msgin5g-provisioning, Location-Path:v1, "
                "Location-Path:provisionings, Location-Path:dev/1"));
  CHECK(made.says("Content-Format:application/json"));
  CHECK(made.says(R"("serviceId":"n3g-)"));
  const auto again = post(request_for("dev/1"));
  CHECK(again.code == "2.04");
  CHECK_FALSE(again.says("Location-Path"));
  CHECK(coap_client({all + "/dev%2F1"}).code == "2.05");
  CHECK(coap_client({"-A", "60", all + "/dev%2F1"}).says("application/cbor"));
  CHECK(coap_client({"-m", "delete", all + "/dev%2F1"}).code == "2.02");
  const auto gone = coap_client({all + "/dev%2F1"});
  CHECK(gone.code == "4.04");
  CHECK(gone.says(R"("cause":"PRIVATE_ID_NOT_FOUND")"));
  CHECK(gone.says("Content-Format:application/json"));

  CHECK(post("{").code == "4.00");
  CHECK(post(R"({"ueType":"AS"})").says("MANDATORY_IE_MISSING"));
  CHECK(post(request_for("x"), {"-A", "0"}).code == "4.06");
  CHECK(coap_client({"-m", "post", "-t", "0", "-e", request_for("x"), all}).code == "4.15");
  CHECK(coap_client({"-m", "put", "-e", "x", all}).code == "4.05");
  CHECK(coap_client({"-m", "delete", all}).code == "4.05");
  CHECK(coap_client({root + "/nothing"}).code == "4.04");
  CHECK(coap_client({all + "/a/b/c/d/e/f/g/h"}).code == "4.04");
  const auto bulk = coap_client({"-m", "post", "-t", "50", "-e", "{}", all + "/bulk"});
  CHECK(bulk.code == "4.05");
  CHECK(bulk.says("HTTP"));
  CHECK(coap_client({root + "/healthz"}).says(R"("state":"ready","assignments":0)"));
  const auto core = coap_client({root + "/.well-known/core"});
  CHECK(core.says("</msgin5g-provisioning/v1/provisionings>"));
  CHECK(core.says("</msgin5g>"));
  // Nothing of all this was assigned, and a body without Content-Format is JSON.
  CHECK(coap_client({"-m", "post", "-e", request_for("y"), all}).code == "2.01");

  CHECK(pf.exposes(R"(msggw_pf_requests_total{method="POST",protocol="coap",status="201"} 2)"));
}

TEST_CASE("a body that is too large: 4.13 with Size1, block by block or at once") {
  storage::MemoryStore store(store_tables().size());
  Options options = test_options();
  options.wire.body_octets = 1'024;
  const RunningFunction pf(store, options);
  CoapCaller caller;
  for (const Scheme scheme : {Scheme::coap, Scheme::coap_tcp}) {
    const std::string all = pf.root(scheme) + kCollection;
    CHECK(code_text(caller.post(all, request_for("a") + std::string(1'024, ' '))) == "4.13");
    CHECK(code_text(caller.post(all, request_for("a") + std::string(20'000, ' '))) == "4.13");
  }
  CHECK(code_text(caller.get(pf.root(Scheme::coap) + kCollection + "/a")) == "4.04");
}

TEST_CASE("one store: the same ID over every scheme and encoding, in messages too") {
  const tls::test::Certificates certificates;
  storage::MemoryStore store(store_tables().size());
  Options options = test_options();
  options.tls = {certificates.pem("server"), certificates.key("server"), {}};
  const RunningFunction pf(store, options);
  CoapCaller caller(trusting(certificates));
  // Each of them is the first to ask for one Private ID and the others repeat it.
  const auto ask = [&](const Scheme scheme, const Encoding encoding, const bool as_message,
                       const std::string& private_id) -> std::pair<std::string, std::string> {
    std::string body = R"({"ueType":"LEGACY_3GPP","privateId":")" + private_id + "\"}";
    if (as_message) {
      body = R"({"msgType":"MSG","msgId":"1","appId":"msgin5g-provisioning",)"
             R"("destAddr":{"addrType":"AS","addr":"pf"},"payload":)" +
             body + "}";
    }
    const auto format = encoding == Encoding::json ? coap::kFormatJson : coap::kFormatCbor;
    const auto got = caller.post(pf.root(scheme) + (as_message ? "/msgin5g" : kCollection),
                                 encoded(encoding, body), format);
    if (!got) return {got.error().detail, ""};
    CHECK(got->content_format == format);
    if (!as_message) return {coap::to_text(got->code), service_id(encoding, got->payload)};
    const auto message = protocol::decode_envelope(encoding, got->payload, {});
    CHECK(message.ok());
    CHECK(message.envelope.msg_id == "1");
    return {coap::to_text(got->code), service_id(encoding, message.envelope.payload)};
  };
  int number = 0;
  for (const Scheme first : kCoapSchemes) {
    for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
      for (const bool as_message : {false, true}) {
        const std::string private_id = "device-" + std::to_string(number++);
        CAPTURE(base::name_of(first));
        CAPTURE(as_message);
        const auto made = ask(first, encoding, as_message, private_id);
        CHECK(made.first == "2.01");
        CHECK(made.second.starts_with("l3g-"));
        for (const Scheme scheme : kCoapSchemes) {
          const auto again = ask(scheme, Encoding::cbor, !as_message, private_id);
          CHECK(again.first == "2.04");
          CHECK(again.second == made.second);
        }
        const auto over_http = post(pf.root(), private_id);
        CHECK(over_http.status == 200);
        CHECK(over_http.member("serviceId") == made.second);
        CHECK(service_id(caller.get(pf.root(first) + item_path(private_id))) == made.second);
      }
    }
  }
}

TEST_CASE("another request under a MID and token, from the same port, is another request") {
  storage::MemoryStore store(store_tables().size());
  const RunningFunction pf(store, test_options());
  coap::test::Loop loop;
  coap::test::RawPeer nat(loop, pf.port(Scheme::coap));  // two gateways' mapping
  constexpr std::uint8_t kGet = 1, kPost = 2, kDelete = 4;
  constexpr std::uint16_t kUriPath = 11, kContentFormat = 12;
  const auto ask = [&](std::uint8_t method, const std::string& private_id) {
    coap::test::RawMessage message;
    message.code = method;
    message.mid = 7;
    for (const char* segment : {"msgin5g-provisioning", "v1", "provisionings"})
      message.options.emplace_back(kUriPath, segment);
    if (method == kPost) {
      message.options.emplace_back(kContentFormat, std::string(1, coap::kFormatJson));
      message.payload = request_for(private_id);
    } else {
      message.options.emplace_back(kUriPath, private_id);
    }
    auto answer = nat.ask(message);
    if (answer.code == 0) {  // the response comes by itself
      answer = nat.receive();
      nat.send({coap::MessageType::acknowledgement, 0, answer.mid, {}, {}, {}});
    }
    return answer;
  };
  constexpr std::uint8_t kCreated = 2 << 5 | 1, kDeleted = 2 << 5 | 2, kContent = 2 << 5 | 5;
  const auto a = ask(kPost, "a");
  const auto b = ask(kPost, "b");
  CHECK(a.code == kCreated);
  CHECK(b.code == kCreated);
  CHECK(service_id(Encoding::json, a.payload) != service_id(Encoding::json, b.payload));
  const auto read = ask(kGet, "a");
  CHECK(read.code == kContent);
  CHECK(service_id(Encoding::json, read.payload) == service_id(Encoding::json, a.payload));
  CHECK(ask(kDelete, "a").code == kDeleted);
  CHECK(get(pf, "a").status == 404);
  CHECK(get(pf, "b").status == 200);
}

TEST_CASE("no answer before the commit; 5.03 with Max-Age when too many wait") {
  GatedStore store;
  Options options = test_options();
  options.max_unanswered = 1;
  const RunningFunction pf(store, options);
  const std::string all = pf.root(Scheme::coap) + kCollection;
  CoapCaller caller;
  const std::string known = service_id(caller.post(all, request_for("known")));
  store.hold();
  auto waiting = std::async(std::launch::async, [&] {
    CoapCaller another;
    return another.post(all, request_for("a"));
  });
  while (curl({pf.root() + "/healthz"}).body.find("\"unanswered\":1}") == std::string::npos) {
  }
  const auto refused = caller.post(all, request_for("b"));
  CHECK(code_text(refused) == "5.03");
  CHECK(refused->max_age_s == 1);
  CHECK(refused->payload.find("NF_CONGESTION") != std::string::npos);
  CHECK(service_id(caller.post(all, request_for("known"))) == known);
  CHECK(waiting.wait_for(std::chrono::milliseconds(0)) == std::future_status::timeout);
  store.let_go();
  CHECK(code_text(waiting.get()) == "2.01");
}

}  // namespace
}  // namespace msggw::function
