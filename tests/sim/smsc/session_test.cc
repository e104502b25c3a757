// SPDX-License-Identifier: Apache-2.0
// What an ESME sees of a session, over real sockets.
#include <doctest/doctest.h>

#include "tests/sim/smsc/test_esme.h"
#include "tests/sim/smsc/test_smsc.h"
#include "tests/sim/smsc/utf.h"

namespace msggw::smsc::session_test {
namespace {

constexpr std::uint32_t kResp = 0x80000000;

Behaviour with_account() {
  Behaviour behaviour;
  behaviour.accounts = {"gw:secret"};
  return behaviour;
}

}  // namespace

TEST_CASE("who may bind") {
  TestSmsc smsc(with_account());
  for (const std::uint32_t command : {1u, 2u, 9u}) {
    TestEsme esme(smsc.port());
    CHECK(esme.bind(command, "gw", "wrong") == 0x0E);
    CHECK(esme.bind(command, "nobody", "secret") == 0x0F);
    CHECK(esme.bind(command) == 0);
    CHECK(esme.bind(command) == 0x05);
  }
  CHECK(smsc.counter("binds") == 3);
  CHECK(smsc.counter("bindsRefused") == 9);
  smsc.put_options(R"({"accounts":[]})");
  TestEsme anybody(smsc.port());
  CHECK(anybody.bind(9, "anybody", "") == 0);
}

TEST_CASE("binds are refused as often as asked for") {
  TestSmsc smsc;
  smsc.put_options(R"({"refuseBinds":2,"refuseStatus":13})");
  TestEsme esme(smsc.port());
  CHECK(esme.bind() == 0x0D);
  CHECK(esme.bind() == 0x0D);
  CHECK(esme.bind() == 0);
}

TEST_CASE("before the bind nothing is taken but questions of life") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  esme.submit(7, "4670", "x");
  auto answer = esme.expect(4 | kResp);
  CHECK(answer.status == 0x04);
  CHECK(answer.sequence == 7);
  CHECK(answer.body.empty());
  esme.send(0x15, 8);
  CHECK(esme.expect(0x15 | kResp).sequence == 8);
}

TEST_CASE("a receiver may not submit, a transmitter gets no messages") {
  TestSmsc smsc;
  TestEsme receiver(smsc.port()), transmitter(smsc.port());
  REQUIRE(receiver.bind(1) == 0);
  REQUIRE(transmitter.bind(2) == 0);
  receiver.submit(2, "4670", "x");
  CHECK(receiver.expect(4 | kResp).status == 0x04);
  transmitter.submit(2, "4670", "x");
  CHECK(transmitter.expect(4 | kResp).status == 0);
  for (int i = 0; i < 4; ++i) {
    smsc.post("/messages", R"({"from":"+1","to":"2","text":"x"})");
    receiver.answer(receiver.expect(5));
  }
  CHECK(transmitter.is_quiet());
}

TEST_CASE("commands that are not for an SMSC like this one") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  for (const std::uint32_t command : {0x03u, 0x07u, 0x08u, 0x21u}) {
    esme.send(command, command);
    const auto answer = esme.expect(command | kResp);
    CHECK(answer.status == 0x03);
    CHECK(answer.sequence == command);
  }
  for (const std::uint32_t command : {0x0Bu, 0x102u, 0x00u, 0x7FFFFFFFu}) {
    esme.send(command, 99);
    const auto answer = esme.expect(kResp);
    CHECK(answer.status == 0x03);
    CHECK(answer.sequence == 99);
  }
  esme.send(0x80000004, 1234);  // an answer to nothing
  esme.send(0x80000005, 1234);
  esme.send(0x15, 5);
  esme.expect(0x15 | kResp);
  CHECK(smsc.counter("unknownResponses") == 2);
  CHECK(smsc.counter("unknownCommands") == 8);
}

