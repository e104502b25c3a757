// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "gateway/cli/test_words.h"

namespace msggw::cli {
namespace {

using test::expect;
using test::Words;

TEST_CASE("provision") {
  const auto plain = expect<Provision>(
      {"provision", "--type", "ue", "--private-id", "+4912345", "--pf", "http://127.0.0.1:1"});
  CHECK(plain.type == core::UeType::msgin5g_ue);
  CHECK(plain.private_id == "+4912345");
  CHECK(base::to_string(plain.uri) == "http://127.0.0.1:1");
  CHECK(plain.info.empty());
  CHECK(plain.timeout == base::Duration{5'000});
  CHECK_FALSE(plain.json);

  const auto full = expect<Provision>({"provision",
                                       "--type",
                                       "as",
                                       "--private-id",
                                       "x",
                                       "--pf",
                                       "https://pf.example/root",
                                       "--info",
                                       "vendor=Ac\"me",
                                       "--info",
                                       "eq=a=b",
                                       "--info",
                                       "empty=",
                                       "--json",
                                       "--timeout",
                                       "1500ms",
                                       "--ca",
                                       "/dev/null",
                                       "--cert",
                                       "/dev/null",
                                       "--key",
                                       "/dev/null",
                                       "--token",
                                       "secret"});
  CHECK(full.type == core::UeType::as);
  CHECK(full.info == R"({"vendor":"Ac\"me","eq":"a=b","empty":""})");
  CHECK(full.timeout == base::Duration{1'500});
  CHECK(full.ca == "/dev/null");
  CHECK(full.certificate == "/dev/null");
  CHECK(full.key == "/dev/null");
  CHECK(full.token == "secret");
  CHECK(full.json);

  CHECK(
      expect<Provision>({"provision", "--type", "legacy", "--private-id", "x", "--pf", "https://a"})
          .type == core::UeType::legacy_3gpp);
  CHECK(expect<Provision>({"provision", "--type", "non3gpp", "--private-id", "x", "--pf",
                           "http://a", "--allow-cleartext"})
            .type == core::UeType::non_3gpp);
}

TEST_CASE("provision over CoAP, and what needs no type") {
  const auto coaps = expect<Provision>({"provision", "--type", "as", "--private-id", "x", "--pf",
                                        "coaps+tcp://pf.example", "--psk-identity", "gw",
                                        "--psk-key", "secret", "--encoding", "cbor", "--message"});
  CHECK(base::to_string(coaps.uri) == "coaps+tcp://pf.example");
  CHECK(coaps.psk_identity == "gw");
  CHECK(coaps.psk_key == "secret");
  CHECK(coaps.encoding == base::Encoding::cbor);
  CHECK(coaps.message);
  CHECK(coaps.action == Provision::Action::provision);
  const Words common{"provision", "--private-id", "x", "--pf", "https://a"};
  Words get = common, release = common;
  get.push_back("--get");
  release.push_back("--release");
  CHECK(expect<Provision>(get).action == Provision::Action::look_up);
  CHECK(expect<Provision>(release).action == Provision::Action::release);
}

TEST_CASE("the token may come from the environment") {
  REQUIRE(setenv("MSGGW_TOKEN", "from-env", 1) == 0);
  const Words words{"provision", "--type", "ue", "--private-id", "x", "--pf", "https://a"};
  CHECK(expect<Provision>(words).token == "from-env");
  REQUIRE(unsetenv("MSGGW_TOKEN") == 0);
  CHECK(expect<Provision>(words).token.empty());
}

}  // namespace
}  // namespace msggw::cli
