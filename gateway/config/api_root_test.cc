#include "gateway/config/api_root.h"

#include <doctest/doctest.h>

#include <string>

namespace msggw::config {
namespace {

TEST_CASE("API roots are taken apart") {
  const auto plain = parse_api_root("https://pf.example");
  REQUIRE(plain);
  CHECK(plain->tls);
  CHECK(plain->host == "pf.example");
  CHECK(plain->port == 0);

  const auto full = parse_api_root("http://127.0.0.1:7480/a/b%20c");
  REQUIRE(full);
  CHECK_FALSE(full->tls);
  CHECK(full->host == "127.0.0.1");
  CHECK(full->port == 7480);

  const auto ipv6 = parse_api_root("http://[::1]:65535/");
  REQUIRE(ipv6);
  CHECK(ipv6->host == "::1");
  CHECK(ipv6->port == 65'535);
}

TEST_CASE("a host that only begins like an address is not that address") {
  const auto root = parse_api_root("http://127.0.0.1.example");
  REQUIRE(root);
  CHECK(root->host == "127.0.0.1.example");
}

TEST_CASE("everything else is refused") {
  for (const char* text : {"",
                           "pf.example",
                           "//pf.example",
                           "ftp://pf.example",
                           "HTTPS://pf.example",
                           "https://",
                           "https:///x",
                           "https://:1",
                           "https://a:",
                           "https://a:0",
                           "https://a:65536",
                           "https://a:99999",
                           "https://a:1x",
                           "https://a:-1",
                           "https://a:1:2",
                           "https://u@a",
                           "https://u:p@a",
                           "https://a?b",
                           "https://a#b",
                           "https://a/b?c",
                           "https://[::1",
                           "https://[::1]x",
                           "https://[]",
                           "https://[1.2.3.4]",
                           "https://a b",
                           "https://a/b c",
                           "https://a\\b",
                           "https://a/\"",
                           "https://\xC3\xBC"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_api_root(text).has_value());
  }
  CHECK_FALSE(parse_api_root("https://a/" + std::string(3'000, 'a')).has_value());
  CHECK_FALSE(parse_api_root("https://" + std::string(254, 'a')).has_value());
  CHECK_FALSE(parse_api_root(std::string_view("https://a\0b", 11)).has_value());
}

}  // namespace
}  // namespace msggw::config
