// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/http1_session.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace msggw::http {
namespace {

/// A session whose requests are answered with their own body at once, and a client's view of it.
class Dialogue {
 public:
  explicit Dialogue(ServerOptions options = {}) : options_(std::move(options)) {
    time_.update();
    session_ = std::make_unique<Http1Session>(context_, out_);
  }

  /// Offers `octets` in pieces of `step`, and returns what came back.
  std::string say(std::string_view octets, std::size_t step = 1'000'000) {
    for (std::size_t at = 0; at < octets.size(); at += step) {
      pending_.append(octets.substr(at, step));
      serve();
    }
    std::string answer;
    for (const auto& part : out_.buffers())
      answer.append(static_cast<const char*>(part.data()), part.size());
    out_.clear();
    return answer;
  }

  void pass(std::chrono::milliseconds time) {
    time_.now += time;
    session_->check_time();
  }

  Http1Session& session() { return *session_; }
  SessionContext& context() { return context_; }
  std::vector<std::string> seen;  // "METHOD path?query body"
  bool answers = true;

 private:
  void serve() {
    for (;;) {
      if (!pending_.empty()) {
        const std::size_t taken = session_->receive(pending_);
        REQUIRE(taken <= pending_.size());
        pending_.erase(0, taken);
      }
      const auto request = session_->take();
      if (!request) return;
      const Request& r = request->first;
      seen.push_back(std::string(r.method) + " " + std::string(r.path) + "?" +
                     std::string(r.query) + " " + std::string(r.body));
      if (answers) session_->respond(request->second, {200, "text/plain", std::string(r.body), {}});
    }
  }

