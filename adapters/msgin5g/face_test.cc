// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/face.h"

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "adapters/msgin5g/test_schemas.h"
#include "adapters/wire/http/client.h"
#include "adapters/wire/http/test_peers.h"

namespace msggw::msgin5g {
namespace {

using http::test::Certificates;
using http::test::fetch;
using http::test::RawSocket;
using http::test::run;

constexpr const char* kL3gMessage = "/msgg-l3gdelivery/v1/deliver-message";
constexpr const char* kL3gReport = "/msgg-l3gdelivery/v1/deliver-report";
constexpr const char* kN3gMessage = "/msgg-n3gdelivery/v1/deliver-message";
constexpr const char* kN3gReport = "/msgg-n3gdelivery/v1/deliver-report";

struct Options {
  FaceOptions face{};
  TokenCheck check_token{};
  http::ServerOptions server{};
};

/// A gateway whose receiver keeps what it is given, on a thread of its own. It takes on everything,
/// but for a recipient "nobody" (refused) and "later" (held until answer_later()).
class Gateway : public Receiver {
 public:
  explicit Gateway(Options options = {})
      : face_(std::move(options.face), *this, metrics_, std::move(options.check_token)),
        tls_(options.server.tls.has_value()) {
    options.server.name = "msgin5g";
    server_.emplace(
        base::Context{io_, clock_, metrics_}, options.server,
        [this](const auto& request, auto responder) { face_.handle(request, responder); },
        [this](const auto& request, auto octets) { return face_.reads_body(request, octets); });
    thread_ = std::jthread([this] { io_.run(); });
  }
  ~Gateway() override { io_.stop(); }

  std::uint16_t port() const { return server_->port(); }
  std::string url(std::string_view path) const {
    return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port()) +
           std::string(path);
  }
  /// On the thread of the gateway.
  template <class Work>
  auto there(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto done = task.get_future();
    boost::asio::post(io_, [&] { task(); });
    return done.get();
  }
  std::vector<std::pair<Role, messages::Message>> messages() {
    return there([this] { return messages_; });
  }
  std::vector<std::pair<Role, messages::Report>> reports() {
    return there([this] { return reports_; });
  }
  void answer_later() {
    there([this] {
      for (const Ticket& ticket : held_) ticket.accept();
      held_.clear();
    });
  }
  double counted(const std::string& operation, const std::string& outcome) {
    return there([&] {
      return base::metrics::counter(metrics_, "msggw_server_requests_total", "",
                                    {{"operation", operation}, {"outcome", outcome}})
          .Value();
    });
  }
  double ignored_priorities() {
    return there([&] {
      return base::metrics::counter(metrics_, "msggw_server_priorities_ignored_total", "").Value();
    });
  }

 private:
  PayloadEncoding encoding_of(const messages::Message& message) override {
    return message.application == "binary" ? PayloadEncoding::base64 : PayloadEncoding::text;
  }
  void deliver_message(Role role, messages::Message message, Ticket ticket) override {
    if (message.to.address == "later") return held_.push_back(ticket);
    if (message.to.address == "nobody")
      return ticket.refuse(
          {Refusal::recipient, "no such device", {{"/destAddr/addr", "is unknown"}}});
    messages_.emplace_back(role, std::move(message));
    ticket.accept();
  }
  void deliver_report(Role role, messages::Report report, Ticket ticket) override {
    reports_.emplace_back(role, std::move(report));
    ticket.accept();
  }

  base::Clock clock_;
  base::metrics::Registry metrics_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  Face face_;
  std::vector<std::pair<Role, messages::Message>> messages_;
  std::vector<std::pair<Role, messages::Report>> reports_;
  std::vector<Ticket> held_;
  std::optional<http::Server> server_;
  bool tls_;
  std::jthread thread_;
};

http::ClientRequest post(const Gateway& gateway, std::string_view path, std::string body) {
  http::ClientRequest request = http::test::to(gateway.url(path));
  request.content_type = "application/json";
  request.body = std::move(body);
  return request;
}

/// One after the other, over a client of its own.
class Server {
 public:
  explicit Server(http::Version version, http::ClientTls tls = {})
      : client_(io_, {.version = version, .tls = std::move(tls)}) {}
  http::ClientResponse ask(http::ClientRequest request) {
    return fetch(io_, client_, std::move(request)).value();
  }

