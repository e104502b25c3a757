// SPDX-License-Identifier: Apache-2.0
// Who may call with an access token, as MSGin5G Servers see it.
#include <doctest/doctest.h>

#include <fstream>

#include "adapters/msgin5g/test_tokens.h"
#include "adapters/msgin5g/test_world.h"
#include "tests/support/events.h"
#include "tests/support/temp_folder.h"

namespace msggw::msgin5g {
namespace {

using std::chrono::seconds;
using test::claims;
using test::ScriptedServer;
using test::token;
using test::World;
using tls::test::Signer;

constexpr const char* kHeader = R"({"alg":"ES256","kid":"k1"})";

/// A gateway that takes tokens of `issuer`, for itself alone.
struct Guarded {
  Guarded() {
    options.servers = {World::server("m5s-1", {server.root()})};
    options.token_keys = write(issuer.jwk("k1"));
    options.token_audiences = {"gw-1"};
    world.start(options);
  }
  std::filesystem::path write(const std::string& keys) const {
    return folder.file("keys.json", "{\"keys\":[" + keys + "]}");
  }
  const http::ClientResponse& ask(const std::string& authorization, const char* api = "n3g") {
    const std::string body =
        R"({"oriAddr":{"addrType":"AS","addr":"as-1"},"destAddr":{"addrType":"UE","addr":"svc-d0"},)"
        R"("msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})";
    const auto number =
        world.post("/msgg-" + std::string(api) + "delivery/v1/deliver-report", body, authorization);
    REQUIRE(world.until([&] { return world.answers[number].has_value(); }));
    return *world.answers[number];
  }
  unsigned status(const std::string& authorization, const char* api = "n3g") {
    return ask(authorization, api).status;
  }
  double refused(const std::string& reason) {
    return world.metric("msggw_server_tokens_refused_total{reason=\"" + reason + "\"}");
  }

  msggw::test::TempFolder folder;
  Signer issuer{"P-256"};
  World world;
  ScriptedServer server{world.io};
  Options options;
};

TEST_CASE("a token of somebody whose key is known is taken, for the API that it is for") {
  Guarded gateway;
  const std::string good = "Bearer " + token(gateway.issuer, kHeader, claims());
  for (int i = 0; i < 100; ++i) CHECK(gateway.status(good) == 204);
  CHECK(gateway.status(good, "l3g") == 403);
  CHECK(gateway.refused("scope") == 1);
  const std::string both =
      token(gateway.issuer, kHeader, claims("msgg-l3gdelivery msgg-n3gdelivery"));
  CHECK(gateway.status("bearer  " + both) == 204);
  CHECK(gateway.status("Bearer " + both, "l3g") == 404);  // no such phone
}

TEST_CASE("every other is refused with the reason, once counted and told") {
  Guarded gateway;
  msggw::test::Events events;
  const Signer stranger("P-256");
  const auto body_of = [&](const std::string& shown) {
    const auto& answer = gateway.ask(shown.empty() ? shown : "Bearer " + shown);
    CHECK(answer.status == 401);
    return boost::json::parse(answer.body).as_object();
  };
  CHECK_FALSE(body_of("").contains("cause"));
  body_of("x");
  body_of(token(gateway.issuer, R"({"alg":"none"})", claims()));
  body_of(token(gateway.issuer, R"({"alg":"HS256"})", claims()));
  CHECK(body_of(token(gateway.issuer, kHeader, "{}")).at("cause") == "ACCESS_TOKEN_CLAIM_MISSING");
  body_of(token(gateway.issuer, R"({"alg":"ES256","kid":"k2"})", claims()));
  body_of(token(stranger, kHeader, claims()));
  body_of(token(gateway.issuer, kHeader, claims("msgg-n3gdelivery", seconds{-60})));
  body_of(token(gateway.issuer, kHeader,
                R"({"aud":"gw-2","scope":"msgg-n3gdelivery","exp":99999999999})"));
  for (const char* reason :
       {"absent", "malformed", "claims", "key", "signature", "expired", "audience"})
    CHECK(gateway.refused(reason) == 1);
  CHECK(gateway.refused("algorithm") == 2);
  CHECK(events.count("server_token_refused") >= 1);
  CHECK(events.count("reason=absent") == 1);
}

TEST_CASE("a flood of tokens with bad signatures is told to come again, and the good go on") {
  Guarded gateway;
  const Signer stranger("P-256");
  const std::string good = "Bearer " + token(gateway.issuer, kHeader, claims());
  CHECK(gateway.status(good) == 204);
  unsigned status = 401;
  for (int i = 0; i < 1'000 && status == 401; ++i)
    status = gateway.status("Bearer " + token(stranger, kHeader, claims("x" + std::to_string(i))));
  CHECK(status == 503);
  CHECK(gateway.world.answers.back()->retry_after == seconds{1});
  CHECK(gateway.refused("busy") >= 1);
  CHECK(gateway.status(good) == 204);
}

TEST_CASE("keys are read again: the old ones are good for nothing then, bad files change nothing") {
  Guarded gateway;
  const Signer next("2048");
  const std::string old_token = "Bearer " + token(gateway.issuer, kHeader, claims());
  const std::string new_token = "Bearer " + token(next, R"({"alg":"RS256"})", claims());
  CHECK(gateway.status(old_token) == 204);
  CHECK(gateway.status(new_token) == 401);
  gateway.write("5");
  gateway.world.reload(gateway.options);
  CHECK(gateway.status(old_token) == 204);
  gateway.write(next.jwk("k2"));
  gateway.world.reload(gateway.options);
  CHECK(gateway.status(old_token) == 401);
  CHECK(gateway.status(new_token) == 204);
}

TEST_CASE("a file that goes bad at a reload lets nobody in, and is looked at by the next one") {
  Guarded gateway;
  const std::string good = "Bearer " + token(gateway.issuer, kHeader, claims());
  Options open = gateway.options;
  open.token_keys.clear();
  gateway.world.start(open);
  CHECK(gateway.status("") == 204);
  gateway.write("5");
  gateway.world.reload(gateway.options);
  CHECK(gateway.status("") == 503);
  CHECK(gateway.status(good) == 503);
  gateway.write(gateway.issuer.jwk("k1"));
  gateway.world.reload(gateway.options);
  CHECK(gateway.status("") == 401);
  CHECK(gateway.status(good) == 204);
}

TEST_CASE("without its keys the gateway does not start") {
  Guarded gateway;
  gateway.write("");
  CHECK_THROWS_WITH_AS(gateway.world.start(gateway.options),
                       ("[msgin5g] token_keys: " + gateway.options.token_keys.string() +
                        ": holds no key for signatures of ES256 or RS256")
                           .c_str(),
                       std::runtime_error);
}

}  // namespace
}  // namespace msggw::msgin5g
