// SPDX-License-Identifier: Apache-2.0
#include "provisioning/protocol/address.h"

#include <doctest/doctest.h>

namespace msggw::protocol {

namespace {

using base::Scheme;

std::string derived(const PlmnAddress& plmn) {
  const auto root = derive_api_root(plmn);
  return root ? base::to_string(*root) : base::name_of(root.error().code);
}

base::Host host(std::string_view text) {
  return base::Host::parse(text).value();
}

std::string parsed(std::string_view uri) {
  const auto root = parse_api_root(uri);
  return root ? base::to_string(*root) : base::name_of(root.error().code);
}

}  // namespace

TEST_CASE("the address is derived from the PLMN: TS 23.003 pads an MNC of two digits at the left") {
  CHECK(derived({.mcc = "345", .mnc = "12"}) ==
        "https://msgin5g-prov.mnc012.mcc345.3gppnetwork.org");
  CHECK(derived({.mcc = "234", .mnc = "15"}) ==
        "https://msgin5g-prov.mnc015.mcc234.3gppnetwork.org");
  CHECK(derived({.mcc = "001", .mnc = "01"}) ==
        "https://msgin5g-prov.mnc001.mcc001.3gppnetwork.org");
  CHECK(derived({.mcc = "310", .mnc = "410"}) ==
        "https://msgin5g-prov.mnc410.mcc310.3gppnetwork.org");
}

TEST_CASE("every part of the derived address is an option") {
  CHECK(derived({.mcc = "234", .mnc = "15", .label = "bsf", .pub = true, .scheme = Scheme::http}) ==
        "http://bsf.mnc015.mcc234.pub.3gppnetwork.org");
  CHECK(derived({.mcc = "234", .mnc = "15", .label = "xcap.ims", .pub = true}) ==
        "https://xcap.ims.mnc015.mcc234.pub.3gppnetwork.org");
  CHECK(derived({.mcc = "345", .mnc = "012", .port = 7443, .path = "/pf/"}) ==
        "https://msgin5g-prov.mnc012.mcc345.3gppnetwork.org:7443/pf");
  CHECK(derived({.mcc = "345", .mnc = "012", .port = 443}) ==
        "https://msgin5g-prov.mnc012.mcc345.3gppnetwork.org");
}

TEST_CASE("what is no PLMN is refused") {
  CHECK(derived({.mcc = "", .mnc = "12"}) == "missing");
  CHECK(derived({.mcc = "345", .mnc = ""}) == "missing");
  for (const char* mcc : {"34", "3456", "34a", " 34", "-34", "3 4", "\xD9\xA3\xD9\xA4\xD9\xA5"}) {
    CAPTURE(std::string(mcc));
    CHECK(derived({.mcc = mcc, .mnc = "12"}) == "malformed");
  }
  for (const char* mnc : {"1", "0123", "1x", "..", "1/"}) {
    CAPTURE(std::string(mnc));
    CHECK(derived({.mcc = "345", .mnc = mnc}) == "malformed");
  }
  const std::string longest(63, 'a');
  CHECK(derived({.mcc = "345", .mnc = "12", .label = longest})
            .starts_with("https://" + longest + ".mnc"));
  for (const std::string& label :
       {std::string(), std::string("-a"), std::string("a-"), std::string("a..b"), std::string(".a"),
        std::string("a."), std::string("a/b"), std::string("u@a"), std::string("a_b"),
        longest + "a", std::string("a\0b", 3)}) {
    CAPTURE(label);
    CHECK(derived({.mcc = "345", .mnc = "12", .label = label}) == "malformed");
  }
  for (const char* path : {"pf", "/a?b", "/a#b", "/a b", "/%zz"}) {
    CAPTURE(std::string(path));
    CHECK(derived({.mcc = "345", .mnc = "12", .path = path}) == "malformed");
  }
}

TEST_CASE("a configured URI comes apart into its parts") {
  struct Case {
    const char* uri;
    base::Uri root;
  };
  const Case cases[] = {
      {"https://pf.example", {Scheme::https, host("pf.example"), 443, ""}},
      {"http://pf.example", {Scheme::http, host("pf.example"), 80, ""}},
      {"http://127.0.0.1:7480", {Scheme::http, host("127.0.0.1"), 7480, ""}},
      {"http://127.0.0.1:7480/", {Scheme::http, host("127.0.0.1"), 7480, ""}},
      {"HTTPS://PF.Example:443/Api//", {Scheme::https, host("pf.example"), 443, "/Api"}},
      {"https://[::1]:7443/a/b", {Scheme::https, host("::1"), 7443, "/a/b"}},
      {"https://[2001:DB8::1]", {Scheme::https, host("2001:db8::1"), 443, ""}},
      {"https://pf.example:/x", {Scheme::https, host("pf.example"), 443, "/x"}},
      {"https://pf.example/a/../b/./c", {Scheme::https, host("pf.example"), 443, "/b/c"}},
      {"https://pf.example/%C3%A4", {Scheme::https, host("pf.example"), 443, "/%C3%A4"}},
      {"http://localhost:65535", {Scheme::http, host("localhost"), 65535, ""}},
      {"http://pf_1.example", {Scheme::http, host("pf_1.example"), 80, ""}},
      {"http://127.0.0.1.example", {Scheme::http, host("127.0.0.1.example"), 80, ""}},
      {"coap://pf.example", {Scheme::coap, host("pf.example"), 5683, ""}},
      {"coaps://pf.example", {Scheme::coaps, host("pf.example"), 5684, ""}},
      {"coap+tcp://pf.example:7483/x", {Scheme::coap_tcp, host("pf.example"), 7483, "/x"}},
      {"COAPS+TCP://[::1]", {Scheme::coaps_tcp, host("::1"), 5684, ""}},
      {"coap://pf.example:5684", {Scheme::coap, host("pf.example"), 5684, ""}},
  };
  for (const auto& [uri, root] : cases) {
    CAPTURE(std::string(uri));
    const auto parsed = parse_api_root(uri);
    REQUIRE(parsed.has_value());
    CHECK(parsed->scheme == root.scheme);
    CHECK(parsed->host == root.host);
    CHECK(parsed->port == root.port);
    CHECK(parsed->path == root.path);
    CHECK(parse_api_root(base::to_string(*parsed)).value() == *parsed);
  }
}

TEST_CASE("a URI that cannot be the root of the API is refused with the reason") {
  struct Case {
    std::string uri;
    const char* error;
    const char* word;
  };
  const Case cases[] = {
      {"", "malformed", "absolute URI"},
      {"pf.example", "malformed", "absolute URI"},
      {"//pf.example", "malformed", "absolute URI"},
      {"/msgin5g", "malformed", "absolute URI"},
      {"http://pf .example", "malformed", "host"},
      {"http://pf.example:port", "malformed", "port"},
      {"http://pf.example:80x/y", "malformed", "port"},
      {"http://a/b c", "malformed", "path"},
      {"https://a/\"", "malformed", "path"},
      {"https://a/%zz", "malformed", "path"},
      {"http://[::1", "malformed", "IPv6"},
      {std::string("http://pf\0.example", 18), "malformed", "host"},
      {"localhost:7480", "unsupported", "http://"},
      {"coap+ws://pf.example", "unsupported", "coap+ws"},
      {"coaps+tls://pf.example", "unsupported", "coaps://"},
      {"http://[]", "malformed", ""},
      {"http://[1.2.3.4]", "malformed", ""},
      {"http://[::1]x", "malformed", ""},
      {"https://a:1:2", "malformed", ""},
      {"https://a:-1", "malformed", ""},
      {"https://a\\b", "malformed", ""},
      {"https://\xC3\xBC", "malformed", ""},
      {"ftp://pf.example", "unsupported", "ftp"},
      {"http:", "malformed", "host"},
      {"http:/path", "malformed", "host"},
      {"http://", "malformed", "host"},
      {"http://:80", "malformed", "host"},
      {"http://pf%20x.example", "malformed", "host"},
      {"http://pf,x.example", "malformed", "host"},
      {"http://pf.example:0", "malformed", "port"},
      {"http://pf.example:65536", "malformed", "port"},
      {"http://pf.example:99999", "malformed", "port"},
      {"http://pf.example:99999999999999999999", "malformed", "port"},
      {"http://user@pf.example", "malformed", "user"},
      {"http://user:secret@pf.example", "malformed", "user"},
      {"http://pf.example/?x=1", "malformed", "query"},
      {"http://pf.example?", "malformed", "query"},
      {"http://pf.example/#f", "malformed", "fragment"},
      {"http://" + std::string(254, 'a'), "malformed", "too long"},
      {"http://pf.example/" + std::string(3'000, 'a'), "malformed", "too long"},
  };
  for (const auto& [uri, error, word] : cases) {
    CAPTURE(uri.substr(0, 60));
    CHECK(parsed(uri) == error);
    const auto root = parse_api_root(uri);
    if (!root)
      CHECK_MESSAGE(root.error().detail.find(word) != std::string::npos, root.error().detail);
  }
  CHECK(parse_api_root("http://user:secret@pf.example").error().detail.find("secret") ==
        std::string::npos);
}

TEST_CASE("the collection's URL hangs below the root") {
  CHECK(to_string(provisionings_url(parse_api_root("http://127.0.0.1:7480/").value())) ==
        "http://127.0.0.1:7480/msgin5g-provisioning/v1/provisionings");
  CHECK(to_string(provisionings_url(parse_api_root("https://[::1]/pf/").value())) ==
        "https://[::1]/pf/msgin5g-provisioning/v1/provisionings");
}

TEST_CASE(
    "the other resources hang below the root, a Private ID is one segment whatever it holds") {
  const base::Uri root = parse_api_root("https://pf.example/x").value();
  CHECK(to_string(bulk_url(root)) == "https://pf.example/x/msgin5g-provisioning/v1/bulk");
  CHECK(to_string(message_url(parse_api_root("coaps://pf.example").value())) ==
        "coaps://pf.example/msgin5g");
  struct Case {
    std::string_view id;
    std::string_view segment;
  };
  const Case cases[] = {
      {"001b638445e6", "001b638445e6"},
      {"00:1b", "00%3A1b"},
      {"+49170", "%2B49170"},
      {"a/b?c#d%", "a%2Fb%3Fc%23d%25"},
      {"z\xC3\xA4 ~_-.x", "z%C3%A4%20~_-.x"},
      {".", "%2E"},
      {"..", "%2E%2E"},
      {"...", "..."},
  };
  for (const auto& [id, segment] : cases) {
    CAPTURE(std::string(id));
    CHECK(to_string(provisioning_url(root, id)) ==
          to_string(provisionings_url(root)) + "/" + std::string(segment));
  }
}

TEST_CASE("an address is derived for every scheme") {
  for (const auto scheme : {Scheme::http, Scheme::https, Scheme::coap, Scheme::coaps,
                            Scheme::coap_tcp, Scheme::coaps_tcp}) {
    CHECK(derived({.mcc = "345", .mnc = "12", .scheme = scheme}) ==
          std::string(base::name_of(scheme)) + "://msgin5g-prov.mnc012.mcc345.3gppnetwork.org");
  }
}

}  // namespace msggw::protocol
