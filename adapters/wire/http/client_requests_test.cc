// SPDX-License-Identifier: Apache-2.0
// What a request may say: its URL as libcurl reads it, and values that cannot be sent.
#include <curl/curl.h>
#include <doctest/doctest.h>

#include <string>

#include "adapters/wire/http/client.h"
#include "adapters/wire/http/test_peers.h"
#include "gateway/base/handle.h"

namespace msggw::http {
namespace {

/// What libcurl reads out of a URL in its own way.
std::string part_of(const std::string& url, CURLUPart part) {
  const base::Handle<CURLU, curl_url_cleanup> handle(curl_url());
  REQUIRE(curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS) == CURLUE_OK);
  char* text = nullptr;
  REQUIRE(curl_url_get(handle.get(), part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK);
  const base::Handle<char, curl_free> owner(text);
  return text;
}

TEST_CASE("libcurl reads the host, port and path that were meant") {
  for (const char* text :
       {"http://127.0.0.1", "http://127.9.9.9.example:48483", "https://[2001:DB8:0::1]:1/a/b",
        "https://[::ffff:127.0.0.1]", "http://0x7f.x", "http://pf_1.Example/x%2Fy/%C3%A4//z/",
        "http://xn--tda.example:65535", "http://1.2.3.4x/u@v:w;x=1", "http://h/a/../%2e/b",
        "http://127.0.0.1.localhost"}) {
    CAPTURE(text);
    const base::Uri url = base::parse_uri(text).value();
    const std::string printed = base::to_string(url);
    CHECK(part_of(printed, CURLUPART_HOST) == base::to_string(url.host));
    CHECK(part_of(printed, CURLUPART_PORT) == std::to_string(url.port));
    CHECK(part_of(printed, CURLUPART_PATH) == (url.path.empty() ? "/" : url.path));
  }
  const base::Uri dots = base::parse_uri("http://h").value().child("..").child("x");
  CHECK(part_of(base::to_string(dots), CURLUPART_PATH) == "/%2E%2E/x");
}

TEST_CASE("requests that cannot be sent") {
  for (const Version version : {Version::automatic, Version::http2}) {
    boost::asio::io_context io;
    ClientOptions options;
    options.version = version;
    Client client(io, options);
    const auto code_of = [&](const ClientRequest& request) {
      const auto answer = test::fetch(io, client, request);
      return answer ? std::string("none") : std::string(base::name_of(answer.error().code));
    };
    ClientRequest request = test::to("http://127.0.0.1:1/");
    CHECK(code_of(request) == "unavailable");  // nobody listens
    request.authorization = "x\r\nevil: 1";
    CHECK(code_of(request) == "malformed");
    request = test::to("http://127.0.0.1:1/");
    request.method = "POST / HTTP/1.1\r\nevil: 1";
    CHECK(code_of(request) == "malformed");
    using Field = std::pair<std::string, std::string>;
    for (const Field& field : {Field{"x", "1\r\nevil: 1"}, Field{"x", ""}, Field{"", "1"},
                               Field{"x y", "1"}, Field{"x:", "1"}, Field{"X", "1"}}) {
      CAPTURE(field.first);
      request = test::to("http://127.0.0.1:1/");
      request.headers = {field};
      CHECK(code_of(request) == "malformed");
    }
    CHECK(code_of(test::to("coap://127.0.0.1/")) == "malformed");
    CHECK(code_of(test::to("http://127.0.0.1/?a\r\nevil: 1")) == "malformed");
    CHECK(code_of(test::to("http://name.invalid/")) == "unavailable");
  }
}

}  // namespace
}  // namespace msggw::http
