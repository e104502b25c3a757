// SPDX-License-Identifier: Apache-2.0
// Who may ask, as seen from outside: TLS and DTLS with certificates and keys, tokens, and what is
// read again while the Provisioning Function runs.
#include <doctest/doctest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "adapters/wire/http/client.h"
#include "adapters/wire/tls/test_certificates.h"
#include "provisioning/function/coap_calls.h"
#include "provisioning/function/running_function.h"
#include "storage/memory_store.h"

namespace msggw::function {
namespace {

using base::Scheme;
using tls::test::Certificates;

Gateways two_gateways() {
  return Gateways({{.name = "meters",
                    .certificate = "gateway-1",
                    .token = "meters-token",
                    .private_ids = {"meter-*"}},
                   {.name = "lamps",
                    .token = "lamps-token",
                    .psk_identity = "lamps",
                    .psk_key = "lamps-key",
                    .ue_types = {core::UeType::legacy_3gpp},
                    .private_ids = {"lamp-*"}}});
}

Options secured(const Certificates& certificates, bool mutual) {
  Options options = test_options();
  options.tls = {certificates.pem("server"), certificates.key("server"), {}};
  if (mutual) options.tls.client_ca = certificates.pem("ca");
  return options;
}

std::vector<std::string> as(const Certificates& certificates, const std::string& who) {
  return {"--cacert", certificates.pem("ca").string(), "--cert", certificates.pem(who).string(),
          "--key",    certificates.key(who).string()};
}

/// Arguments of coap-client.
std::vector<std::string> coap_post(const std::string& root, const std::string& private_id,
                                   std::vector<std::string> more,
                                   const std::string& type = "NON_3GPP") {
  const std::string body = R"({"ueType":")" + type + R"(","privateId":")" + private_id + "\"}";
  for (const std::string& argument :
       {std::string("-m"), std::string("post"), std::string("-t"), std::string("50"),
        std::string("-e"), body, root + kCollection})
    more.push_back(argument);
  return more;
}

TEST_CASE("curl with certificates: accepted or refused as configured") {
  const Certificates certificates;
  storage::MemoryStore store(store_tables().size());
  const RunningFunction pf(store, secured(certificates, true), two_gateways());
  const std::string root = pf.tls_root();
  const auto ask = [&](const std::string& who, const std::string& private_id) {
    return post(root, private_id, as(certificates, who));
  };
  CHECK(ask("client", "meter-1").status == 201);
  const auto beyond = ask("client", "lamp-1");
  CHECK(beyond.status == 403);
  CHECK(beyond.member("cause") == "GATEWAY_NOT_AUTHORIZED");
  CHECK(ask("named", "lamp-1").status == 401);  // signed by the CA, and no gateway of the file
  CHECK(ask("stranger", "meter-1").status == 0);
  CHECK(ask("expired", "meter-1").status == 0);
  CHECK(post(root, "meter-1", {"--cacert", certificates.pem("ca").string()}).status == 0);
  CHECK(pf.exposes(R"(msggw_http_refused_total{reason="tls",server="pf_tls"} 3)"));
}

TEST_CASE("curl with tokens") {
  storage::MemoryStore store(store_tables().size());
  Options options = test_options();
  const RunningFunction pf(store, options, two_gateways());
  const auto ask = [&](const std::string& authorization, const std::string& private_id) {
    return post(pf.root(), private_id, {"-H", "authorization: " + authorization});
  };
  CHECK(ask("Bearer meters-token", "meter-1").status == 201);
  CHECK(ask("Bearer meters-token", "lamp-1").status == 403);
  CHECK(ask("Bearer lamps-token", "lamp-1").status == 403);  // not NON_3GPP
  const auto wrong = ask("Bearer other", "meter-1");
  CHECK(wrong.status == 401);
  CHECK(wrong.header("www-authenticate") == "Bearer error=\"invalid_token\"");
  CHECK(wrong.member("cause") == "GATEWAY_UNKNOWN");
  const auto none = post(pf.root(), "meter-1");
  CHECK(none.status == 401);
  CHECK(none.header("www-authenticate") == "Bearer");
  CHECK(post(pf.root(), "meter-1",
             {"--http2-prior-knowledge", "-H", "authorization: Bearer meters-token"})
            .status == 200);
}

TEST_CASE("coap-client with PSK and with certificates, over UDP and TCP") {
  const Certificates certificates;
  storage::MemoryStore store(store_tables().size());
  const RunningFunction pf(store, secured(certificates, true), two_gateways());
  for (const Scheme scheme : {Scheme::coaps, Scheme::coaps_tcp}) {
    CAPTURE(base::name_of(scheme));
    const std::string root = pf.root(scheme);
    const bool first = scheme == Scheme::coaps;
    const std::vector<std::string> psk = {"-u", "lamps", "-k", "lamps-key"};
    const auto certificate = [&](const std::string& who) -> std::vector<std::string> {
      return {"-c", certificates.pem(who).string(),  "-j", certificates.key(who).string(),
              "-C", certificates.pem("ca").string(), "-n"};
    };
    CHECK(coap_client(coap_post(root, "lamp-1", psk, "LEGACY_3GPP")).code ==
          (first ? "2.01" : "2.04"));
    const auto beyond = coap_client(coap_post(root, "lamp-1", psk));
    CHECK(beyond.code == "4.03");
    CHECK(beyond.says("GATEWAY_NOT_AUTHORIZED"));
    CHECK(coap_client(coap_post(root, "meter-1", certificate("client"))).code ==
          (first ? "2.01" : "2.04"));
    CHECK(coap_client(coap_post(root, "lamp-1", certificate("client"))).code == "4.03");
    CHECK(coap_client(coap_post(root, "meter-1", {"-u", "nobody", "-k", "lamps-key"})).code == "");
    CHECK(coap_client(coap_post(root, "meter-1", {"-u", "lamps", "-k", "wrong"})).code == "");
    CHECK(coap_client(coap_post(root, "meter-1", certificate("stranger"))).code == "");
    CHECK(coap_client(coap_post(root, "meter-1", certificate("expired"))).code == "");
  }
}

TEST_CASE("any name of a certificate is its gateway's, over HTTP and CoAP alike") {
  Certificates certificates;
  certificates.make("several", {.names = {"DNS:other.example", "URI:urn:gw:1", "DNS:gateway-1"}});
  certificates.make("old", {.common_name = "gateway-1"});
  certificates.make("common", {.common_name = "gateway-1", .names = {"DNS:other.example"}});
  storage::MemoryStore store(store_tables().size());
  Options options = secured(certificates, true);
  const RunningFunction pf(store, options, two_gateways());
  REQUIRE(post(pf.tls_root(), "meter-1", as(certificates, "client")).status == 201);
  const auto answers = [&](const std::string& who) {
    std::string all = std::to_string(post(pf.tls_root(), "meter-1", as(certificates, who)).status);
    for (const Scheme scheme : {Scheme::coaps, Scheme::coaps_tcp}) {
      all += ' ' + coap_client(coap_post(pf.root(scheme), "meter-1",
                                         {"-c", certificates.pem(who).string(), "-j",
                                          certificates.key(who).string(), "-n"}))
                       .code;
    }
    return all;
  };
  CHECK(answers("several") == "200 2.04 2.04");
  CHECK(answers("old") == "200 2.04 2.04");
  CHECK(answers("common") == "401 4.01 4.01");  // with other names, the common name is none
}

TEST_CASE("a PSK is enough for CoAP with security, and for an address open to the network") {
  storage::MemoryStore store(store_tables().size());
  Options options = test_options();
  options.address = boost::asio::ip::address_v4::any();
  const RunningFunction pf(store, options, two_gateways());
  CHECK(pf.port() == 0);
  CHECK(pf.port(Scheme::https) == 0);
  CHECK(pf.port(Scheme::coap) == 0);
  CHECK(pf.port(Scheme::coap_tcp) == 0);
  CHECK(coap_client(coap_post(pf.root(Scheme::coaps), "lamp-1", {"-u", "lamps", "-k", "lamps-key"},
                              "LEGACY_3GPP"))
            .code == "2.01");
}

/// An HTTP client that keeps its connection, for tests.
class HttpCaller {
 public:
  explicit HttpCaller(http::ClientTls tls) : client_(io_, options(std::move(tls))) {}

