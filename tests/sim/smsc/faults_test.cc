// SPDX-License-Identifier: Apache-2.0
// Faults that the tester asks for, as an ESME sees them.
#include <doctest/doctest.h>

#include "tests/sim/smsc/test_esme.h"
#include "tests/sim/smsc/test_smsc.h"

namespace msggw::smsc {
namespace {

constexpr std::uint32_t kResp = 0x80000000;
const char* const kHello = R"({"from":"+491701234567","to":"12345","text":"hello"})";

}  // namespace

TEST_CASE("throttling and a full queue") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  smsc.put_options(R"({"throttle":0.001})");
  for (std::uint32_t i = 1; i <= 3; ++i) {
    esme.submit(i, "4670", "x");
    CHECK(esme.expect(4 | kResp).status == (i == 1 ? 0 : 0x58));
  }
  smsc.put_options(R"({"throttle":0,"queueFull":0.001})");
  for (std::uint32_t i = 1; i <= 2; ++i) {
    esme.submit(i, "4670", "x");
    CHECK(esme.expect(4 | kResp).status == (i == 1 ? 0 : 0x14));
  }
  const auto statuses = smsc.get("/counters").at("submitStatuses");
  CHECK(statuses.at("ESME_RTHROTTLED") == 2);
  CHECK(statuses.at("ESME_RMSGQFUL") == 1);
  CHECK(statuses.at("ESME_ROK") == 2);
}

TEST_CASE("links are cut, and new ones refused for a while") {
  for (const char* how : {"reset", "close"}) {
    CAPTURE(how);
    TestSmsc smsc;
    TestEsme mine(smsc.port()), other(smsc.port());
    REQUIRE(mine.bind(9, "mine") == 0);
    REQUIRE(other.bind(9, "other") == 0);
    const auto cut =
        smsc.post("/links/cut",
                  std::string(R"({"account":"mine","refuseFor":"300ms","how":")") + how + "\"}");
    CHECK(cut.at("links") == 1);
    CHECK(mine.is_closed());
    CHECK(other.is_quiet());
    TestEsme refused(smsc.port());
    CHECK(refused.is_closed());
    smsc.wait_for(
        [&] {
          TestEsme again(smsc.port());
          again.send(0x15, 1);
          return !again.is_closed();
        },
        "new connections");
  }
}

TEST_CASE("a silent link takes nothing and says nothing; its messages go elsewhere") {
  Behaviour behaviour;
  behaviour.answer_within = Span(100);
  behaviour.retry = Span(10);
  TestSmsc smsc(behaviour);
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  smsc.post("/messages", kHello);
  esme.expect(5);
  smsc.post("/links/cut", R"({"how":"silent"})");
  esme.send(0x15, 1);
  CHECK(esme.is_quiet());
  TestEsme other(smsc.port());
  REQUIRE(other.bind() == 0);
  other.expect(5);
  CHECK(smsc.counter("links") == 2);
  esme.close();
  smsc.wait_for([&] { return smsc.counter("links") == 1; }, "the end of the silent link");
}

TEST_CASE("garbage is written as it is") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  smsc.post("/garbage", R"({"octets":"00000010800000ff0000000000000063"})");
  const auto pdu = esme.receive();
  CHECK(pdu.command == 0x800000FF);
  CHECK(pdu.sequence == 99);
}

}  // namespace msggw::smsc
