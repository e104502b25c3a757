// SPDX-License-Identifier: Apache-2.0
// What the client makes of servers that do not behave, and of files that cannot be used.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "adapters/wire/http/client.h"
#include "adapters/wire/http/test_frames.h"
#include "adapters/wire/http/test_peers.h"

namespace msggw::http {
namespace {

using base::Errc;
using std::chrono::milliseconds;
using test::Certificates;
using test::fetch;
using test::post;
using test::RawServer;
using test::RawSocket;

TEST_CASE("the final header counts, not what comes before and behind it") {
  const std::string fields =
      "retry-after: 100\r\ncontent-type: a/b\r\nlocation: /elsewhere\r\nx: y\r\n";
  const std::string chunks = "transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n";
  const struct {
    const char* name;
    std::string octets;
  } cases[] = {
      {"early hints", "HTTP/1.1 103 Early Hints\r\n" + fields +
                          "\r\nHTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nhi"},
      {"two of them", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n" + fields +
                          "\r\nHTTP/1.1 201 Created\r\n" + chunks + "\r\n"},
      {"trailers", "HTTP/1.1 201 Created\r\n" + chunks + fields + "\r\n"},
      {"a trailer that names a coding",
       "HTTP/1.1 201 Created\r\n" + chunks + "transfer-encoding: gzip\r\n\r\n"},
      {"a trailer that looks like an answer",
       "HTTP/1.1 201 Created\r\n" + chunks + "server-timing: HTTP/1.1 500\r\n\r\n"},
      {"all of it", "HTTP/1.1 103 Early Hints\r\n" + fields + "\r\nHTTP/1.1 201 Created\r\n" +
                        chunks + fields + "\r\n"},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.name));
    const RawServer server([&c](RawSocket& peer) {
      peer.receive_until("hello");
      peer.send(c.octets);
    });
    boost::asio::io_context io;
    Client client(io, {});
    const auto answer = fetch(io, client, post(server.url()));
    REQUIRE(answer);
    CHECK(answer->status == 201);
    CHECK(answer->body == "hi");
    CHECK(answer->content_type.empty());
    CHECK(answer->location.empty());
    CHECK(answer->retry_after == base::Duration{0});
  }
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
      {"nothing after a 1xx", says("HTTP/1.1 100 Continue\r\n\r\n"), Errc::unavailable},
      {"another protocol", says("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\nhi"),
       Errc::malformed},
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

/// Gives the answers one after the other, over one connection where the client keeps it.
std::function<void(RawSocket&)> answers_with(std::vector<std::string> texts) {
  return [texts = std::move(texts)](RawSocket& peer) {
    for (const std::string& text : texts) {
      peer.receive_until("hello");
      if (!peer.send(text)) return;
    }
  };
}

TEST_CASE("a folded header line begins the second answer of a connection") {
  const auto answer_with = [](const std::string& first_line) {
    return "HTTP/1.1 200 OK\r\n" + first_line +
           "content-length: 2\r\nx-last: vvvvvvvvvvvvvvvvvvvvvv\r\n\r\nok";
  };
  const RawServer server(
      answers_with({answer_with(""), answer_with(" f: " + std::string(200, 'f') + "\r\n")}));
  boost::asio::io_context io;
  Client client(io, {});
  for (int i = 0; i < 3; ++i) {
    const auto first = fetch(io, client, post(server.url()));
    REQUIRE(first.has_value());
    CHECK(first->body == "ok");
    const auto second = fetch(io, client, post(server.url()));
    REQUIRE_FALSE(second.has_value());  // there is no line that it could continue
    CHECK(second.error().code == Errc::malformed);
  }
}

TEST_CASE("what comes before and after the header of an answer") {
  const std::string plain = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  const std::string chunked =
      "HTTP/1.1 201 OK\r\ntransfer-encoding: chunked\r\nlocation: /a\r\n\r\n";
  const RawServer server(answers_with({
      "HTTP/1.1 100 Continue\r\n\r\n" + plain,
      "HTTP/1.1 103 Early Hints\r\nlocation: /no\r\n\r\nHTTP/1.1 201 OK\r\n f: f\r\n"
      "content-length: 2\r\n\r\nok",
      chunked + "2\r\nok\r\n0\r\n\r\n",
      chunked + "2\r\nok\r\n0\r\nlocation: /no\r\nx-checksum: 1\r\n\r\n",
      plain,
  }));
  boost::asio::io_context io;
  Client client(io, {});
  for (const char* location : {"", "", "/a", "/a", ""}) {
    const auto answer = fetch(io, client, post(server.url()));
    REQUIRE(answer.has_value());
    CHECK(answer->body == "ok");
    CHECK(answer->location == location);
  }
}

TEST_CASE("answers that are too much, or coded as nobody asked for") {
  const auto code_of = [](std::string text) {
    const RawServer server(answers_with({std::move(text)}));
    boost::asio::io_context io;
    Client client(io, {});
    const auto answer = fetch(io, client, post(server.url()));
    return answer ? std::string("none") : std::string(base::name_of(answer.error().code));
  };
  const std::string status = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = status + "transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n";
  CHECK(code_of(status + "x-line: " + std::string(200'000, 'x') + "\r\n\r\n") == "too_large");
  std::string lines;
  while (lines.size() < 70'000) lines += "x-line: x\r\n";
  CHECK(code_of(status + lines + "\r\n") == "too_large");
  CHECK(code_of(chunked + lines + "\r\n") == "too_large");
  std::string interim;
  while (interim.size() < 70'000) interim += "HTTP/1.1 102 Processing\r\n\r\n";
  CHECK(code_of(interim) == "too_large");
  for (const char* coding : {"gzip, chunked", "gzip", "deflate, gzip, gzip, chunked"}) {
    CHECK(code_of(status + "transfer-encoding: " + coding + "\r\n\r\n") == "malformed");
  }
}

TEST_CASE("408 of a server that closes an idle connection is no answer to the next request") {
  const std::string bye = "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n";
  for (const bool with_answer : {true, false}) {
    std::atomic<int> said{0};  // else the next request may be under way before the server has
    const RawServer server([&, number = 0](RawSocket& peer) mutable {
      const std::string body = std::to_string(++number);
      peer.receive_until("hello");
      peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n" + body + (with_answer ? bye : ""));
      if (!with_answer) peer.send(bye);
      peer.shutdown_send();
      said = number;
    });
    boost::asio::io_context io;
    Client client(io, {});
    for (const char* body : {"1", "2", "3"}) {
      const auto answer = fetch(io, client, post(server.url()));
      REQUIRE(answer.has_value());
      CHECK(answer->status == 200);
      CHECK(answer->body == body);
      REQUIRE(test::eventually([&] { return std::to_string(said) == body; }));
    }
  }
}

TEST_CASE("Retry-After of any size") {
  const auto told = [](const std::string& value) {
    const RawServer server(answers_with(
        {"HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after: " + value + "\r\n\r\n"}));
    boost::asio::io_context io;
    Client client(io, {});
    return fetch(io, client, post(server.url()))->retry_after;
  };
  using std::chrono::hours;
  CHECK(told("3") == std::chrono::seconds(3));
  CHECK(told("86401") == hours(24));
  for (const char* far :
       {"9223372036854775807", "9223372036854776", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    CHECK(told(far) == hours(24));
  }
  for (const char* none : {"-5", "Thu, 01 Jan 1970 00:00:01 GMT", "soon", ""}) {
    CHECK(told(none) == base::Duration(0));
  }
}

TEST_CASE("timeouts are those of the options, and say what they waited for") {
  const RawServer silent([](RawSocket&) {});
  const RawServer settled([](RawSocket& peer) { peer.send(test::frame(test::kSettings, 0, 0)); });
  const std::string secure = "https" + silent.url().substr(4);
  for (const Version version : {Version::automatic, Version::http2}) {
    boost::asio::io_context io;
    ClientOptions options;
    options.version = version;
    options.request_timeout = std::chrono::hours(1);
    Client patient(io, options);
    options.request_timeout = milliseconds(150);
    Client client(io, options);
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::string> told;
    const std::string plain = (version == Version::http2 ? settled : silent).url();
    patient.start(post(plain), [](const auto&) {});
    for (int i = 0; i < 10; ++i) {  // the last one gets no end of its handshake
      client.start(post(i == 9 ? secure : plain), [&](base::Result<ClientResponse> answer) {
        if (!answer && answer.error().code == Errc::unavailable)
          told.push_back(answer.error().detail);
      });
    }
    CHECK(client.in_flight() == 10);
    while (told.size() < 10 && std::chrono::steady_clock::now() - start < test::kLong)
      io.run_one_for(milliseconds(100));
    CHECK(patient.in_flight() == 1);
    REQUIRE(told.size() == 10);
    std::sort(told.begin(), told.end());
    CHECK(told.front().starts_with("cannot connect: no answer in time (https://"));
    for (std::size_t i = 1; i < told.size(); ++i)
      CHECK(told[i].starts_with("no answer in time (http://"));
    CHECK(std::chrono::steady_clock::now() - start >= milliseconds(140));
  }
}

TEST_CASE("certificates and keys are checked before they are used") {
  Certificates certificates;
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
  tls.certificate = certificates.pem("garbage");
  std::ofstream(tls.certificate) << "no certificate";
  CHECK(told(tls).starts_with("certificate: " + tls.certificate.string() + ": "));
  tls = certificates.client(true);
  tls.key = certificates.encrypt_key("client", true);
  CHECK(told(tls).find("the key is encrypted") != std::string::npos);
  tls.key = certificates.server(false).key;  // another certificate's
  CHECK(told(tls).starts_with("key: " + tls.key.string() + ": "));
}

}  // namespace
}  // namespace msggw::http