  unsigned post(const std::string& root, const std::string& private_id) {
    std::optional<base::Result<http::ClientResponse>> got;
    http::ClientRequest request;
    request.url = base::parse_uri(root + kCollection).value();
    request.content_type = "application/json";
    request.body = request_for(private_id);
    client_.start(std::move(request), [&](auto result) { got = std::move(result); });
    while (!got) io_.run_one();
    return *got ? (*got)->status : 0;
  }

 private:
  static http::ClientOptions options(http::ClientTls tls) {
    http::ClientOptions options;
    options.tls = std::move(tls);
    options.request_timeout = base::Duration{20'000};
    return options;
  }

  boost::asio::io_context io_;
  http::Client client_;
};

TEST_CASE("a gateway that is taken out of the file is refused on the connections it has") {
  const Certificates certificates;
  storage::MemoryStore store(store_tables().size());
  Options options = secured(certificates, true);
  RunningFunction pf(store, options, two_gateways());
  coap::ClientSecurity psk;
  psk.psk_identity = "lamps";
  psk.psk_key = "lamps-key";
  coap::ClientSecurity certificate;
  certificate.ca = certificates.pem("ca");
  certificate.certificate = certificates.pem("client");
  certificate.key = certificates.key("client");
  struct Session {
    Scheme scheme;
    CoapCaller caller;
    std::string body;
  };
  const std::string lamp = R"({"ueType":"LEGACY_3GPP","privateId":"lamp-1"})";
  const std::string meter = R"({"ueType":"NON_3GPP","privateId":"meter-1"})";
  std::array<Session, 4> sessions{Session{Scheme::coaps, CoapCaller(psk), lamp},
                                  Session{Scheme::coaps_tcp, CoapCaller(psk), lamp},
                                  Session{Scheme::coaps, CoapCaller(certificate), meter},
                                  Session{Scheme::coaps_tcp, CoapCaller(certificate), meter}};
  HttpCaller https(
      {certificates.pem("ca"), certificates.pem("client"), certificates.key("client")});
  const auto answers = [&] {
    std::vector<std::string> all;
    for (Session& session : sessions) {
      const auto got = session.caller.post(pf.root(session.scheme) + kCollection, session.body);
      all.push_back(got ? coap::to_text(got->code) : got.error().detail);
    }
    all.push_back(std::to_string(https.post(pf.tls_root(), "meter-2")));
    return all;
  };
  using All = std::vector<std::string>;
  CHECK(answers() == All{"2.01", "2.04", "2.01", "2.04", "201"});
  pf.on_loop([](Function& function) {
    function.set_gateways(Gateways(std::vector<GatewayOptions>{{.name = "other", .token = "t"}}));
  });
  CHECK(answers() == All{"4.01", "4.01", "4.01", "4.01", "401"});
  pf.on_loop([](Function& function) { function.set_gateways(two_gateways()); });
  CHECK(answers() == All{"2.04", "2.04", "2.04", "2.04", "200"});
  CHECK(pf.exposes("msggw_pf_coap_sessions 4"));
  CHECK(pf.exposes(R"(msggw_http_connections{server="pf_tls"} 1)"));
}

TEST_CASE("when connections are full a gateway of the file keeps its own, strangers do not") {
  const Certificates certificates;
  storage::MemoryStore store(store_tables().size());
  Options options = secured(certificates, true);
  options.max_connections = 1;
  const RunningFunction pf(store, options, two_gateways());
  const auto caller = [&](const char* who) {
    return std::make_unique<HttpCaller>(
        http::ClientTls{certificates.pem("ca"), certificates.pem(who), certificates.key(who)});
  };
  const auto gateway = caller("client");
  CHECK(gateway->post(pf.tls_root(), "meter-1") == 201);
  // Strangers have the places beyond, which loopback addresses get, one after the other.
  std::vector<std::unique_ptr<HttpCaller>> strangers;
  for (int i = 0; i < 2; ++i) {
    strangers.push_back(caller("named"));
    CHECK(strangers.back()->post(pf.tls_root(), "meter-1") == 401);
  }
  CHECK(gateway->post(pf.tls_root(), "meter-1") == 200);  // over the connection that it had
  CHECK(pf.exposes(R"(msggw_http_refused_total{reason="displaced",server="pf_tls"} 1)"));
  CHECK(pf.exposes(R"(msggw_http_connections{server="pf_tls"} 2)"));
}

TEST_CASE("who is no gateway of the file is served if the options say so") {
  const Certificates certificates;
  storage::MemoryStore store(store_tables().size());
  Options options = secured(certificates, true);
  options.allow_unknown_gateways = true;
  const RunningFunction pf(store, options, two_gateways());
  CHECK(post(pf.tls_root(), "lamp-1", as(certificates, "named")).status == 201);
}

TEST_CASE("gateways and certificates change while connections stay") {
  const Certificates certificates;
  storage::MemoryStore store(store_tables().size());
  const auto file = [&](const char* name) { return certificates.folder() / name; };
  const auto use = [&](const std::string& name) {
    const auto over = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(certificates.pem(name), file("used.pem"), over);
    std::filesystem::copy_file(certificates.key(name), file("used.key"), over);
  };
  use("server");
  Options options = test_options();
  options.tls = {file("used.pem"), file("used.key"), {}};
  options.allow_unknown_gateways = true;
  RunningFunction pf(store, options, two_gateways());
  coap::ClientSecurity psk;
  psk.psk_identity = "lamps";
  psk.psk_key = "lamps-key";
  CoapCaller open_session(psk);
  const std::string lamp = R"({"ueType":"LEGACY_3GPP","privateId":"lamp-1"})";
  const std::string coaps = pf.root(Scheme::coaps) + kCollection;
  const auto code = [](const base::Result<coap::ClientResponse>& got) {
    return got ? coap::to_text(got->code) : got.error().detail;
  };
  REQUIRE(code(open_session.post(coaps, lamp)) == "2.01");
  const auto over_tls = [&](const char* ca) {
    return post(pf.tls_root(), "x", {"--cacert", certificates.pem(ca).string()}).status;
  };
  const auto over_dtls = [&](const char* ca) {
    return coap_client(coap_post(pf.root(Scheme::coaps), "x",
                                 {"-C", certificates.pem(ca).string(), "-R",
                                  certificates.pem(ca).string(), "-n"}))
               .code != "";
  };
  CHECK(over_tls("ca") == 201);
  CHECK(over_tls("stranger-ca") == 0);

  use("stranger");  // of another CA
  const auto reload = [&] {
    return pf.on_loop([&](Function& function) {
      try {
        function.reconfigure(function.prepare(options, function.gateways().has_psk()));
        return true;
      } catch (const std::runtime_error&) {
        return false;
      }
    });
  };
  CHECK(reload());
  CHECK(over_tls("ca") == 0);
  CHECK(over_tls("stranger-ca") == 200);
  CHECK(over_dtls("stranger-ca"));
  CHECK(code(open_session.post(coaps, lamp)) == "2.04");  // its session is as it was

  std::filesystem::resize_file(file("used.pem"), 10);
  CHECK_FALSE(reload());
  CHECK(over_tls("stranger-ca") == 200);
  std::filesystem::remove(file("used.key"));
  use("server");
  std::filesystem::remove(file("used.key"));
  CHECK_FALSE(reload());
  CHECK(over_tls("stranger-ca") == 200);

  pf.on_loop([](Function& function) {
    function.set_gateways(Gateways(std::vector<GatewayOptions>{
        {.name = "lamps", .psk_identity = "lamps", .psk_key = "new-key"}}));
  });
  // Who the open session belongs to was proven with the old key, and is known still.
  CHECK(code(open_session.post(coaps, R"({"ueType":"AS","privateId":"y"})")) == "2.01");
  CoapCaller old_key(psk);
  CHECK_FALSE(old_key.post(coaps, lamp).has_value());
  psk.psk_key = "new-key";
  CoapCaller new_key(psk);
  CHECK(code(new_key.post(coaps, lamp)) == "2.04");
  pf.on_loop([](Function& function) {
    function.set_gateways(Gateways(std::vector<GatewayOptions>{{.name = "other", .token = "t"}}));
  });
  CHECK(code(new_key.post(coaps, lamp)) == "4.01");
}

}  // namespace
}  // namespace msggw::function