  ServerOptions options_;
  base::metrics::Registry registry_;
  Counters counters_{registry_, "test"};
  CoarseTime time_;
  SessionContext context_{options_, counters_, time_};
  Output out_;
  std::unique_ptr<Http1Session> session_;
  std::string pending_;
};

std::string status_of(const std::string& answer) {
  return answer.substr(0, answer.find("\r\n"));
}

constexpr const char* kGet = "GET /a?b=c HTTP/1.1\r\nhost: x\r\n\r\n";
constexpr const char* kPost = "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
constexpr const char* kChunked =
    "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3\r\nabc\r\n2;name=\"v\"\r\nde\r\n0\r\nX-Trailer: t\r\nContent-Type: evil\r\n\r\n";

TEST_CASE("a request is the same however its octets are cut") {
  const std::string all = std::string(kGet) + kPost + kChunked + "\r\n" + kGet;
  for (const std::size_t step : {1u, 2u, 3u, 7u, 16u, 50u, 1000u}) {
    CAPTURE(step);
    Dialogue dialogue;
    const std::string answer = dialogue.say(all, step);
    REQUIRE(dialogue.seen.size() == 4);
    CHECK(dialogue.seen[0] == "GET /a?b=c ");
    CHECK(dialogue.seen[1] == "POST /p? hello");
    CHECK(dialogue.seen[2] == "POST /c? abcde");
    CHECK(answer.find("content-length: 5\r\ncontent-type: text/plain\r\n\r\nabcde") !=
          std::string::npos);
    CHECK_FALSE(dialogue.session().closing());
    CHECK(dialogue.session().idle());
  }
}

TEST_CASE("body octets in hand are counted and let go") {
  Dialogue dialogue;
  dialogue.say("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345");
  CHECK(dialogue.context().buffered.taken() == std::string_view("/x12345").size());
  dialogue.say("67890");
  CHECK(dialogue.session().idle());
  dialogue.session().flush();
  CHECK(dialogue.context().buffered.taken() == 0);
}

TEST_CASE("requests that are no HTTP are refused with the right status, and the connection ends") {
  const std::string header(20'000, 'h');
  const struct {
    const char* name;
    std::string request;
    const char* status;
  } cases[] = {
      {"method with a space in front", " GET / HTTP/1.1\r\nhost: x\r\n\r\n", "400"},
      {"method with a control", "GE\x01T / HTTP/1.1\r\nhost: x\r\n\r\n", "400"},
      {"no target", "GET HTTP/1.1\r\nhost: x\r\n\r\n", "400"},
      {"no version", "GET /\r\nhost: x\r\n\r\n", "400"},
      {"garbage version", "GET / HTTX/1.1\r\nhost: x\r\n\r\n", "400"},
      {"HTTP/2.0 by name", "GET / HTTP/2.0\r\nhost: x\r\n\r\n", "505"},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nhost: x\r\n\r\n", "505"},
      {"HTTP/0.9", "GET / HTTP/0.9\r\nhost: x\r\n\r\n", "505"},
      {"no host", "GET / HTTP/1.1\r\naccept: x\r\n\r\n", "400"},
      {"two hosts", "GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n", "400"},
      {"space before the colon", "GET / HTTP/1.1\r\nhost : x\r\n\r\n", "400"},
      {"NUL in a value", "GET / HTTP/1.1\r\nhost: x\r\na: b" + std::string(1, '\0') + "c\r\n\r\n",
       "400"},
      {"bare line feed", "GET / HTTP/1.1\nhost: x\n\n\r\n\r\n", "400"},
      {"target that is no path", "GET example HTTP/1.1\r\nhost: x\r\n\r\n", "400"},
      {"CONNECT", "CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n", "400"},
      {"negative length", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n", "400"},
      {"length with a sign", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +5\r\n\r\nhello",
       "400"},
      {"length in hexadecimal", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0x5\r\n\r\nhello",
       "400"},
      {"length beyond 64 bits",
       "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n", "400"},
      {"two lengths",
       "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello", "400"},
      {"length and chunked",
       "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       "400"},
      {"chunked and length",
       "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: "
       "5\r\n\r\n0\r\n\r\n",
       "400"},
      {"chunked twice",
       "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       "400"},
      {"other transfer coding",
       "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"},
      {"chunked not last",
       "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
       "501"},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
       "400"},
      {"chunk size that is none",
       "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", "400"},
      {"chunk longer than said",
       "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabcdefg\r\n", "400"},
      {"endless chunk size",
       "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1;" + header, "400"},
      {"endless trailer",
       "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\na: " + header, "400"},
      {"two content types",
       "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: a/b\r\ncontent-type: c/d\r\n\r\n", "400"},
      {"content coding",
       "POST / HTTP/1.1\r\nhost: x\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx", "415"},
      {"other expectation",
       "POST / HTTP/1.1\r\nhost: x\r\nexpect: cake\r\ncontent-length: 1\r\n\r\nx", "417"},
      {"long header line", "GET / HTTP/1.1\r\nhost: x\r\na: " + header + "\r\n\r\n", "431"},
      {"long target", "GET /" + header + " HTTP/1.1\r\nhost: x\r\n\r\n", "431"},
      {"long method", header + " / HTTP/1.1\r\nhost: x\r\n\r\n", "431"},
      {"body too long by length", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 65537\r\n\r\n",
       "413"},
      {"body too long by chunk",
       "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n10001\r\n", "413"},
      {"chunk size beyond 64 bits",
       "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
       "400"},
      {"a TLS hello", "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03", "400"},
      {"empty lines without end", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", "400"},
  };
  for (const auto& c : cases) {
    for (const std::size_t step : {1u, 11u, 1'000'000u}) {
      CAPTURE(std::string(c.name));
      CAPTURE(step);
      Dialogue dialogue;
      const std::string answer = dialogue.say(c.request, step);
      CHECK(status_of(answer).substr(0, 12) == std::string("HTTP/1.1 ") + c.status);
      CHECK(dialogue.session().closing());
      CHECK(dialogue.seen.empty());
      CHECK(answer.find("connection: close") != std::string::npos);
      // What follows an error is not taken for a request.
      CHECK(dialogue.say(kGet).empty());
    }
  }
}

TEST_CASE("many small header fields count together") {
  Dialogue dialogue;
  std::string request = "GET / HTTP/1.1\r\nhost: x\r\n";
  for (int i = 0; i < 2'000; ++i) request += "a: 123456\r\n";
  for (const std::size_t step : {100u, 1'000'000u}) {
    Dialogue one;
    CHECK(status_of(one.say(request, step)).find("431") != std::string::npos);
    CHECK(one.session().closing());
  }
}

TEST_CASE("the limits themselves are allowed") {
  ServerOptions options;
  options.max_body_octets = 10;
  options.max_header_octets = 100;
  {
    Dialogue dialogue(options);
    dialogue.say("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n1234567890");
    CHECK(dialogue.seen.size() == 1);
  }
  {
    std::string request = "GET / HTTP/1.1\r\nhost: x\r\na: ";
    request.append(100 - request.size() - 4, 'a').append("\r\n\r\n");
    Dialogue dialogue(options);
    dialogue.say(request);
    CHECK(dialogue.seen.size() == 1);
    request.insert(request.size() - 4, "a");
    Dialogue longer(options);
    CHECK(longer.say(request).find("431") != std::string::npos);
  }
  {
    Dialogue dialogue(options);
    const std::string chunked =
        "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n6\r\n123456\r\n5\r\n";
    CHECK(dialogue.say(chunked).find("413") != std::string::npos);
  }
}

TEST_CASE("bodies of all connections share one limit, and of it no source has more than is left") {
  ServerOptions options;
  options.max_buffered_octets = 20;
  Dialogue dialogue(options);
  dialogue.context().source = base::Source{1};
  REQUIRE(dialogue.context().buffered.take(base::Source{1}, 4));
  const std::string answer = dialogue.say(kPost);
  CHECK(status_of(answer).find("503") != std::string::npos);
  CHECK(answer.find("retry-after: 1") != std::string::npos);
  Dialogue other(options);
  REQUIRE(other.context().buffered.take(base::Source{1}, 4));
  other.context().source = base::Source{2};
  CHECK(status_of(other.say(kPost)).find("200") != std::string::npos);
}

TEST_CASE("Expect: 100-continue") {
  Dialogue dialogue;
  const std::string head =
      "POST /p HTTP/1.1\r\nhost: x\r\nexpect: 100-Continue\r\ncontent-length: ";
  CHECK(dialogue.say(head + "5\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(dialogue.say("hello").starts_with("HTTP/1.1 200"));
  CHECK(dialogue.say(head + "5\r\n\r\nhello").starts_with("HTTP/1.1 200"));  // it did not wait
  CHECK(dialogue.say(head + "70000\r\n\r\n").starts_with("HTTP/1.1 413"));
}

TEST_CASE("no 100 for a body that nobody will look at") {
  Dialogue dialogue;
  std::uint64_t announced = 0;
  dialogue.context().reads_body = [&](const Request& request, std::uint64_t octets) {
    announced = octets;
    return request.content_type == "text/plain" && octets <= 10;
  };
  const std::string head = "POST /p HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: ";
  CHECK(dialogue.say(head + "text/plain\r\ncontent-length: 5\r\n\r\n") ==
        "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(dialogue.say("hello").starts_with("HTTP/1.1 200"));
  const std::string answer = dialogue.say(head + "text/plain\r\ncontent-length: 11\r\n\r\n");
  CHECK(announced == 11);
  CHECK(answer.starts_with("HTTP/1.1 200"));  // the handler's
  CHECK(answer.find("connection: close") != std::string::npos);
  CHECK(dialogue.session().closing());
  CHECK(dialogue.seen == std::vector<std::string>{"POST /p? hello", "POST /p? "});
  dialogue.say("GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n");
  CHECK(dialogue.seen.size() == 2);
}

TEST_CASE("a chunk that cannot be one is refused at once") {
  const std::string head = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
  for (const char* bad :
       {"z", "zz\r\n", "5z", "-1\r\n", "0x5\r\n", " 5\r\n", "5\rx", "\r\nz", "\nq",
        "12345678901234567", ";a\r\n", "zzzzzzzzzzzzzzzzzzzz", "5\r\nhelloX", "5\r\nhello\r\nX"}) {
    CAPTURE(std::string(bad));
    for (const std::size_t step : {1u, 1'000u}) {
      Dialogue dialogue;
      CHECK(status_of(dialogue.say(head + bad, step)) == "HTTP/1.1 400 Bad Request");
    }
  }
  for (const char* good :
       {"5\r\nhello\r\n0\r\n\r\n", "05;ext=\"1\"\r\nhello\r\n0\r\nserver-timing: a\r\n\r\n",
        "3\r\nhel\r\n2\r\nlo\r\n000\r\n\r\n"}) {
    CAPTURE(std::string(good));
    for (const std::size_t step : {1u, 3u, 1'000u}) {
      Dialogue dialogue;
      CHECK(dialogue.say(head + good, step).starts_with("HTTP/1.1 200"));
      CHECK(dialogue.seen == std::vector<std::string>{"POST /? hello"});
    }
  }
}

TEST_CASE("keep-alive, HEAD and the forms of a target") {
  Dialogue dialogue;
  CHECK(dialogue.say("HEAD /h HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc")
            .ends_with("\r\n\r\n"));
  CHECK(dialogue.say("GET /1 HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
            .find("connection: keep-alive") != std::string::npos);
  dialogue.say("GET http://h:1/abs?q HTTP/1.1\r\nhost: x\r\n\r\n");
  dialogue.say("GET HTTPS://h HTTP/1.1\r\nhost: x\r\n\r\n");
  dialogue.say("GET http://h?q HTTP/1.1\r\nhost: x\r\n\r\n");
  dialogue.say("OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n");
  CHECK_FALSE(dialogue.session().closing());
  CHECK(dialogue.say("GET /2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .find("connection: close") != std::string::npos);
  CHECK(dialogue.session().closing());
  CHECK(dialogue.seen == std::vector<std::string>{"GET /h? abc", "GET /1? ", "GET /abs?q ",
                                                  "GET /? ", "GET /?q ", "OPTIONS *? ",
                                                  "GET /2? "});
  Dialogue old;
  old.say("GET / HTTP/1.0\r\n\r\n");
  CHECK(old.session().closing());
}

TEST_CASE("one request at a time; only the one in hand can be answered, once") {
  Dialogue dialogue;
  dialogue.answers = false;
  CHECK(dialogue.say(std::string(kGet) + kPost).empty());
  CHECK(dialogue.seen.size() == 1);
  CHECK(dialogue.session().in_hand());
  CHECK_FALSE(dialogue.session().respond(2, {}));
  CHECK(dialogue.session().respond(1, {204, "", "", {}}));
  CHECK_FALSE(dialogue.session().respond(1, {}));
  const std::string answer = dialogue.say("\r\n");
  CHECK(answer.starts_with("HTTP/1.1 204 No Content\r\n"));
  CHECK(answer.find("content-length") == std::string::npos);
  CHECK(dialogue.seen.size() == 2);
}

TEST_CASE("an answer that HTTP does not allow becomes a 500") {
  const Response broken[] = {{200, "text/plain\r\nset-cookie: a", "", {}},
                             {200, "", "", {{"location", "/\r\nx: y"}}},
                             {200, "", "", {{"loc ation", "/"}}},
                             {200, "", "", {{"content-length", "5"}}},
                             {200, "", "", {{"Location", "/"}}},
                             {200, "", "", {{"", "/"}}},
                             {99, "", "", {}},
                             {101, "", "", {}},
                             {1000, "", "", {}}};
  for (const Response& response : broken) {
    Dialogue dialogue;
    dialogue.answers = false;
    dialogue.say(kGet);
    REQUIRE(dialogue.session().respond(1, response));
    CHECK(dialogue.say("\r\n").starts_with("HTTP/1.1 500"));
  }
}

TEST_CASE(
    "time: a slow request is refused, an idle connection closed, a request in hand left alone") {
  using std::chrono::milliseconds;
  ServerOptions options;
  options.header_timeout = milliseconds(100);
  options.idle_timeout = milliseconds(1'000);
  Dialogue slow(options);
  slow.say("GET / HT");
  slow.pass(milliseconds(90));
  slow.say("TP/1.1\r\n");  // progress does not prolong it
  slow.pass(milliseconds(20));
  CHECK(slow.say("").starts_with("HTTP/1.1 408"));
  CHECK(slow.session().closing());

  Dialogue silent(options);
  silent.pass(milliseconds(110));
  CHECK(silent.session().closing());

  Dialogue idle(options);
  idle.say(kGet);
  idle.pass(milliseconds(900));
  CHECK_FALSE(idle.session().closing());
  idle.pass(milliseconds(200));
  CHECK(idle.session().closing());

  Dialogue busy(options);
  busy.answers = false;
  busy.say(kGet);
  busy.pass(milliseconds(10'000));
  CHECK_FALSE(busy.session().closing());
}

}  // namespace
}  // namespace msggw::http
