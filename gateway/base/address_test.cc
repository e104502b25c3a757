// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/address.h"

#include <doctest/doctest.h>

namespace msggw::base {
namespace {

std::string host(std::string_view text) {
  const auto parsed = Host::parse(text);
  return parsed ? to_string(*parsed) : name_of(parsed.error().code);
}

std::string uri(std::string_view text) {
  const auto parsed = parse_uri(text);
  return parsed ? to_string(*parsed) : name_of(parsed.error().code);
}

template <class Value>
bool says(const Result<Value>& result, std::string_view word) {
  return !result && result.error().detail.find(word) != std::string::npos;
}

TEST_CASE("a host is a name or an address, and what is nearly an address is neither") {
  struct Row {
    std::string text;
    const char* host;  // as printed
    bool numeric;
    bool loopback;
  };
  const Row rows[] = {
      {"127.0.0.1", "127.0.0.1", true, true},
      {"127.255.1.2", "127.255.1.2", true, true},
      {"128.0.0.1", "128.0.0.1", true, false},
      {"0.0.0.0", "0.0.0.0", true, false},
      {"::1", "[::1]", true, true},
      {"[::1]", "[::1]", true, true},
      {"0:0::0:1", "[::1]", true, true},
      {"::", "[::]", true, false},
      {"2001:DB8:0:0::1", "[2001:db8::1]", true, false},
      {"::ffff:127.0.0.1", "[::ffff:127.0.0.1]", true, true},
      {"[::FFFF:7f00:1]", "[::ffff:127.0.0.1]", true, true},
      {"::ffff:128.0.0.1", "[::ffff:128.0.0.1]", true, false},
      {"::127.0.0.1", "[::127.0.0.1]", true, false},
      {"localhost", "localhost", false, true},
      {"LocalHost", "localhost", false, true},
      {"localhost.example", "localhost.example", false, false},
      {"127.9.9.9.example", "127.9.9.9.example", false, false},
      {"1.2.3.4x", "1.2.3.4x", false, false},
      {"0x7f.x0", "0x7f.x0", false, false},
      {"0xg", "0xg", false, false},
      {"PF_1.Example-2.org", "pf_1.example-2.org", false, false},
      {"xn--tda.example", "xn--tda.example", false, false},
      {"1a", "1a", false, false},
      {std::string(63, 'a'), nullptr, false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto parsed = Host::parse(row.text);
    REQUIRE(parsed.has_value());
    CHECK(to_string(*parsed) == (row.host == nullptr ? row.text : row.host));
    CHECK(parsed->is_numeric() == row.numeric);
    CHECK((parsed->numeric() != nullptr) == row.numeric);
    CHECK(parsed->is_loopback() == row.loopback);
    CHECK(Host::parse(to_string(*parsed)) == *parsed);
    CHECK(Host::parse(parsed->text()) == *parsed);
  }
}

TEST_CASE("no host, with the reason") {
  struct Row {
    std::string text;
    const char* word;
  };
  const Row rows[] = {
      {"", "no host"},
      {"127.0.0.1.", "no name"},
      {"pf.example.", "no name"},
      {".pf", "no name"},
      {"a..b", "no name"},
      {"-a", "no name"},
      {"0177.0.0.1", "IPv4"},
      {"127.0.0.01", "IPv4"},
      {"0x7f.0.0.1", "IPv4"},
      {"127.0.0.0x1", "IPv4"},
      {"0x7f000001", "IPv4"},
      {"0x", "IPv4"},
      {"127.1", "IPv4"},
      {"2130706433", "IPv4"},
      {"127.0.0.256", "IPv4"},
      {"1.2.3.4.5", "IPv4"},
      {"pf.7", "IPv4"},
      {"[::1]x", "IPv6"},
      {"x[::1]", "IPv6"},
      {"[::1", "IPv6"},
      {"[", "IPv6"},
      {"[]", "IPv6"},
      {"[127.0.0.1]", "IPv6"},
      {"[pf]", "IPv6"},
      {":::1", "IPv6"},
      {"::1.2.3", "IPv6"},
      {"[::1%lo]", "zone"},
      {"fe80::1%eth0", "zone"},
      {"[fe80::1%25eth0]", "zone"},
      {std::string("127.0.0.1\0", 10), "no name"},
      {std::string("::1\0", 4), "IPv6"},
      {std::string("127.0.0.1\0.example", 18), "no name"},
      {"%31%32%37.0.0.1", "no name"},
      {"\xC3\xBC.example", "no name"},
      {"pf example", "no name"},
      {" pf", "no name"},
      {"pf\n", "no name"},
      {"u@pf", "no name"},
      {"a,b", "no name"},
      {std::string(64, 'a'), "no name"},
      {std::string(254, 'a'), "too long"},
      {std::string(10'240, '1'), "too long"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 60));
    const auto parsed = Host::parse(row.text);
    CHECK_MESSAGE(says(parsed, row.word), (parsed ? parsed->text() : parsed.error().detail));
    CHECK(host(row.text) == "malformed");
    CHECK(uri("coap://" + row.text) == "malformed");
    CHECK_FALSE(parse_numeric(row.text).has_value());
  }
}

TEST_CASE("an address to listen on is numeric") {
  CHECK(parse_numeric("[::1]").value() == boost::asio::ip::make_address("::1"));
  CHECK(parse_numeric("0.0.0.0").value() == boost::asio::ip::make_address("0.0.0.0"));
  CHECK(says(parse_numeric("localhost"), "\"localhost\" is not a numeric address"));
}

TEST_CASE("a host with a port") {
  struct Row {
    const char* text;
    const char* host;
    std::uint16_t port;
  };
  const Row rows[] = {
      {"127.0.0.1:1", "127.0.0.1", 1},
      {"smsc-1.example", "smsc-1.example", 2'775},
      {"SMSC_1:65535", "smsc_1", 65'535},
      {"[::1]", "::1", 2'775},
      {"[2001:db8::1]:3550", "2001:db8::1", 3'550},
      {"h:00080", "h", 80},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto address = parse_address(row.text, 2'775);
    REQUIRE(address.has_value());
    CHECK(address->host.text() == row.host);
    CHECK(address->port == row.port);
    CHECK(parse_address(to_string(*address), 1) == *address);
  }
  for (const char* wrong : {"",
                            ":2775",
                            "h:",
                            "h:0",
                            "h:65536",
                            "h:1x",
                            "h: 1",
                            "h:+80",
                            "h:-1",
                            "::1",
                            "[::1",
                            "[::1]2775",
                            "[::1]:",
                            "[127.0.0.1]:1",
                            "[]:1",
                            "[h]:1",
                            "1.2.3",
                            "a b:1",
                            "-a:1",
                            ".a:1",
                            "a..b:1",
                            "smpp://h:1",
                            "h/1",
                            "a:1:2",
                            "[::1]x",
                            "127.1:1",
                            "127.0.0.1.:1",
                            "[::1]x:1",
                            "2001:db8::1:2775",
                            "127.0.0.256:1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_address(wrong, 2'775).has_value());
  }
  CHECK(says(parse_address("2001:db8::1:2775", 1), "brackets"));
}

TEST_CASE("a URI comes apart into its parts") {
  struct Row {
    const char* text;
    Scheme scheme;
    const char* host;
    std::uint16_t port;
    const char* path;
    const char* printed;
  };
  const Row rows[] = {
      {"https://pf.example", Scheme::https, "pf.example", 443, "", "https://pf.example"},
      {"HTTP://PF.Example:080/", Scheme::http, "pf.example", 80, "", "http://pf.example"},
      {"coap://127.9.9.9.example:48483", Scheme::coap, "127.9.9.9.example", 48'483, "",
       "coap://127.9.9.9.example:48483"},
      {"CoAPS+TCP://[::1]", Scheme::coaps_tcp, "::1", 5'684, "", "coaps+tcp://[::1]"},
      {"coap://h:/a/", Scheme::coap, "h", 5'683, "/a/", "coap://h/a/"},
      {"coap+tcp://h:7483/a/../b/./c%2fd%20e", Scheme::coap_tcp, "h", 7'483, "/b/c%2Fd%20e",
       "coap+tcp://h:7483/b/c%2Fd%20e"},
      {"http://h/u@v:w;x=1", Scheme::http, "h", 80, "/u@v:w;x=1", "http://h/u@v:w;x=1"},
      {"http://h/%2e%2E/x", Scheme::http, "h", 80, "/x", "http://h/x"},
      {"http://h//x//", Scheme::http, "h", 80, "//x//", "http://h//x//"},
      {"http://h/..//x", Scheme::http, "h", 80, "//x", "http://h//x"},
      {"coap://h:5684", Scheme::coap, "h", 5'684, "", "coap://h:5684"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto parsed = parse_uri(row.text);
    REQUIRE_MESSAGE(parsed.has_value(), parsed.error().detail);
    CHECK(parsed->scheme == row.scheme);
    CHECK(parsed->host.text() == row.host);
    CHECK(parsed->port == row.port);
    CHECK(parsed->path == row.path);
    CHECK(to_string(*parsed) == row.printed);
    CHECK(parse_uri(row.printed) == *parsed);
  }
}

TEST_CASE("a text that is no URI is refused with the reason") {
  struct Row {
    std::string text;
    const char* error;
    const char* word;
  };
  const Row rows[] = {
      {"", "malformed", "absolute URI"},
      {"h", "malformed", "absolute URI"},
      {"//h", "malformed", "absolute URI"},
      {"/p", "malformed", "absolute URI"},
      {"h:80", "unsupported", "http://"},
      {"ftp://h", "unsupported", "ftp"},
      {"coap+ws://h", "unsupported", "coap+ws"},
      {"http:", "malformed", "host"},
      {"http:h", "malformed", "host"},
      {"http:/p", "malformed", "host"},
      {"http://", "malformed", "host"},
      {"http:///p", "malformed", "host"},
      {"http://:80", "malformed", "host"},
      {"http://[::1]x/", "malformed", "IPv6"},
      {"http://127.1/", "malformed", "IPv4"},
      {"http://h:0", "malformed", "port"},
      {"http://h:65536", "malformed", "port"},
      {"http://h:+80", "malformed", "port"},
      {"http://h:80x/", "malformed", "port"},
      {"http://h:99999999999999999999", "malformed", "port"},
      {"http://h::", "malformed", ""},
      {"http://h\\p", "malformed", "host"},
      {"http://h?q", "malformed", "query"},
      {"http://h/p?", "malformed", "query"},
      {"http://h#f", "malformed", "fragment"},
      {"http://h/a b", "malformed", "path"},
      {"http://h/%zz", "malformed", "path"},
      {"http://h/%0", "malformed", "path"},
      {std::string("http://h/\0", 10), "malformed", "path"},
      {"http://h/" + std::string(10'240, 'a'), "malformed", "too long"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 60));
    CHECK(uri(row.text) == row.error);
    const auto parsed = parse_uri(row.text);
    if (!parsed) CHECK_MESSAGE(says(parsed, row.word), parsed.error().detail);
  }
}

TEST_CASE("a password in a URI is never told") {
  for (const char* text :
       {"http://user:secret@h", "http://secret@h", "http://user:secret/x@h",
        "http://user:secret#@h", "http://user:secret?@h", "http://user:secr@secret@h:1/p",
        "secret:secret@h", "secret://user:secret@h", "user:secret@h:80", "http://h/%zz/secret@x"}) {
    CAPTURE(text);
    const auto parsed = parse_uri(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().detail.find("secret") == std::string::npos);
    CHECK(says(parsed, "user name"));
  }
  CHECK(printable_uri("http://user:se@cret/@h:1/p") == "http://***@h:1/p");
  CHECK(printable_uri("user:secret@h\n") == "***@h\\x0a");
  CHECK(printable_uri("http://h/p") == "http://h/p");
}

TEST_CASE("a path is taken apart into octets and put together again") {
  const Uri root = parse_uri("coap://h/x").value();
  const std::vector<std::string> octets = {
      "x", "a/b", "%2F", "", "\xC3\xA9?#&", "..", std::string(1, '\0')};
  Uri below = root;
  for (std::size_t i = 1; i < octets.size(); ++i) below = below.child(octets[i]);
  CHECK(below.path == "/x/a%2Fb/%252F//%C3%A9%3F%23%26/%2E%2E/%00");
  CHECK(segments_of(below) == octets);
  CHECK(segments_of(parse_uri("coap://h").value()).empty());
  CHECK(segments_of(parse_uri("coap://h/").value()).empty());
  CHECK(segments_of(parse_uri("coap://h/a/").value()) == std::vector<std::string>{"a", ""});
}

TEST_CASE("schemes by name, what they protect and which binding they are") {
  struct Row {
    Scheme scheme;
    const char* name;
    bool secure;
    bool coap;
    std::uint16_t port;
  };
  const Row rows[] = {
      {Scheme::http, "http", false, false, 80},
      {Scheme::https, "https", true, false, 443},
      {Scheme::coap, "coap", false, true, 5'683},
      {Scheme::coaps, "coaps", true, true, 5'684},
      {Scheme::coap_tcp, "coap+tcp", false, true, 5'683},
      {Scheme::coaps_tcp, "coaps+tcp", true, true, 5'684},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(name_of(row.scheme) == row.name);
    CHECK(scheme_of(row.name) == row.scheme);
    CHECK(is_secure(row.scheme) == row.secure);
    CHECK(is_coap(row.scheme) == row.coap);
    CHECK(default_port(row.scheme) == row.port);
  }
  CHECK(scheme_of("HTTPS") == Scheme::https);
  CHECK_FALSE(scheme_of("").has_value());
  CHECK_FALSE(scheme_of("coap+").has_value());
  CHECK_FALSE(scheme_of("coap+ws").has_value());
}

}  // namespace
}  // namespace msggw::base