TEST_CASE("a length that cannot be: generic_nack and the end") {
  for (const char* octets : {"0000000f", "00000000000000040000000000000009", "00010001",
                             "ffffffff000000150000000000000009"}) {
    CAPTURE(octets);
    TestSmsc smsc;
    TestEsme esme(smsc.port());
    REQUIRE(esme.bind() == 0);
    esme.send_raw(*from_hex(octets));
    CHECK(esme.expect(kResp).status == 0x02);
    CHECK(esme.is_closed());
    smsc.wait_for([&] { return smsc.counter("receivers") == 0; }, "the end of the link");
  }
}

TEST_CASE("what is wrong in a submit_sm is named, and the session goes on") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  struct Row {
    const char* body;
    std::uint32_t status;
  };
  for (const Row& row : {Row{"00", 0x02}, Row{"00000000010131000000000000000000000261", 0x01},
                         Row{"0000000001013100000000000000000000000424000561", 0xC0},
                         Row{"000000000101310000000000000000000000020e00020102", 0xC2},
                         Row{"0000000001013100000000000000000000016100", 0xC0},
                         Row{"000000000101000000000000000000000161", 0x0B}}) {
    CAPTURE(row.body);
    esme.send(4, 5, *from_hex(row.body));
    CHECK(esme.expect(4 | kResp).status == row.status);
  }
  esme.submit(6, "4670", "x");
  CHECK(esme.expect(4 | kResp).status == 0);
  CHECK(smsc.counter("malformed") == 5);
}

TEST_CASE("PDUs in pieces, and many in one") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  const std::string enquiry = *from_hex("00000010000000150000000000000007");
  for (const char octet : enquiry) esme.send_raw({&octet, 1});
  CHECK(esme.expect(0x15 | kResp).sequence == 7);
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += enquiry;
  std::thread sender([&] { esme.send_raw(many); });
  for (int i = 0; i < 10'000; ++i) esme.expect(0x15 | kResp);
  sender.join();
  std::string large = *from_hex("00000000010131000000000000000000000424fa00");
  large.insert(large.size() - 4, 1, '\0');
  esme.send(4, 1, large + std::string(64'000, 'x'));
  CHECK(esme.expect(4 | kResp).status == 0);
  CHECK(smsc.get("/phones/1").at("messages").at(0).at("text").as_string().size() == 64'000);
}

TEST_CASE("unbind by the ESME") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  esme.send(6, 3);
  CHECK(esme.expect(6 | kResp).sequence == 3);
  CHECK(esme.is_closed());
}

TEST_CASE("unbind by the SMSC") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  smsc.post("/links/cut", R"({"how":"unbind"})");
  const auto unbind = esme.expect(6);
  esme.submit(9, "1", "x");
  CHECK(esme.expect(4 | kResp).status == 0x04);
  esme.send(6 | kResp, unbind.sequence);
  CHECK(esme.is_closed());
}

TEST_CASE("time-outs: no bind, no answer to enquire_link, none to unbind") {
  Behaviour behaviour;
  behaviour.bind_within = behaviour.answer_within = Span(100);
  behaviour.enquire = Span(0);
  TestSmsc smsc(behaviour);
  TestEsme unbound(smsc.port());
  CHECK(unbound.is_closed());
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  CHECK(esme.is_quiet());
  smsc.put_options(R"({"enquire":"50ms"})");
  const auto enquiry = esme.expect(0x15);
  esme.send(0x15 | kResp, enquiry.sequence);
  esme.expect(0x15);
  CHECK(esme.is_closed());
  smsc.put_options(R"({"enquire":"0s"})");
  TestEsme other(smsc.port());
  REQUIRE(other.bind() == 0);
  smsc.post("/links/cut", R"({"how":"unbind"})");
  other.expect(6);
  CHECK(other.is_closed());
}

TEST_CASE("enquire_link on request") {
  TestSmsc smsc;
  TestEsme one(smsc.port()), two(smsc.port()), unbound(smsc.port());
  REQUIRE(one.bind() == 0);
  REQUIRE(two.bind(2) == 0);
  CHECK(smsc.post("/links/enquire", "").at("links") == 2);
  one.expect(0x15);
  two.expect(0x15);
  CHECK(unbound.is_quiet());
}

}  // namespace msggw::smsc::session_test
