// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/uri.h"

#include <doctest/doctest.h>

#include "adapters/wire/coap/option_values.h"

namespace msggw::coap {
namespace {

Destination to(std::string_view uri) {
  return destination_of(base::parse_uri(uri).value()).value();
}

TEST_CASE("URIs of the four schemes") {
  const Destination named = to("coap+tcp://pf.example:7483/msgin5g-provisioning/v1/a%2Fb%20c");
  CHECK(named.transport == Transport::tcp);
  CHECK(named.host.text() == "pf.example");
  CHECK(!named.host.is_numeric());
  CHECK(named.port == 7483);
  CHECK(named.path == std::vector<std::string>{"msgin5g-provisioning", "v1", "a/b c"});
  CHECK(to("coap://h").port == 5683);
  CHECK(to("COAPS://h/").port == 5684);
  CHECK(to("coaps+tcp://h").port == 5684);
  CHECK(to("coap://h").path.empty());
  CHECK(to("coap://h/").path.empty());
  CHECK(to("coap://h/a/").path == std::vector<std::string>{"a", ""});
  const Destination v6 = to("coaps://[2001:db8::1]:1/x");
  CHECK(v6.transport == Transport::dtls);
  CHECK(v6.host.text() == "2001:db8::1");
  CHECK(v6.host.is_numeric());
}

TEST_CASE("URIs that CoAP cannot ask, with a reason") {
  for (const std::string& text :
       {std::string("http://h"), std::string("https://h/x"), "coap://h/" + std::string(256, 'a')}) {
    CAPTURE(text);
    const auto refused = destination_of(base::parse_uri(text).value());
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == base::Errc::malformed);
    CHECK(refused.error().detail.find("://h") != std::string::npos);
  }
  CHECK(to("coap://h/" + std::string(255, 'a')).path.size() == 1);
}

TEST_CASE("a target is written so that it can be read again") {
  RequestReader reader;
  for (const char* segment : {"msgin5g", "a/b", "%2F", "", "\xC3\xA9?#&"})
    reader.take(option::kUriPath, segment);
  reader.take(option::kUriQuery, "a=b&c");
  reader.take(option::kUriQuery, "d");
  reader.finish();
  CHECK(target_of(reader.request) == "/msgin5g/a%2Fb/%252F//%C3%A9%3F%23&?a=b%26c&d");
  CHECK(unescape("a%2Fb%252F%C3%A9") == "a/b%2F\xC3\xA9");
  CHECK(unescape("100%, %4, %zz") == "100%, %4, %zz");
  CHECK(target_of(Request{}) == "/");
}

TEST_CASE("what a request may not have, and what the reader does not keep, is told") {
  RequestReader deep;
  for (int segment = 0; segment < 9; ++segment) deep.take(option::kUriPath, "s");
  for (int query = 0; query < 17; ++query) deep.take(option::kUriQuery, "q");
  deep.finish();
  CHECK(deep.request.path_too_deep);
  CHECK(deep.request.path.size() == 8);
  CHECK(deep.request.too_many_queries);
  for (const std::uint16_t number : {1, 5, 9, 35, 39, 65'001}) {
    RequestReader reader;
    reader.take(number, {});
    CHECK(reader.request.bad_option == number);
  }
  RequestReader twice;
  twice.take(option::kAccept, "\x32");
  CHECK(!twice.request.bad_option.has_value());
  twice.take(option::kAccept, "\x32");
  CHECK(twice.request.bad_option == option::kAccept);
  RequestReader elective;
  elective.take(65'000, "x");
  elective.take(option::kUriHost, "h");
  CHECK(!elective.request.bad_option.has_value());
}

TEST_CASE("peers are written as people write them") {
  Peer peer;
  peer.port = 5683;
  CHECK(to_text(peer) == "[::]:5683");
  peer.address[10] = peer.address[11] = 0xFF;
  peer.address[12] = 192;
  peer.address[15] = 7;
  CHECK(to_text(peer) == "192.0.0.7:5683");
}

}  // namespace
}  // namespace msggw::coap
