// What the client makes of servers that do not behave, and of files that cannot be used.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "adapters/http/client.h"
#include "adapters/http/test_peers.h"

namespace msggw::http {
namespace {

using base::Errc;
using std::chrono::milliseconds;
using test::Certificates;
using test::fetch;
using test::RawServer;
using test::RawSocket;

ClientRequest post(std::string url) {
  ClientRequest request;
  request.url = std::move(url);
  request.content_type = "text/plain";
  request.body = "hello";
  return request;
}

TEST_CASE("servers that misbehave") {
  using Talk = std::function<void(RawSocket&)>;
  const auto says = [](std::string text, bool close = true) -> Talk {
    return [text = std::move(text), close](RawSocket& peer) {
      peer.receive_until("hello");
      peer.send(text);
      if (close) peer.close();
    };
  };
  const struct {
    const char* name;
    Talk talk;
    Errc code;
  } cases[] = {
      {"never answers", says("", false), Errc::unavailable},
      {"closes at once", [](RawSocket& peer) { peer.close(); }, Errc::unavailable},
      {"closes instead of an answer", says(""), Errc::unavailable},
      {"resets",
       [](RawSocket& peer) {
         peer.receive_until("hello");
         peer.reset();
       },
       Errc::unavailable},
      {"half a header", says("HTTP/1.1 200 OK\r\ncontent-le"), Errc::unavailable},
      {"half a body", says("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"), Errc::unavailable},
      {"half a body and waits", says("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", false),
       Errc::unavailable},
      {"half a chunk", says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"),
       Errc::unavailable},
      {"bad chunk", says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab"),
       Errc::unavailable},
      {"garbage", says("\x01\x02\x03 nothing like HTTP at all, for some octets more\r\n\r\n"),
       Errc::malformed},
      {"announces too much", says("HTTP/1.1 200 OK\r\ncontent-length: 70000\r\n\r\n", false),
       Errc::too_large},
      {"endless body",
       [](RawSocket& peer) {
         peer.receive_until("hello");
         peer.send("HTTP/1.1 200 OK\r\n\r\n");
         while (peer.send(std::string(10'000, 'e'))) {
         }
       },
       Errc::too_large},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.name));
    const RawServer server(c.talk);
    boost::asio::io_context io;
    ClientOptions options;
    options.version = Version::http1;
    options.request_timeout = milliseconds(500);
    Client client(io, options);
    const auto start = std::chrono::steady_clock::now();
    const auto answer = fetch(io, client, post(server.url()));
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == c.code);
    CHECK(answer.error().detail.find(server.url("")) != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
    CHECK(client.in_flight() == 0);
  }
}

TEST_CASE("an endless header is too much") {
  const RawServer server([](RawSocket& peer) {
    peer.receive_until("hello");
    peer.send("HTTP/1.1 200 OK\r\n");
    while (peer.send("x-filler: " + std::string(1'000, 'e') + "\r\n")) {
    }
  });
  boost::asio::io_context io;
  Client client(io, {});
  const auto answer = fetch(io, client, post(server.url()));
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == Errc::too_large);
}

TEST_CASE("timeouts are those of the options") {
  const RawServer silent([](RawSocket&) {});
  boost::asio::io_context io;
  ClientOptions options;
  options.request_timeout = milliseconds(150);
  Client client(io, options);
  const auto start = std::chrono::steady_clock::now();
  std::size_t ended = 0;
  for (int i = 0; i < 10; ++i) {
    client.start(post(silent.url()), [&](base::Result<ClientResponse> answer) {
      if (!answer && answer.error().code == Errc::unavailable) ++ended;
    });
  }
  CHECK(client.in_flight() == 10);
  while (ended < 10 && std::chrono::steady_clock::now() - start < test::kLong)
    io.run_one_for(milliseconds(100));
  CHECK(ended == 10);
  CHECK(std::chrono::steady_clock::now() - start >= milliseconds(140));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("certificates and keys are checked before they are used") {
  const Certificates certificates;
  const auto told = [](const ClientTls& tls) {
    const auto usable = check_files(tls);
    return usable ? std::string() : usable.error().detail;
  };
  CHECK(told({}).empty());
  CHECK(told(certificates.client(true)).empty());
  CHECK(told(certificates.client(false)).empty());

  ClientTls tls = certificates.client(true);
  tls.ca = "/nonexistent";
  CHECK(told(tls).starts_with("ca: /nonexistent: "));
  tls = certificates.client(true);
  tls.certificate = certificates.at("garbage.pem");
  std::ofstream(tls.certificate) << "no certificate";
  CHECK(told(tls).starts_with("certificate: " + tls.certificate.string() + ": "));
  tls = certificates.client(true);
  tls.key = certificates.server(false).key;  // another certificate's
  CHECK(told(tls).starts_with("key: " + tls.key.string() + ": "));
}

}  // namespace
}  // namespace msggw::http
