// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/access_token.h"

#include <doctest/doctest.h>

#include <string>

#include "adapters/msgin5g/test_tokens.h"

namespace msggw::msgin5g {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;
using test::base64url;
using test::claims;
using test::token;
using tls::test::Signer;

const std::string kHeader = R"({"alg":"ES256","typ":"JWT"})";

std::string fault_of(const std::string& text) {
  const auto read = read_access_token(text);
  return read ? "" : std::string(name_of(read.error()));
}

/// With a signature that nobody looks at.
std::string unsigned_token(const std::string& header, const std::string& payload) {
  return base64url(header) + "." + base64url(payload) + "." + base64url("signature");
}

TEST_CASE("a token and what it says") {
  const std::string text = unsigned_token(
      R"({"alg":"RS256","kid":"k1","x":1})",
      R"({"iss":"nrf-1","sub":"m5s","aud":"AF","scope":"a b","exp":1700000000.9,"nbf":1600000000})");
  const auto read = read_access_token(text);
  REQUIRE(read.has_value());
  CHECK(read->algorithm == tls::Signature::rs256);
  CHECK(read->key_id == "k1");
  CHECK(read->signed_part == text.substr(0, text.rfind('.')));
  CHECK(read->signature == "signature");
  CHECK(read->claims.audiences == std::vector<std::string>{"AF"});
  CHECK(read->claims.issuer == "nrf-1");
  CHECK(read->claims.scope == "a b");
  CHECK(read->claims.expires == sys_seconds(seconds{1'700'000'000}));
  CHECK(read->claims.not_before == sys_seconds(seconds{1'600'000'000}));
}

TEST_CASE("what is no token, or is signed in a way that proves nothing") {
  CHECK(fault_of("") == "absent");
  const std::string good = unsigned_token(kHeader, claims());
  CHECK(fault_of(good).empty());
  for (const std::string& text :
       {std::string("x"), std::string("."), std::string(".."), std::string("..."), good + ".x",
        good + "=", good.substr(0, good.rfind('.')), good.substr(0, good.rfind('.') + 1),
        "." + good, good.substr(1), std::string(kMostAccessToken + 1, 'a'),
        unsigned_token("[]", claims()), unsigned_token("{", claims()),
        unsigned_token(kHeader, "[]"), unsigned_token(kHeader, R"({"a":1,"a":2})"),
        unsigned_token(R"({"alg":"ES256","crit":["b64"],"b64":false})", claims())}) {
    CAPTURE(text);
    CHECK(fault_of(text) == "malformed");
  }
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"HS256"})", R"({"alg":"HS512"})",
        R"({"alg":"ES384"})", R"({"alg":"PS256"})", R"({"alg":"EdDSA"})", R"({"alg":"es256"})",
        R"({"alg":["ES256"]})", R"({"typ":"JWT"})", "{}"}) {
    CAPTURE(header);
    CHECK(fault_of(unsigned_token(header, claims())) == "algorithm");
  }
  CHECK(fault_of(base64url(R"({"alg":"none"})") + "." + base64url(claims()) + ".") == "algorithm");
  for (const char* payload :
       {"{}", R"({"aud":"AF","scope":"a"})", R"({"aud":"AF","exp":1})", R"({"scope":"a","exp":1})",
        R"({"aud":7,"scope":"a","exp":1})", R"({"aud":["AF",7],"scope":"a","exp":1})",
        R"({"aud":[],"scope":"a","exp":1})", R"({"aud":"AF","scope":["a"],"exp":1})",
        R"({"aud":"AF","scope":"a","exp":"1"})", R"({"aud":"AF","scope":"a","exp":null})",
        R"({"aud":"AF","scope":"a","exp":1,"nbf":"soon"})"}) {
    CAPTURE(payload);
    CHECK(fault_of(unsigned_token(kHeader, payload)) == "claims");
  }
}

TEST_CASE("dates beyond all reason are the end of time, or its beginning") {
  const auto expires = [](const char* exp) {
    const auto read = read_access_token(
        unsigned_token(kHeader, R"({"aud":"a","scope":"s","exp":)" + std::string(exp) + "}"));
    return read.value().claims.expires.time_since_epoch().count();
  };
  CHECK(expires("1e300") == 253'402'300'799);
  CHECK(expires("-1e300") == 0);
  CHECK(expires("18446744073709551615") == 253'402'300'799);
}

std::string verified(const std::string& text, const TokenKeys& keys) {
  const auto read = read_access_token(text);
  REQUIRE(read.has_value());
  const auto done = verify(*read, keys);
  return done ? "" : std::string(name_of(done.error()));
}

TEST_CASE("a signature is proven by the key that the token names, or by one of all") {
  const Signer ec("P-256");
  const Signer rsa("2048");
  const Signer stranger("P-256");
  const auto set = [](const std::string& keys) {
    return read_token_keys(R"({"keys":[)" + keys + "]}").value();
  };
  const TokenKeys both = set(ec.jwk("k1") + "," + rsa.jwk("k2"));
  CHECK(verified(token(ec, kHeader, claims()), both).empty());
  CHECK(verified(token(rsa, R"({"alg":"RS256"})", claims()), both).empty());
  CHECK(verified(token(ec, R"({"alg":"ES256","kid":"k1"})", claims()), both).empty());
  CHECK(verified(token(ec, R"({"alg":"ES256","kid":"k2"})", claims()), both) == "key");
  CHECK(verified(token(ec, R"({"alg":"ES256","kid":"k3"})", claims()), both) == "key");
  CHECK(verified(token(ec, R"({"alg":"ES256","kid":"k3"})", claims()),
                 read_token_keys(ec.pem()).value())
            .empty());
  CHECK(verified(token(stranger, kHeader, claims()), both) == "signature");
  CHECK(verified(token(rsa, R"({"alg":"RS256"})", claims()), set(ec.jwk(""))) == "key");
  // The algorithm of another key changes nothing: none of that kind is here.
  CHECK(verified(token(rsa, kHeader, claims()), both) == "signature");
  std::string changed = token(ec, kHeader, claims());
  const auto payload = changed.find('.') + 1;
  changed.replace(payload, changed.rfind('.') - payload, base64url(claims("everything")));
  CHECK(verified(changed, both) == "signature");
}

TEST_CASE("keys in a set that are for something else are passed over, damaged ones told") {
  const Signer ec("P-256");
  const auto why = [](const std::string& text) {
    const auto keys = read_token_keys(text);
    REQUIRE_FALSE(keys.has_value());
    return keys.error().detail;
  };
  const std::string others =
      R"({"kty":"oct","k":"c2VjcmV0"},{"kty":"EC","crv":"P-384","x":"","y":""},)"
      R"({"kty":"RSA","use":"enc"},{"kty":"RSA","alg":"PS256"},{"kty":"OKP"},5,)";
  const auto keys = read_token_keys(" \n{\"keys\":[" + others + ec.jwk("k") + "]}");
  REQUIRE(keys.has_value());
  CHECK(keys->size() == 1);
  CHECK(why("") == "holds no PEM block with a public key or a certificate");
  CHECK(why("{}") == "is no JWK set: it has no list \"keys\"");
  CHECK(why("{\"keys\":{}}") == "is no JWK set: it has no list \"keys\"");
  CHECK(why("{\"keys\":").starts_with("is no JSON: "));
  CHECK(why(R"({"keys":[]})") == "holds no key for signatures of ES256 or RS256");
  CHECK(why(R"({"keys":[{"kty":"oct","k":"AA"},{"kty":"RSA","n":"AQAB"}]})") ==
        "key 2 has no 'e' in base64url");
  CHECK(why(R"({"keys":[{"kty":"EC","crv":"P-256","x":"AQAB","y":"AQAB"}]})") ==
        "key 1 is no point of 32 octets each");
  CHECK(why(R"({"keys":[{"kty":"EC","crv":"P-256","x":"A=","y":"AQAB"}]})") ==
        "key 1 has no 'x' in base64url");
  std::string many;
  for (int i = 0; i < 17; ++i) many += (i > 0 ? "," : "") + ec.jwk("k");
  CHECK(why("{\"keys\":[" + many + "]}") == "holds more than 16 keys");
  CHECK(load_token_keys("/no/such").error().detail ==
        "token_keys: /no/such: cannot be read: No such file or directory");
  CHECK(load_token_keys("/").error().detail == "token_keys: /: cannot be read: it is a folder");
}

TEST_CASE("what a token says is judged by this gateway's name, its clock and the API") {
  const sys_seconds now(seconds{1'700'000'000});
  const TokenRules rules{{"gw-1", "AF"}, {}};
  const auto judged = [&](const TokenClaims& claims, const TokenRules& by) {
    const auto done = judge(claims, by, "msgg-n3gdelivery", now);
    return done ? "" : std::string(name_of(done.error()));
  };
  const TokenClaims good{{"x", "gw-1"}, "nrf-1", "msgg-n3gdelivery", now + seconds{1}, {}};
  CHECK(judged(good, rules).empty());
  const auto with = [&](auto change) {
    TokenClaims claims = good;
    change(claims);
    return judged(claims, rules);
  };
  CHECK(with([&](auto& c) { c.expires = now - seconds{9}; }).empty());
  CHECK(with([&](auto& c) { c.expires = now - seconds{10}; }) == "expired");
  CHECK(with([&](auto& c) { c.not_before = now + seconds{10}; }).empty());
  CHECK(with([&](auto& c) { c.not_before = now + seconds{11}; }) == "not_yet");
  CHECK(with([&](auto& c) { c.audiences = {"gw-2"}; }) == "audience");
  CHECK(with([&](auto& c) { c.audiences = {"gw"}; }) == "audience");
  CHECK(with([&](auto& c) { c.audiences = {"AF"}; }).empty());
  CHECK(with([&](auto& c) { c.scope = "a msgg-n3gdelivery b"; }).empty());
  CHECK(with([&](auto& c) { c.scope = "msgg-l3gdelivery"; }) == "scope");
  CHECK(with([&](auto& c) { c.scope = "msgg-n3gdelivery2 xmsgg-n3gdelivery"; }) == "scope");
  CHECK(with([&](auto& c) { c.scope = ""; }) == "scope");
  CHECK(judged(good, {{"gw-1"}, {"nrf-1"}}).empty());
  CHECK(judged(good, {{"gw-1"}, {"nrf-2"}}) == "issuer");
  TokenClaims unsaid = good;
  unsaid.issuer.clear();
  CHECK(judged(unsaid, {{"gw-1"}, {"nrf-2"}}) == "issuer");
}

}  // namespace
}  // namespace msggw::msgin5g
