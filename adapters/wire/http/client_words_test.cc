// SPDX-License-Identifier: Apache-2.0
// What a client says where both sides are there and do not come together, so that somebody can mend
// it.
#include <doctest/doctest.h>

#include <string>

#include "adapters/wire/http/test_peers.h"

namespace msggw::http {
namespace {

using namespace test;

constexpr Version kVersions[] = {Version::automatic, Version::http1, Version::http2};

/// Why there was no answer; empty: there was one.
std::string reason(const ClientOptions& options, const std::string& url) {
  boost::asio::io_context io;
  Client client(io, options);
  const auto answer = fetch(io, client, to(url));
  return answer ? std::string() : answer.error().detail;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string address_of(const std::string& scheme, const EchoServer& server) {
  return scheme + "://127.0.0.1:" + std::to_string(server.port()) + "/echo";
}

TEST_CASE("a server that wants a certificate, and a client without one") {
  const Certificates certificates;
  ServerOptions server_options;
  server_options.tls = certificates.server(true);
  EchoServer server(server_options);
  for (const Version version : kVersions) {
    ClientOptions options;
    options.version = version;
    options.tls = certificates.client(false);
    for (int i = 0; i < 20; ++i) {  // the reason must not be lost to a reset
      const std::string why = reason(options, server.url("/echo"));
      CHECK_MESSAGE(contains(why, "the peer refused: certificate required; it wants one of this"),
                    why);
    }
  }
  CHECK(server.metric("refused_total", "tls") == 60);
}

TEST_CASE("https to a port without TLS") {
  const Certificates certificates;
  EchoServer server;
  for (const Version version : kVersions) {
    ClientOptions options;
    options.version = version;
    options.tls = certificates.client(false);
    const std::string why = reason(options, address_of("https", server));
    CHECK_MESSAGE(contains(why, "the peer does not speak TLS on this port"), why);
  }
}

TEST_CASE("http to a port with TLS: this server answers in the clear, others go") {
  const Certificates certificates;
  ServerOptions server_options;
  server_options.tls = certificates.server(false);
  EchoServer server(server_options);
  boost::asio::io_context io;
  Client client(io, {});
  const auto answer = fetch(io, client, to(address_of("http", server)));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 400);
  CHECK(contains(answer->body, "this port speaks https, and was asked by http"));
  CHECK(server.metric("refused_total", "cleartext") == 1);
  ClientOptions http2;
  http2.version = Version::http2;
  const std::string why = reason(http2, address_of("http", server));
  CHECK_MESSAGE(contains(why, "the server closed it; if it speaks TLS, ask it by https"), why);

  for (const char* talk : {"", "\x15\x03\x03\x00\x02\x02\x46"}) {
    const RawServer other([talk](RawSocket& peer) {
      peer.receive_until("\r\n\r\n");
      peer.send(std::string_view(talk, *talk == '\0' ? 0 : 7));
      peer.shutdown_send();
      peer.receive_all();
    });
    const std::string told = reason({}, other.url());
    CHECK_MESSAGE(contains(told, "; if the server speaks TLS, ask it by https"), told);
  }
}

}  // namespace
}  // namespace msggw::http
