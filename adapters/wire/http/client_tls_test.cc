// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "adapters/wire/http/client.h"
#include "adapters/wire/http/test_peers.h"

namespace msggw::http {
namespace {

using base::Errc;
using test::Certificates;
using test::EchoServer;
using test::fetch;
using test::line_of;
using test::post;

TEST_CASE("TLS: versions, own certificate, an unknown authority") {
  const Certificates certificates;
  ServerOptions server_options;
  server_options.tls = certificates.server(true);
  EchoServer server(server_options);
  for (const Version version : {Version::automatic, Version::http1, Version::http2}) {
    boost::asio::io_context io;
    ClientOptions options;
    options.version = version;
    options.tls = certificates.client(true);
    Client client(io, options);
    for (int i = 0; i < 3; ++i) {
      const auto answer = fetch(io, client, post(server.url("/describe")));
      REQUIRE(answer.has_value());
      CHECK(line_of(answer->body, "client_name") == "gateway-1");
      CHECK(answer->version == (version == Version::http1 ? 11u : 20u));
    }
    CHECK(server.metric("connections") == 1);
  }
  for (const bool known : {false, true}) {
    for (const Version version : {Version::automatic, Version::http2}) {
      boost::asio::io_context io;
      ClientOptions options;
      options.version = version;
      if (known) options.tls.ca = certificates.pem("ca");  // but no certificate of its own
      Client client(io, options);
      const auto answer = fetch(io, client, post(server.url("/echo")));
      REQUIRE_FALSE(answer.has_value());
      CHECK(answer.error().code == Errc::unavailable);
      CHECK(answer.error().detail.find(server.url("")) != std::string::npos);
    }
  }
}

TEST_CASE("TLS: a server's certificate that is not right, by name") {
  Certificates certificates;
  certificates.make("partial", {.names = {"DNS:local*"}});
  certificates.make("intermediate", {.is_ca = true});
  certificates.make("below", {.names = {"DNS:localhost"}, .issuer = "intermediate"});
  struct Row {
    const char* certificate;
    const char* ca;
    const char* why;  ///< null: it is right
  };
  const Row rows[] = {{"server", "ca", nullptr},
                      {"expired", "ca", "has expired"},
                      {"named", "ca", "does not name the host"},
                      {"partial", "ca", "does not name the host"},
                      {"stranger", "ca", "not trusted here"},
                      {"below", "intermediate", nullptr}};
  for (const Row& row : rows) {
    CAPTURE(row.certificate);
    ServerOptions server_options;
    server_options.tls = {certificates.pem(row.certificate), certificates.key(row.certificate), {}};
    EchoServer server(server_options);
    std::vector<std::string> told;
    for (const Version version : {Version::automatic, Version::http2}) {
      boost::asio::io_context io;
      ClientOptions options;
      options.version = version;
      options.tls.ca = certificates.pem(row.ca);
      Client client(io, options);
      const std::string url = "https://localhost:" + std::to_string(server.port()) + "/echo";
      const auto answer = fetch(io, client, post(url));
      REQUIRE(answer.has_value() == (row.why == nullptr));
      told.push_back(answer ? "" : answer.error().detail);
      if (row.why != nullptr)
        CHECK_MESSAGE(told.back().find(row.why) != std::string::npos, told.back());
    }
    CHECK(told.front() == told.back());
  }
}

}  // namespace
}  // namespace msggw::http
