#include "adapters/wire/coap/uri.h"

#include <doctest/doctest.h>

#include "adapters/wire/coap/option_values.h"

namespace msggw::coap {
namespace {

TEST_CASE("URIs of the four schemes") {
  const auto uri = parse_uri("coap+tcp://pf.example:7483/msgin5g-provisioning/v1/a%2Fb%20c");
  REQUIRE(uri.has_value());
  CHECK(uri->transport == Transport::tcp);
  CHECK(uri->host == "pf.example");
  CHECK(!uri->numeric);
  CHECK(uri->port == 7483);
  CHECK(uri->path == std::vector<std::string>{"msgin5g-provisioning", "v1", "a/b c"});
  CHECK(parse_uri("coap://h")->port == 5683);
  CHECK(parse_uri("COAPS://h/")->port == 5684);
  CHECK(parse_uri("coaps+tcp://h")->port == 5684);
  CHECK(parse_uri("coap://h")->path.empty());
  CHECK(parse_uri("coap://h/")->path.empty());
  CHECK(parse_uri("coap://h/a/")->path == std::vector<std::string>{"a", ""});
  const auto v6 = parse_uri("coaps://[2001:db8::1]:1/x");
  REQUIRE(v6.has_value());
  CHECK(v6->host == "2001:db8::1");
  CHECK(v6->numeric);
  CHECK(parse_uri("coap://127.0.0.1")->numeric);
}

TEST_CASE("URIs that are refused, with a reason") {
  for (const char* text :
       {"", "h", "//h", "http://h", "coap+ws://h", "coap:h", "coap:///p", "coap://u@h",
        "coap://h?q", "coap://h#f", "coap://h:0", "coap://h:65536", "coap://h/%zz", "coap://h/ "}) {
    CAPTURE(text);
    const auto uri = parse_uri(text);
    REQUIRE(!uri.has_value());
    CHECK(uri.error().code == base::Errc::incorrect);
    CHECK(uri.error().detail.size() > 5);
  }
  CHECK(!parse_uri("coap://h/" + std::string(256, 'a')).has_value());
  CHECK(parse_uri("coap://h/" + std::string(255, 'a')).has_value());
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
