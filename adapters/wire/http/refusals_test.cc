// SPDX-License-Identifier: Apache-2.0
// What the server itself says of a request that it turns away.
#include <doctest/doctest.h>

#include <string>

#include "adapters/wire/http/http1_session.h"
#include "gateway/base/json.h"
#include "gateway/base/problem_title.h"

namespace msggw::http {
namespace {

/// What a fresh HTTP/1.1 session answers before any handler sees the request; empty: nothing, it
/// has taken it.
std::string refusal_of(std::string_view request) {
  const ServerOptions options;
  base::metrics::Registry registry;
  Counters counters(registry, "test");
  CoarseTime time;
  time.update();
  SessionContext context{options, counters, time};
  Output out;
  Http1Session session(context, out);
  session.receive(request);
  CHECK(session.take().has_value() == out.empty());
  std::string answer;
  for (const auto& part : out.buffers())
    answer.append(static_cast<const char*>(part.data()), part.size());
  return answer;
}

TEST_CASE("every refusal is a problem document with title, status, detail and cause") {
  for (std::size_t i = 0; i < kRefusals; ++i) {
    const auto refusal = static_cast<Refusal>(i);
    const RefusalText& text = text_of(refusal);
    CAPTURE(std::string(text.reason));
    if (text.status == 0) continue;  // nobody is there to be told
    const Response response = refusal_response(refusal);
    CHECK(response.status == text.status);
    CHECK(response.content_type == "application/problem+json");
    const auto body = base::parse_json(response.body, {}).value();
    CHECK(base::text_member(body, "title") == base::problem_title(text.status));
    CHECK(base::text_member(body, "title") != "Client Error");
    CHECK(base::text_member(body, "detail") == text.detail);
    CHECK_FALSE(base::text_member(body, "cause").value_or("").empty());
  }
  CHECK(refusal_response(Refusal::malformed).body ==
        R"({"title":"Bad Request","status":400,"detail":"the request is not well-formed HTTP",)"
        R"("cause":"INVALID_MSG_FORMAT"})");
  CHECK(refusal_response(Refusal::body_size).body.find(R"("cause":"PAYLOAD_TOO_LARGE")") !=
        std::string::npos);
}

TEST_CASE("a body whose length nobody says is refused as such, and not taken for a request") {
  for (const char* request : {"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: a/b\r\n\r\nhello",
                              "PUT / HTTP/1.0\r\ncontent-type: a/b\r\n\r\nhello"}) {
    const std::string answer = refusal_of(request);
    CHECK(answer.starts_with("HTTP/1.1 411 Length Required\r\n"));
    CHECK(answer.find("\r\nconnection: close\r\n") != std::string::npos);
    CHECK(answer.find(R"("cause":"INCORRECT_LENGTH")") != std::string::npos);
  }
}

TEST_CASE("no length is missed where there is no body") {
  for (const char* request :
       {"GET / HTTP/1.1\r\nhost: x\r\ncontent-type: a/b\r\n\r\n",
        "DELETE / HTTP/1.1\r\nhost: x\r\ncontent-type: a/b\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: a/b\r\ncontent-length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: a/b\r\ntransfer-encoding: "
        "chunked\r\n\r\n0\r\n\r\n"}) {
    CAPTURE(request);
    CHECK(refusal_of(request).empty());
  }
}

}  // namespace
}  // namespace msggw::http
