// SPDX-License-Identifier: Apache-2.0
// The server against clients that others wrote: curl, nghttp, h2load, wrk, openssl.
#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "adapters/wire/http/test_peers.h"
#include "tests/support/temp_folder.h"

namespace msggw::http {
namespace {

using test::Certificates;
using test::count;
using test::EchoServer;
using test::run;

TEST_CASE("curl over HTTP/1.1 and HTTP/2 without TLS") {
  EchoServer server;
  const struct {
    const char* flag;
    const char* version;
  } kinds[] = {{"--http1.0", "11"},
               {"--http1.1", "11"},
               {"--http2-prior-knowledge", "20"},
               {"--http2", "11"}};
  for (const auto& kind : kinds) {
    CAPTURE(std::string(kind.flag));
    const std::string curl = std::string("curl -sS ") + kind.flag + " ";
    CHECK(run(curl + "-d hello " + server.url("/echo")).text == "hello");
    const auto described =
        run(curl + "-X PUT -H 'Content-Type: a/b' -H '3gpp-Sbi-Message-Priority: 7' -d 12345 '" +
            server.url("/describe?q=1") + "'");
    CHECK(described.text.find(
              "method=PUT\npath=/describe\nquery=q=1\ncontent_type=a/b\naccept=*/*\n") == 0);
    CHECK(described.text.find(std::string("message_priority=7\nversion=") + kind.version) !=
          std::string::npos);
    CHECK(described.text.find("body=5\n") != std::string::npos);
    CHECK(run(curl + "-I " + server.url("/describe")).text.find("content-length: ") !=
          std::string::npos);
    CHECK(run(curl + "-o /dev/null -w '%{http_code}' " + server.url("/status?204")).text == "204");
    CHECK(run(curl + "-o /dev/null -w '%{http_code}' " + server.url("/nothing")).text == "404");
    CHECK(run(curl + "-o /dev/null -w '%{size_download}' " + server.url("/big?3000000")).text ==
          "3000000");
    // Chunked under HTTP/1.1; without a length under HTTP/2.
    const auto streamed =
        run("head -c 50000 /dev/zero | " + curl + "-H 'Transfer-Encoding: chunked' -T - -X POST " +
            server.url("/describe"));
    if (std::string(kind.flag) != "--http1.0")
      CHECK(streamed.text.find("body=50000\n") != std::string::npos);
    const auto expected =
        run("head -c 60000 /dev/zero | " + curl + "-H 'Expect: 100-continue' --data-binary @- " +
            server.url("/describe"));
    CHECK(expected.text.find("body=60000\n") != std::string::npos);
    // Curl tells the answer that came before it had sent all from a broken connection.
    const auto large =
        run("head -c 3000000 /dev/zero | " + curl +
            "-H 'Expect:' -o /dev/null -w '%{http_code}' --data-binary @- " + server.url("/echo"));
    CHECK(large.text.find("413") != std::string::npos);
    const auto header = run(
        curl + "-o /dev/null -w '%{http_code}' -H \"a: $(head -c 20000 /dev/zero | tr '\\0' a)\" " +
        server.url("/echo"));
    CHECK(header.text.find("431") != std::string::npos);
  }
}

TEST_CASE("curl over TLS, with and without a client certificate") {
  const Certificates certificates;
  const std::string ca = "--cacert " + certificates.pem("ca").string() + " ";
  const std::string own = "--cert " + certificates.pem("client").string() + " --key " +
                          certificates.key("client").string() + " ";
  const std::string foreign = "--cert " + certificates.pem("stranger").string() + " --key " +
                              certificates.key("stranger").string() + " ";
  for (const bool ask : {false, true}) {
    ServerOptions options;
    options.tls = certificates.server(ask);
    EchoServer server(options);
    const auto describe = [&](const std::string& flags) {
      return run("curl -sS " + ca + flags + server.url("/describe")).text;
    };
    const std::string name = ask ? "client_name=gateway-1\n" : "client_name=\n";
    for (const char* tls : {"--tlsv1.2 --tls-max 1.2 ", "--tlsv1.3 "}) {
      const std::string h2 = describe(own + tls + "--http2 ");
      CHECK(h2.find("version=20\n") != std::string::npos);
      CHECK(h2.find(name) != std::string::npos);
      const std::string h1 = describe(own + tls + "--http1.1 ");
      CHECK(h1.find("version=11\n") != std::string::npos);
      CHECK(h1.find(name) != std::string::npos);
      CHECK(describe(own + tls + "--no-alpn ").find("version=11\n") != std::string::npos);
    }
    const bool served = describe("").find("version=20\n") != std::string::npos;
    CHECK(served == !ask);
    if (ask) CHECK(describe(foreign).find("version") == std::string::npos);
    CHECK(run("curl -sS " + server.url("/describe")).status == 60);  // unknown CA
    CHECK(run("curl -sS " + ca + "--tls-max 1.1 " + server.url("/describe")).status !=
          0);  // too old
    CHECK(run("curl -sS http://127.0.0.1:" + std::to_string(server.port()))
              .text.find("this port speaks https") != std::string::npos);
    const std::string at = "-connect 127.0.0.1:" + std::to_string(server.port());
    CHECK(run("openssl s_client " + at + " -alpn spdy/3 </dev/null")
              .text.find("no application protocol") != std::string::npos);
    CHECK(server.metric("refused_total", "tls") >= 3);
  }
}

TEST_CASE("openssl: no session is resumed, each handshake proves anew who the client is") {
  const Certificates certificates;
  ServerOptions options;
  options.tls = certificates.server(true);
  EchoServer server(options);
  msggw::test::TempFolder dir;
  const auto session = dir.path() / "session";
  const auto ask = [&](const std::string& flags) {
    return run("printf 'GET /describe HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n' | "
               "timeout 20 openssl s_client -ign_eof -connect 127.0.0.1:" +
               std::to_string(server.port()) + " -cert " + certificates.pem("client").string() +
               " -key " + certificates.key("client").string() + " " + flags)
        .text;
  };
  for (const std::string version : {"-tls1_2 ", "-tls1_3 "}) {
    CAPTURE(version);
    std::filesystem::remove(session);
    const std::string first = ask(version + "-sess_out " + session.string());
    const bool kept = std::filesystem::exists(session);
    const std::string second = ask(version + (kept ? "-sess_in " + session.string() : ""));
    for (const std::string& told : {first, second}) {
      CAPTURE(told);
      CHECK(told.find("\nNew, ") != std::string::npos);
      CHECK(told.find("client_name=gateway-1\n") != std::string::npos);
    }
  }
}

TEST_CASE("nghttp: many streams of one connection, a large body, an upload that is refused") {
  EchoServer server;
  msggw::test::TempFolder dir;
  const std::string small = (dir.path() / "small").string();
  const std::string large = (dir.path() / "large").string();
  std::ofstream(small) << std::string(60'000, 's');
  std::ofstream(large) << std::string(900'000, 'l');
  const auto got = run("nghttp -nv -m 50 '" + server.url("/big?100000") + "'");
  CHECK(count(got.text, ":status: 200") == 50);
  CHECK(got.text.find("RST_STREAM") == std::string::npos);
  CHECK(run("nghttp -d " + small + " " + server.url("/echo")).text == std::string(60'000, 's'));
  const auto refused = run("nghttp -nv -d " + large + " " + server.url("/echo"));
  CHECK(refused.text.find(":status: 413") != std::string::npos);
  const auto trailer = run("nghttp -nv --trailer 'content-type: evil' -H 'content-type: a/b' -d " +
                           small + " " + server.url("/echo"));
  CHECK(trailer.text.find("content-type: a/b") != std::string::npos);
}

TEST_CASE("h2load and wrk: many requests, none lost") {
  EchoServer server;
  msggw::test::TempFolder dir;
  const std::string body = (dir.path() / "body").string();
  std::ofstream(body) << std::string(300, 'b');
  for (const char* load : {"-c1 -m100", "-c20 -m10", "-c20 -m1 --h1"}) {
    const auto out =
        run("h2load -n 5000 " + std::string(load) + " -d " + body + " " + server.url("/echo"));
    CHECK(out.text.find("5000 succeeded, 0 failed") != std::string::npos);
  }
  CHECK(server.metric("requests_total", "2") == 10'000);
  CHECK(server.metric("requests_total", "1.1") == 5'000);
  const auto out = run("wrk -t1 -c20 -d1 " + server.url("/describe"));
  CHECK(out.text.find("Requests/sec") != std::string::npos);
  CHECK(out.text.find("Non-2xx") == std::string::npos);
  CHECK(out.text.find("Socket errors") == std::string::npos);
  CHECK(server.metric("answers_dropped_total") == 0);
}

}  // namespace
}  // namespace msggw::http