 private:
  boost::asio::io_context io_;
  http::Client client_;
};

std::string cause_of(const http::ClientResponse& response) {
  CHECK(response.content_type == "application/problem+json");
  const auto problem = test::parsed(response.body);
  CHECK(problem.at("status").as_int64() == response.status);
  const auto* cause = problem.as_object().if_contains("cause");
  return cause == nullptr ? "" : std::string(cause->as_string());
}

std::string message_to(const std::string& address) {
  return test::json::serialize(
      test::with(test::message_body(), "/destAddr/addr", test::text(address)));
}

constexpr http::Version kVersions[] = {http::Version::http1, http::Version::http2};

TEST_CASE("messages and reports come in by either role, over both versions of HTTP") {
  for (const http::Version version : kVersions) {
    Gateway gateway;
    Server server(version);
    for (const char* path : {kL3gMessage, kN3gMessage}) {
      const auto taken = server.ask(post(gateway, path, test::kWholeMessage));
      CHECK(taken.status == 204);
      CHECK(taken.body.empty());
      CHECK(taken.version == (version == http::Version::http2 ? 20 : 11));
    }
    for (const char* path : {kL3gReport, kN3gReport})
      CHECK(server.ask(post(gateway, path, test::kWholeReport)).status == 204);
    const auto messages = gateway.messages();
    REQUIRE(messages.size() == 2);
    CHECK(messages[0].first == Role::legacy_3gpp);
    CHECK(messages[1].first == Role::non_3gpp);
    CHECK(messages[0].second == messages[1].second);
    CHECK(messages[0].second.content == "READ");
    CHECK(messages[0].second.priority == messages::Priority::normal);
    const auto reports = gateway.reports();
    REQUIRE(reports.size() == 2);
    CHECK(reports[1].first == Role::non_3gpp);
    CHECK(reports[1].second.failure_cause == "EXPIRED");
    for (const char* operation : {"l3g_message", "l3g_report", "n3g_message", "n3g_report"})
      CHECK(gateway.counted(operation, "accepted") == 1);
  }
}

struct Ask {
  const char* method;
  std::string path;
  const char* content_type;
  std::string body;
  unsigned status;
  const char* cause;
  const char* operation;
  const char* outcome;
};

std::vector<Ask> refused_asks() {
  const std::string good = test::kWholeMessage;
  const std::string missing = test::json::serialize(test::without(test::message_body(), "/msgId"));
  return {
      {"POST", "/", "application/json", good, 404, "RESOURCE_URI_STRUCTURE_NOT_FOUND", "none",
       "uri"},
      {"GET", "/msgg-n3gdelivery/v1/other", "", "", 404, "RESOURCE_URI_STRUCTURE_NOT_FOUND", "none",
       "uri"},
      {"POST", "/msgg-n3gdelivery/v2/deliver-message", "application/json", good, 400, "INVALID_API",
       "none", "api"},
      {"GET", kN3gMessage, "", "", 405, "", "n3g_message", "method"},
      {"PUT", kN3gReport, "application/json", good, 405, "", "n3g_report", "method"},
      {"BREW", kN3gReport, "application/json", good, 501, "", "n3g_report", "unknown_method"},
      {"POST", kL3gMessage, "text/plain", good, 415, "", "l3g_message", "media_type"},
      {"POST", kL3gMessage, "", "", 415, "", "l3g_message", "media_type"},
      {"POST", kL3gMessage, "application/json", "{", 400, "INVALID_MSG_FORMAT", "l3g_message",
       "format"},
      {"POST", kL3gMessage, "application/json", missing, 400, "MANDATORY_IE_MISSING", "l3g_message",
       "missing"},
      {"POST", kL3gReport, "application/json", "{}", 400, "MANDATORY_IE_MISSING", "l3g_report",
       "missing"},
      {"POST", kN3gMessage, "application/json", std::string(70'000, ' '), 413, "PAYLOAD_TOO_LARGE",
       "n3g_message", "too_large"},
      {"POST", kN3gMessage, "application/json", message_to("nobody"), 404, "RECIPIENT_NOT_FOUND",
       "n3g_message", "recipient"},
  };
}

TEST_CASE("a request that is none is refused with its cause, over both versions of HTTP") {
  for (const http::Version version : kVersions) {
    Options options;
    options.server.max_body_octets = 100'000;  // so that the face is the one that refuses
    Gateway gateway(std::move(options));
    Server server(version);
    for (const Ask& ask : refused_asks()) {
      CAPTURE(ask.path);
      CAPTURE(ask.status);
      const double before = gateway.counted(ask.operation, ask.outcome);
      http::ClientRequest request = post(gateway, ask.path, ask.body);
      request.method = ask.method;
      request.content_type = ask.content_type;
      const auto refused = server.ask(std::move(request));
      CHECK(refused.status == ask.status);
      CHECK(cause_of(refused) == ask.cause);
      CHECK(gateway.counted(ask.operation, ask.outcome) == before + 1);
    }
    CHECK(gateway.messages().empty());
    CHECK(server.ask(post(gateway, kN3gMessage, test::kWholeMessage)).status == 204);
  }
}

TEST_CASE("a refusal has the header fields of its status, and a body that was not sent for it") {
  Gateway gateway;
  RawSocket raw(gateway.port());
  raw.send("GET " + std::string(kN3gMessage) + " HTTP/1.1\r\nhost: x\r\n\r\n");
  CHECK(raw.receive_until("}").find("\r\nallow: POST\r\n") != std::string::npos);
  // Without waiting for the body: who waits for 100 Continue is told at once.
  raw.send(
      "POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
      "content-length: 50000\r\nexpect: 100-continue\r\n\r\n");
  CHECK(raw.receive_until("}").starts_with("HTTP/1.1 404"));
  RawSocket other(gateway.port());
  other.send("POST " + std::string(kN3gMessage) +
             " HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: " +
             std::to_string(std::string_view(test::kWholeMessage).size()) +
             "\r\nexpect: 100-continue\r\n\r\n");
  CHECK(other.receive_until("\r\n\r\n").starts_with("HTTP/1.1 100"));
  other.send(test::kWholeMessage);
  CHECK(other.receive_until("\r\n\r\n").starts_with("HTTP/1.1 204"));
}

TEST_CASE("bodies that are longer than the listener takes are its own to refuse") {
  for (const http::Version version : kVersions) {
    Gateway gateway;
    Server server(version);
    const auto refused = server.ask(post(gateway, kN3gMessage, std::string(70'000, ' ')));
    CHECK(refused.status == 413);
    CHECK(gateway.counted("n3g_message", "too_large") == 0);
  }
}

TEST_CASE("the priority of the header is the message's, and one that is none is ignored") {
  for (const std::string version : {"--http1.1", "--http2-prior-knowledge"}) {
    Gateway gateway;
    const std::string curl = "curl -sS " + version +
                             " -o /dev/null -w '%{http_code}' -H 'content-type: application/json' "
                             "-d '" +
                             test::kWholeMessage + "' " + gateway.url(kN3gMessage);
    for (const char* value : {"0", "24", "31", "32", "1, 2", "x"})
      CHECK(run(curl + " -H '3gpp-Sbi-Message-Priority: " + value + "'").text == "204");
    const auto messages = gateway.messages();
    REQUIRE(messages.size() == 6);
    CHECK(messages[0].second.priority == messages::Priority::high);
    CHECK(messages[1].second.priority == messages::Priority::normal);
    CHECK(messages[2].second.priority == messages::Priority::low);
    for (std::size_t i = 3; i < 6; ++i)
      CHECK(messages[i].second.priority == messages::Priority::normal);
    CHECK(gateway.ignored_priorities() == 3);
  }
}

TEST_CASE("content comes in the encoding of its application") {
  Gateway gateway;
  Server server(http::Version::http1);
  auto body = test::with(test::message_body(), "/appId", "binary");
  const auto refused = server.ask(post(gateway, kN3gMessage, test::json::serialize(body)));
  CHECK(refused.status == 204);  // "READ" is base64 as well
  body = test::with(std::move(body), "/payload", "not base64");
  const auto wrong = server.ask(post(gateway, kN3gMessage, test::json::serialize(body)));
  CHECK(cause_of(wrong) == "OPTIONAL_IE_INCORRECT");
  CHECK(test::parsed(wrong.body).at_pointer("/invalidParams/0/param").as_string() == "/payload");
  CHECK(gateway.messages().at(0).second.content == "\x44\x40\x03");
}

TEST_CASE("a ticket answers in a later turn") {
  Gateway gateway;
  RawSocket raw(gateway.port());
  const std::string body = message_to("later");
  raw.send("POST " + std::string(kN3gMessage) +
           " HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body);
  CHECK(http::test::eventually([&] {
    gateway.answer_later();
    return gateway.counted("n3g_message", "accepted") == 1;
  }));
  CHECK(raw.receive_until("\r\n\r\n").starts_with("HTTP/1.1 204"));
}

TEST_CASE("below a prefix, and with one role only") {
  Options options;
  options.face.path_prefix = "/gw-1";
  options.face.legacy_3gpp = false;
  Gateway gateway(std::move(options));
  Server server(http::Version::http2);
  const auto status = [&](const std::string& path) {
    return server.ask(post(gateway, path, test::kWholeMessage)).status;
  };
  CHECK(status("/gw-1" + std::string(kN3gMessage)) == 204);
  CHECK(status("/gw-1" + std::string(kL3gMessage)) == 404);
  CHECK(status(kN3gMessage) == 404);
}

TEST_CASE("only clients whose certificates name them may call") {
  const Certificates certificates;
  for (const http::Version version : kVersions) {
    for (const char* name : {"gateway-1", "gateway-2"}) {
      Options options;
      options.server.tls = certificates.server(true);
      options.face.client_names = {"m5s.example", name};
      Gateway gateway(std::move(options));
      Server server(version, certificates.client(true));
      const auto answer = server.ask(post(gateway, kN3gMessage, test::kWholeMessage));
      const bool known = std::string_view(name) == "gateway-1";
      CHECK(answer.status == (known ? 204 : 403));
      if (!known) CHECK(cause_of(answer).empty());
      CHECK(gateway.messages().size() == (known ? 1 : 0));
    }
  }
  Options clear;
  clear.face.client_names = {"gateway-1"};
  Gateway gateway(std::move(clear));
  Server server(http::Version::http1);
  CHECK(server.ask(post(gateway, kN3gMessage, test::kWholeMessage)).status == 403);
}

TEST_CASE("a token is looked at for the API that it is shown to") {
  Options options;
  int refused = 0;
  options.check_token = [&refused](Role role, std::string_view authorization,
                                   bool is_answered) -> std::optional<Problem> {
    if (authorization == "Bearer " + std::string(api_of(role))) return std::nullopt;
    if (is_answered) ++refused;
    Problem problem{Refusal::token, "a token for this API is needed"};
    problem.challenge = authorization.empty() ? "Bearer" : R"(Bearer error="invalid_token")";
    return problem;
  };
  Gateway gateway(std::move(options));
  for (const http::Version version : kVersions) {
    Server server(version);
    const auto ask = [&](const char* path, std::string authorization) {
      http::ClientRequest request = post(gateway, path, test::kWholeReport);
      request.authorization = std::move(authorization);
      return server.ask(std::move(request));
    };
    CHECK(ask(kL3gReport, "Bearer msgg-l3gdelivery").status == 204);
    CHECK(ask(kL3gReport, "Bearer msgg-n3gdelivery").status == 401);
    CHECK(ask(kN3gReport, "Bearer msgg-n3gdelivery").status == 204);
    CHECK(cause_of(ask(kN3gReport, "")).empty());
    CHECK(ask("/nowhere", "").status == 404);
  }
  RawSocket raw(gateway.port());
  raw.send("POST " + std::string(kN3gReport) +
           " HTTP/1.1\r\nhost: x\r\nauthorization: Basic x\r\n"
           "content-length: 0\r\n\r\n");
  CHECK(raw.receive_until("}").find("\r\nwww-authenticate: Bearer error=\"invalid_token\"\r\n") !=
        std::string::npos);
  CHECK(refused == 5);
}

}  // namespace
}  // namespace msggw::msgin5g
