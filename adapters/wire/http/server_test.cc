// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/server.h"

#include <doctest/doctest.h>

#include <string>

#include "adapters/wire/http/test_peers.h"

namespace msggw::http::server_test {
namespace {

using std::chrono::milliseconds;
using test::count;
using test::EchoServer;
using test::eventually;
using test::RawSocket;

std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nhost: x\r\n" + std::string(more) + "\r\n";
}

std::string post(std::string_view body) {
  return "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST_CASE("the handler is given what was sent") {
  EchoServer server;
  RawSocket client(server.port());
  client.send(get("/describe?x=1&y=%20",
                  "accept: a/b\r\nAccept: c/d\r\nauthorization: Bearer t\r\ncontent-type: e/f\r\n"
                  "3gpp-Sbi-Message-Priority: 7\r\n3GPP-SBI-MESSAGE-PRIORITY: 8\r\n"));
  const std::string answer = client.receive_until("host=x\n");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\ndate: "));
  CHECK(answer.ends_with(
      "method=GET\npath=/describe\nquery=x=1&y=%20\ncontent_type=e/f\naccept=a/b, c/d\n"
      "authorization=Bearer t\nmessage_priority=7, 8\nversion=11\nclient_name=\nbody=0\nhost=x\n"));
  CHECK(server.metric("connections") == 1);
  CHECK(server.metric("requests_total", "1.1") == 1);
  CHECK(server.metric("responses_total", "2xx") == 1);
  client.close();
  CHECK(eventually([&] { return server.metric("connections") == 0; }));
}

TEST_CASE(
    "a thousand pipelined requests are answered in order, also when the client ends its side "
    "behind them") {
  for (const bool end : {false, true}) {
    EchoServer server;
    RawSocket client(server.port());
    std::string all;
    for (int i = 0; i < 1000; ++i) all += post("<" + std::to_string(i) + ">");
    REQUIRE(client.send(all));
    if (end) client.shutdown_send();
    const std::string answer = end ? client.receive_all() : client.receive_until("<999>");
    CHECK(count(answer, "HTTP/1.1 200") == 1000);
    std::size_t at = 0;
    for (int i = 0; i < 1000 && at != std::string::npos; ++i)
      at = answer.find("<" + std::to_string(i) + ">", at);
    CHECK(at != std::string::npos);
  }
}

TEST_CASE("pipelined requests wait for the one in hand") {
  EchoServer server;
  RawSocket client(server.port());
  std::string all = get("/hold");
  for (int i = 0; i < 500; ++i) all += post("later");  // more than is read ahead
  REQUIRE(client.send(all));
  REQUIRE(eventually([&] { return server.metric("requests_total", "1.1") == 1; }));
  server.release();
  const std::string answer =
      client.receive([](const std::string& a) { return count(a, "later") == 500; });
  CHECK(answer.find("held") < answer.find("later"));
}

TEST_CASE("large bodies, both ways") {
  ServerOptions options;
  options.max_body_octets = 2'000'000;
  EchoServer server(options);
  RawSocket client(server.port());
  const std::string body(2'000'000, 'z');
  REQUIRE(client.send(post(body)));
  const std::string answer =
      client.receive([&](const std::string& a) { return a.size() > body.size() + 100; });
  CHECK(answer.ends_with("\r\n\r\n" + body));
  client.send(get("/big?5000000"));
  CHECK(client.receive([](const std::string& a) { return a.size() > 5'000'100; }).size() >
        5'000'000);
}

TEST_CASE(
    "hostile and broken requests end in an answer and a closed connection, and the server goes "
    "on") {
  EchoServer server;
  const struct {
    std::string request;
    const char* answer;
    const char* reason;
  } cases[] = {
      {"G\x02T / HTTP/1.1\r\n\r\n", "HTTP/1.1 400", "malformed"},
      {"GET / HTTP/3.0\r\n\r\n", "HTTP/1.1 505", "version"},
      {"GET /" + std::string(500'000, 'a'), "HTTP/1.1 431", "header_size"},
      {"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n" +
           std::string(900'000, 'b'),
       "HTTP/1.1 413", "body_size"},
      {"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: "
       "chunked\r\n\r\nabc",
       "HTTP/1.1 400", "malformed"},
      {"POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: br\r\n\r\n", "HTTP/1.1 501", "coding"},
      {"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-encoding: br\r\n\r\n", "HTTP/1.1 415",
       "encoding"},
      {"POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 102\r\n\r\n", "HTTP/1.1 417", "expectation"},
      {std::string(100'000, '\xff'), "HTTP/1.1 4", "malformed"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.request.substr(0, 60));
    const double before = server.metric("refused_total", c.reason);
    RawSocket client(server.port());
    client.send(c.request);
    const std::string answer = client.receive_all();
    CHECK(answer.starts_with(c.answer));
    CHECK(answer.find("application/problem+json") != std::string::npos);
    CHECK(answer.find(R"("cause":")") != std::string::npos);
    if (!answer.starts_with("HTTP/1.1 431"))
      CHECK(server.metric("refused_total", c.reason) == before + 1);
  }
  // A body longer than announced is the next request, and not a good one.
  RawSocket client(server.port());
  client.send("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab\x01\x02 x\r\n\r\n");
  const std::string answer = client.receive_all();
  CHECK(count(answer, "HTTP/1.1 ") == 2);
  CHECK(answer.find("HTTP/1.1 400") != std::string::npos);

  for (const std::string_view half :
       {"", "P", "PRI * HTTP/2.0\r\n", "GET / HTT",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc"}) {
    RawSocket leaver(server.port());
    leaver.send(half);
    leaver.close();
  }
  CHECK(eventually([&] { return server.metric("refused_total", "incomplete") == 2; }));
  CHECK(eventually([&] { return server.metric("connections") <= 1; }));
  RawSocket good(server.port());
  good.send(post("still here"));
  CHECK(good.receive_until("still here").starts_with("HTTP/1.1 200"));
}

TEST_CASE("HTTP/2 preface followed by garbage ends the connection") {
  EchoServer server;
  for (const std::string& garbage :
       {std::string("garbage that is no frame, of some length"), std::string(100'000, '\0'),
        std::string(100'000, '\xff'), std::string("GET / HTTP/1.1\r\nhost: x\r\n\r\n")}) {
    RawSocket client(server.port());
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + garbage);
    const std::string answer = client.receive_all();
    CHECK(answer.find("HTTP/1.1") == std::string::npos);
    CHECK(answer.size() >= 9);  // SETTINGS at least
  }
  CHECK(eventually([&] { return server.metric("connections") == 0; }));
}

TEST_CASE("slow clients are cut off") {
  ServerOptions options;
  options.header_timeout = milliseconds(60);
  options.idle_timeout = milliseconds(80);
  EchoServer server(options);
  RawSocket half(server.port());
  half.send("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab");
  CHECK(half.receive_all().starts_with("HTTP/1.1 408"));
  RawSocket silent(server.port());
  CHECK(silent.receive_all().empty());
  RawSocket idle(server.port());
  idle.send(post("one"));
  CHECK(idle.receive_all().ends_with("one"));
  RawSocket preface(server.port());
  preface.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  CHECK(preface.receive_all().find('\x07') != std::string::npos);  // GOAWAY
  CHECK(server.metric("refused_total", "timeout") >= 3);
}

TEST_CASE(
    "a client that does not take its answers is cut off, and holds no more than the limit of "
    "them") {
  ServerOptions options;
  options.write_timeout = milliseconds(100);
  EchoServer server(options);
  RawSocket client(server.port());
  std::string all;
  for (int i = 0; i < 200; ++i) all += get("/big?1000000");
  REQUIRE(client.send(all));
  CHECK(eventually([&] { return server.metric("refused_total", "timeout") == 1; }));
  CHECK(eventually([&] { return server.metric("connections") == 0; }));
  CHECK(server.metric("requests_total", "1.1") < 50);
}

TEST_CASE("connections above the limit are told so") {
  ServerOptions options;
  options.max_connections = 2;
  EchoServer server(options);
  std::vector<RawSocket> held;
  constexpr std::size_t kPlaces = 2 + 4;  // of which loopback has some for itself
  for (std::size_t i = 0; i < kPlaces; ++i) {
    held.emplace_back(server.port());
    held.back().send(get("/hold"));
  }
  CHECK(eventually([&] { return server.metric("requests_total", "1.1") == kPlaces; }));
  RawSocket more(server.port());
  CHECK(more.receive_all().starts_with("HTTP/1.1 503"));
  CHECK(server.metric("refused_total", "connections") == 1);
  server.release();
  for (std::size_t i = 0; i < 5; ++i) held[i].close();
  CHECK(eventually([&] { return server.metric("connections") == 1; }));
  RawSocket another(server.port());
  another.send(post("another"));
  CHECK(another.receive_until("another").starts_with("HTTP/1.1 200"));
}

TEST_CASE("an answer for a client that left is dropped and counted, whoever has its place now") {
  EchoServer server;
  for (int i = 0; i < 3; ++i) {
    RawSocket client(server.port());
    client.send(get("/hold"));
    REQUIRE(eventually([&] { return server.metric("requests_total", "1.1") == i + 1; }));
    client.reset();
  }
  // A reset shows when the answer is written at the latest.
  server.release();
  CHECK(eventually([&] { return server.metric("connections") == 0; }));

  RawSocket leaver(server.port());
  leaver.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  leaver.send(std::string("\0\0\0\4\0\0\0\0\0", 9));
  // HEADERS, END_STREAM|END_HEADERS, stream 1: GET http /hold by static and literal fields
  leaver.send(std::string("\0\0\x0c\1\5\0\0\0\1\x82\x86\x41\1x\x04\x05/hold", 21));
  REQUIRE(eventually([&] { return server.metric("requests_total", "2") == 1; }));
  leaver.close();
  REQUIRE(eventually([&] { return server.metric("connections") == 0; }));
  RawSocket next(server.port());  // in the same place of the table
  next.send(get("/hold"));
  REQUIRE(eventually([&] { return server.metric("requests_total", "1.1") == 4; }));
  const double before = server.metric("answers_dropped_total");
  server.release();
  CHECK(next.receive_until("held").starts_with("HTTP/1.1 200"));
  CHECK(server.metric("answers_dropped_total") == before + 1);
}

TEST_CASE(
    "two answers: the first counts; a broken one becomes a 500; statuses without a body have "
    "none") {
  EchoServer server;
  RawSocket client(server.port());
  client.send(get("/twice") + get("/broken") + get("/status?204") + get("/status?304") +
              get("/status?201") + get("/status?42") + get("/none", "connection: close\r\n"));
  const std::string all = client.receive_all();
  CHECK(all.find("first") != std::string::npos);
  CHECK(all.find("second") == std::string::npos);
  CHECK(all.find("stolen") == std::string::npos);
  CHECK(count(all, "HTTP/1.1 500") == 2);
  CHECK(all.find("HTTP/1.1 204 No Content\r\n") != std::string::npos);
  CHECK(all.find("HTTP/1.1 304 Not Modified\r\n") != std::string::npos);
  CHECK(count(all, "text") == count(all, "text/plain") + 1);
  CHECK(count(all, "location: /elsewhere\r\nretry-after: 7\r\n") == 3);
  CHECK(all.find("HTTP/1.1 404") != std::string::npos);
  CHECK(server.metric("refused_total", "answer") == 2);
}

TEST_CASE("the server may end while requests are in hand, also inside its own handler") {
  EchoServer server;
  RawSocket held(server.port());
  held.send(get("/hold"));
  REQUIRE(eventually([&] { return server.metric("requests_total", "1.1") == 1; }));
  RawSocket ender(server.port());
  ender.send(get("/close-me") + get("/describe"));
  CHECK(ender.receive_all().empty());
  CHECK(held.receive_all().empty());
  server.release();  // of a server that is gone
}

TEST_CASE("what a tester does to an answer reaches the client") {
  EchoServer server;
  SUBCASE("half") {
    RawSocket client(server.port());
    REQUIRE(client.send(get("/damaged?half") + get("/describe")));
    const std::string answer = client.receive_all();
    CHECK(answer.find("HTTP/1.1 200") == 0);
    CHECK(answer.find("0123456789") == std::string::npos);
    CHECK(count(answer, "HTTP/1.1") == 1);
  }
  SUBCASE("twice") {
    RawSocket client(server.port());
    REQUIRE(client.send(get("/damaged?twice")));
    const std::string answer =
        client.receive([](const std::string& a) { return count(a, "0123456789") == 2; });
    CHECK(count(answer, "HTTP/1.1 200") == 2);
  }
  SUBCASE("reset") {
    const auto curl = test::run("curl -s -S --max-time 20 " + server.url("/reset"));
    CHECK(curl.status == 56);  // "failure in receiving network data": reset by peer
  }
  SUBCASE("HTTP/2: half of the frames, or all streams reset") {
    const std::string curl = "curl -s -S --max-time 20 --http2-prior-knowledge ";
    CHECK(test::run(curl + server.url("/damaged?half")).status != 0);
    CHECK(test::run(curl + server.url("/reset")).status != 0);
    const auto twice = test::run(curl + server.url("/damaged?twice"));
    CHECK(twice.text == "0123456789");
  }
}

TEST_CASE("what cannot be served is said when it starts") {
  boost::asio::io_context io;
  const base::Clock clock;
  base::metrics::Registry metrics;
  const EchoServer other;
  ServerOptions options;
  options.name = "second";
  options.port = other.port();
  const auto message_of = [&] {
    try {
      const Server server({io, clock, metrics}, options, [](const Request&, const Responder&) {});
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  options.section = "pf";
  options.port_option = "tls_port";
  CHECK(message_of() == "second: cannot listen on 127.0.0.1 port " + std::to_string(other.port()) +
                            ": Address already in use; another process serves it: stop that one "
                            "or set another pf.tls_port");
  options.address = boost::asio::ip::make_address("192.0.2.1");
  CHECK(message_of().ends_with("this host does not have the address: correct pf.address"));
  options.port = 0;
  options.address = boost::asio::ip::address_v6::loopback();
  options.tls = ServerTls{"/nowhere/cert.pem", "/nowhere/key.pem", {}};
  CHECK(message_of().find("/nowhere/cert.pem") != std::string::npos);
}

}  // namespace
}  // namespace msggw::http::server_test
